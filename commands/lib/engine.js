'use strict';

/*
 * The only place that starts the Python engine.
 *
 * The engine gets its arguments as a list (no shell), this process's standard streams, and on
 * POSIX a process group of its own: a Ctrl-C on the terminal reaches it once, through us, and not
 * a second time from the terminal, which it would take for "stop at once". For the same reason
 * stopping and continuing (Ctrl-Z, fg) is passed on to its whole group.
 *
 * Lifeline: file descriptor 3 of the engine is the end of a pipe that we hold and never write to,
 * and MLE_STAR_LIFELINE=3 tells it so. When we die, however that happens, reading it ends, and the
 * engine ends itself and its workers.
 */

const { spawn } = require('node:child_process');
const os = require('node:os');
const { Failure, reported, say } = require('./failure.js');
const { damage, isPrepared, prepare, remake } = require('./environment.js');

const WINDOWS = process.platform === 'win32';
const FORWARDED = WINDOWS ? ['SIGTERM'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];
const LIFELINE = 3;
const BUG = 1;

/**
 * Run the engine with these arguments, in an environment that is made first where there is none.
 * @param {string[]} words Arguments of `mle-star`.
 * @returns {Promise<number>} The exit status: the engine's own, 128 + n if signal n ended it.
 */
function run(words) {
  return reported(async () => {
    if (words[0] === 'mcp') refuseToInstall();
    const environment = await prepare();
    const status = await start(environment, ['-m', 'mle_star', ...words]);
    return status === BUG ? again(environment, words, status) : status;
  });
}

/**
 * Run a module of the development environment.
 * @param {string[]} words Name of the module and its arguments, such as `['pytest', '-k', 'x']`.
 * @param {string[]} extras Optional parts that it needs.
 * @returns {Promise<number>} Exit status.
 */
function runModule(words, extras) {
  return reported(async () => start(await prepare(extras), ['-m', ...words], { tied: false }));
}

// A client gives a server seconds to answer; making an environment takes minutes.
function refuseToInstall() {
  if (isPrepared()) return;
  throw new Failure(
    'the Python environment is not set up yet, and a server may not take the time to make it',
    `make it once with: node ${process.argv[1] || 'bin/mle-star.js'} doctor   (a minute or two), then connect again`
  );
}

// An engine that cannot even be imported says so with a traceback and status 1.
async function again(environment, words, status) {
  const broken = await damage(environment);
  if (!broken) return status;
  if (!environment.own) {
    throw new Failure(
      `${environment.python} (MLE_STAR_PYTHON) cannot run the engine: ${broken}`,
      'install mle-star there, or unset MLE_STAR_PYTHON'
    );
  }
  say(`the Python environment is damaged (${broken})`);
  return start(await remake(), ['-m', 'mle_star', ...words]);
}

// -P keeps the current folder out of the import path: a pandas.py lying there is not run.
// A tool of the developer's is not tied to us: it stays in our process group, without a lifeline.
function start({ python, env }, args, { tied = true } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(python, tied ? ['-P', ...args] : args, {
      env: tied ? { ...env, MLE_STAR_LIFELINE: String(LIFELINE) } : env,
      stdio: ['inherit', 'inherit', 'inherit', tied ? 'pipe' : 'ignore'],
      detached: tied && !WINDOWS,
    });
    const stopPassingOn = tied ? passSignalsOn(child) : () => {};
    child.on('error', (error) => {
      stopPassingOn();
      reject(cannotStart(python, error));
    });
    child.on('exit', (code, signal) => {
      stopPassingOn();
      resolve(signal ? 128 + os.constants.signals[signal] : code);
    });
  });
}

function cannotStart(python, error) {
  const remedy = 'set MLE_STAR_PYTHON to a Python interpreter, or unset it';
  return new Failure(`${python} cannot be started: ${error.code || error.message}`, remedy);
}

function passSignalsOn(child) {
  child.stdio[LIFELINE].on('error', ignore);
  const handlers = Object.fromEntries(FORWARDED.map((signal) => [signal, () => child.kill(signal)]));
  if (!WINDOWS) {
    handlers.SIGCONT = () => signalGroup(child, 'SIGCONT');
    handlers.SIGTSTP = () => {
      signalGroup(child, 'SIGSTOP');
      process.kill(process.pid, 'SIGSTOP');
    };
  }
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
  if (WINDOWS) process.on('SIGINT', ignore); // the console tells the engine itself
  return () => {
    for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler);
    process.off('SIGINT', ignore);
  };
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has just ended.
  }
}

function ignore() {}

module.exports = { run, runModule };
