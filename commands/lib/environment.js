'use strict';

const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { Failure, say } = require('./failure.js');
const { locate, pythonIn } = require('./place.js');
const stamp = require('./stamp.js');

const CHECK = path.join(__dirname, 'check_environment.py');

/**
 * @typedef {object} Environment
 * @property {string} python The interpreter to start.
 * @property {NodeJS.ProcessEnv} env What to start it with.
 * @property {boolean} own Whether it is ours to repair.
 */

/**
 * The Python environment, made or repaired first where need be.
 * @param {string[]} [extras] Optional parts that are needed.
 * @returns {Promise<Environment>}
 */
async function prepare(extras = []) {
  const given = process.env.MLE_STAR_PYTHON;
  if (given) return { python: given, env: process.env, own: false };
  const place = locate();
  if (!stamp.isReady(place, extras)) await make(place, extras);
  return environmentAt(place);
}

/**
 * Whether an environment can be used without making anything.
 * @returns {boolean}
 */
function isPrepared() {
  return Boolean(process.env.MLE_STAR_PYTHON) || stamp.isReady(locate(), []);
}

/**
 * What is broken in an environment; starts Python, so only after something went wrong.
 * @param {Environment} environment
 * @returns {Promise<string>} Empty if nothing is.
 */
function damage({ python, env }) {
  return new Promise((resolve) => {
    const options = { env, timeout: 120000, windowsHide: true };
    execFile(python, ['-P', CHECK], options, (error, stdout) => {
      resolve(error ? stdout.trim().split('\n')[0] || `${python} does not run` : '');
    });
  });
}

/**
 * Make our environment anew.
 * @returns {Promise<Environment>}
 */
async function remake() {
  const place = locate();
  const old = stamp.read(place);
  if (old) stamp.write(place, { ...old, state: 'making' });
  await make(place, old ? old.extras : []);
  return environmentAt(place);
}

function environmentAt(place) {
  const { cleanEnvironment } = require('./interpreter.js');
  return { python: pythonIn(place.folder), env: cleanEnvironment(), own: true };
}

async function make(place, extras) {
  const { withLock } = require('./lock.js');
  const { explainWrite } = require('./installer.js');
  try {
    await withLock(place.lock, async (lock) => {
      if (!stamp.isReady(place, extras)) await build(place, extras, (pid) => lock.employ(pid));
    });
  } catch (error) {
    throw explainWrite(error, place.folder);
  }
}

async function build(place, extras, employ) {
  const { installers } = require('./installer.js');
  const started = Date.now();
  fs.rmSync(place.log, { force: true });
  const kept = await isWorthKeeping(place);
  const old = stamp.read(place);
  const wanted = [...new Set([...extras, ...(old && kept ? old.extras : [])])].sort();
  const ways = await installers();
  for (const [index, way] of ways.entries()) {
    try {
      if (kept) await update(place, wanted, way, old, employ);
      else await create(place, wanted, way, employ);
      break;
    } catch (failure) {
      const next = ways[index + 1];
      if (!(failure instanceof Failure) || failure.exitCode > 128 || !next) throw failure;
      say(`${way.name} did not manage (${failure.message}); trying ${next.name}`);
    }
  }
  say(`the Python environment is ready after ${Math.round((Date.now() - started) / 1000)} s`);
}

// A finished one of ours is brought up to date. One that somebody else made is completed, never
// deleted while it works. The rest is a ruin.
async function isWorthKeeping(place) {
  const { isNewEnough, probe } = require('./interpreter.js');
  if (!fs.existsSync(place.folder)) return false;
  const known = stamp.read(place);
  const python = await probe(pythonIn(place.folder));
  if (known) return known.state === 'ready' && known.source === stamp.SOURCE && python !== null;
  if (!python) return false;
  if (isNewEnough(python)) return true;
  throw new Failure(
    `${place.folder} is an environment with Python ${python.version.join('.')}; mle-star needs 3.11 or later`,
    `move it away, or set MLE_STAR_CACHE to a folder where mle-star may make its own`
  );
}

async function update(place, extras, way, old, employ) {
  const { step } = require('./installer.js');
  say(`bringing the Python environment in ${place.folder} up to date with ${way.name}`);
  try {
    for (const command of await way.ready(place.folder)) await step(command, place.log, employ);
    await install(place, extras, way, employ);
  } catch (failure) {
    if (old) stamp.write(place, old); // nothing was changed that a later start cannot catch up on
    throw failure;
  }
}

async function create(place, extras, way, employ) {
  const { step } = require('./installer.js');
  const { findInterpreter } = require('./interpreter.js');
  const interpreter = await findInterpreter(way.needsVenv).catch((failure) => {
    if (way.needsVenv) throw failure;
    return null; // uv fetches one
  });
  if (fs.existsSync(place.folder)) {
    say(`${place.folder} is only half made or does not work; making it anew`);
    fs.rmSync(place.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
  const using = interpreter ? `Python ${interpreter.version.join('.')} (${interpreter.executable})` : 'a Python of its own';
  say(`making a Python environment in ${place.folder} with ${way.name} and ${using}`);
  fs.mkdirSync(place.folder, { recursive: true });
  stamp.write(place, stamp.current(place, 'making', '', extras));
  await step(way.create(place.folder, interpreter && interpreter.executable), place.log, employ);
  await install(place, extras, way, employ);
}

async function install(place, extras, way, employ) {
  const { ownPackage, step } = require('./installer.js');
  const { probe } = require('./interpreter.js');
  stamp.write(place, stamp.current(place, 'making', '', extras));
  const parts = extras.length ? ` (and ${extras.join(', ')})` : '';
  say(`installing the engine and its libraries${parts} with ${way.name}; this takes a minute or two`);
  await step(way.install(place.folder, ownPackage(place.editable, extras)), place.log, employ);
  const broken = await damage(environmentAt(place));
  if (broken) throw new Failure(`the Python environment is not whole: ${broken}`, `read ${place.log}, then run again`);
  const python = await probe(pythonIn(place.folder));
  stamp.write(place, stamp.current(place, 'ready', python ? python.version.join('.') : '', extras));
}

module.exports = { damage, isPrepared, prepare, remake };
