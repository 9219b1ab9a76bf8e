'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { ROOT, digest, pythonIn } = require('./place.js');

const NAME = 'mle-star.json';
const PYPROJECT = path.join(ROOT, 'pyproject.toml');

/**
 * @typedef {object} Stamp What an environment of ours is; lies inside it and is written last.
 * @property {'making' | 'ready'} state `making` until everything was installed and looked at.
 * @property {string} source The folder it was installed from.
 * @property {string} fingerprint Of a published package's files; empty for a checkout.
 * @property {{hash: string, mtimeMs: number, size: number}} pyproject
 * @property {string} python Version of the interpreter.
 * @property {string[]} extras Optional parts that are installed too.
 */

/**
 * @param {import('./place.js').Place} place
 * @returns {Stamp | null} Null where there is none or it cannot be read.
 */
function read(place) {
  try {
    const stamp = JSON.parse(fs.readFileSync(path.join(place.folder, NAME), 'utf8'));
    return stamp && Array.isArray(stamp.extras) && stamp.pyproject ? stamp : null;
  } catch {
    return null;
  }
}

/**
 * @param {import('./place.js').Place} place
 * @param {Stamp} stamp
 */
function write(place, stamp) {
  const file = path.join(place.folder, NAME);
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, `${JSON.stringify(stamp, null, 2)}\n`);
  fs.renameSync(temporary, file);
}

/**
 * The stamp of an environment made now from the source as it is now.
 * @param {import('./place.js').Place} place
 * @param {'making' | 'ready'} state
 * @param {string} python
 * @param {string[]} extras
 * @returns {Stamp}
 */
function current(place, state, python, extras) {
  const { mtimeMs, size } = fs.statSync(PYPROJECT);
  const pyproject = { hash: pyprojectHash(), mtimeMs, size };
  return { state, source: ROOT, fingerprint: place.fingerprint, pyproject, python, extras };
}

/**
 * Whether the environment can be used as it is. Reads two small files at most, starts nothing.
 * @param {import('./place.js').Place} place
 * @param {string[]} extras Optional parts that are needed.
 * @returns {boolean}
 */
function isReady(place, extras) {
  const stamp = read(place);
  if (!stamp || stamp.state !== 'ready') return false;
  if (!extras.every((extra) => stamp.extras.includes(extra))) return false;
  if (!fs.existsSync(pythonIn(place.folder))) return false;
  if (!place.editable) return stamp.fingerprint === place.fingerprint;
  return stamp.source === ROOT && isUnchanged(place, stamp);
}

function isUnchanged(place, stamp) {
  const { mtimeMs, size } = fs.statSync(PYPROJECT);
  if (stamp.pyproject.mtimeMs === mtimeMs && stamp.pyproject.size === size) return true;
  if (stamp.pyproject.hash !== pyprojectHash()) return false;
  try {
    write(place, { ...stamp, pyproject: { hash: stamp.pyproject.hash, mtimeMs, size } });
  } catch {
    // A read-only environment is as good; the hash is then taken each time.
  }
  return true;
}

function pyprojectHash() {
  return digest([fs.readFileSync(PYPROJECT)]);
}

module.exports = { SOURCE: ROOT, current, isReady, read, write };
