'use strict';

const { execFile, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { EXIT, Failure } = require('./failure.js');
const { explain } = require('./explain.js');
const { cleanEnvironment, probe } = require('./interpreter.js');
const { ROOT, pythonIn } = require('./place.js');

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const ANY_PYTHON = '3.12'; // what uv fetches where there is no interpreter at all

/**
 * @typedef {object} Installer A way to make an environment and to install into it.
 * @property {string} name
 * @property {boolean} needsVenv Whether the interpreter must have venv and ensurepip.
 * @property {(folder: string, python: string | null) => string[]} create Command that makes an environment.
 * @property {(folder: string) => Promise<string[][]>} ready Commands to run first in an environment made by something else.
 * @property {(folder: string, what: string[]) => string[]} install Command that installs, run in the package's folder.
 */

/** @type {Installer} */
const UV = {
  name: 'uv',
  needsVenv: false,
  create: (folder, python) => ['uv', 'venv', '--allow-existing', '--python', python || ANY_PYTHON, folder],
  ready: async () => [],
  install: (folder, what) => ['uv', 'pip', 'install', '--compile-bytecode', '--python', pythonIn(folder), ...what],
};

/** @type {Installer} */
const PIP = {
  name: 'pip',
  needsVenv: true,
  create: (folder, python) => [python, '-m', 'venv', folder],
  ready: async (folder) => {
    const found = await probe(pythonIn(folder));
    return found && !found.pip ? [[pythonIn(folder), '-m', 'ensurepip']] : []; // uv makes it without pip
  },
  install: (folder, what) => [pythonIn(folder), '-m', 'pip', 'install', '--no-input', ...what],
};

/**
 * The installers of this machine, the one to try first first.
 * @returns {Promise<Installer[]>}
 */
async function installers() {
  return (await isOnPath('uv')) ? [UV, PIP] : [PIP];
}

/**
 * What to install: the package's own folder, so no path has to be quoted.
 * @param {boolean} editable
 * @param {string[]} extras
 * @returns {string[]}
 */
function ownPackage(editable, extras) {
  const what = extras.length ? `.[${extras.join(',')}]` : '.';
  return editable ? ['--editable', what] : [what];
}

/**
 * Run one step with its output in the log; a failure is explained from there.
 * @param {string[]} command
 * @param {string} log
 * @param {(pid: number) => void} employ Told the process id while the step runs, then 0.
 * @returns {Promise<void>}
 */
async function step(command, log, employ) {
  const start = fs.existsSync(log) ? fs.statSync(log).size : 0;
  const output = fs.openSync(log, 'a');
  try {
    fs.writeSync(output, `$ ${command.join(' ')}\n`);
    await finished(command, output, employ);
  } catch (failure) {
    if (failure instanceof Failure) throw failure;
    throw explain(fs.readFileSync(log, 'utf8').slice(start), failure.message, log);
  } finally {
    fs.closeSync(output);
  }
}

// A signal ends the step, then the lock is released on the way out.
function finished([command, ...args], output, employ) {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', output, output];
    const child = spawn(command, args, { cwd: ROOT, env: cleanEnvironment(), stdio, windowsHide: true });
    let stopped = null;
    const stop = (signal) => {
      stopped = signal;
      child.kill(signal);
    };
    for (const signal of SIGNALS) process.on(signal, stop);
    const done = (settle) => {
      for (const signal of SIGNALS) process.off(signal, stop);
      employ(0);
      settle();
    };
    child.on('spawn', () => employ(child.pid));
    child.on('error', (error) => done(() => reject(error)));
    child.on('close', (code, signal) =>
      done(() => {
        if (stopped) reject(interrupted(stopped));
        else if (code === 0) resolve();
        else reject(new Error(`${path.basename(command)} ended with ${signal || `status ${code}`}`));
      })
    );
  });
}

function interrupted(signal) {
  const again = 'run the same command again; the environment is then made anew';
  return new Failure('interrupted while making the Python environment', again, 128 + os.constants.signals[signal]);
}

function isOnPath(command) {
  return new Promise((resolve) => {
    execFile(command, ['--version'], { timeout: 30000, windowsHide: true }, (error) => resolve(!error));
  });
}

/**
 * A file system error as a Failure; anything else as it is.
 * @param {NodeJS.ErrnoException} error
 * @param {string} folder
 * @returns {Error}
 */
function explainWrite(error, folder) {
  const elsewhere = 'or set MLE_STAR_CACHE to a folder that can be written';
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return new Failure(`the disk is full: ${folder}`, `free about 2 GB, ${elsewhere}`, EXIT.STATE);
  }
  if (['EACCES', 'EPERM', 'EROFS'].includes(error.code)) {
    return new Failure(`cannot write to ${folder}: ${error.code}`, `allow it, ${elsewhere}`, EXIT.STATE);
  }
  return error;
}

module.exports = { explainWrite, installers, ownPackage, step };
