'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** The folder that holds package.json and the engine's source. */
const ROOT = path.resolve(__dirname, '..', '..');
const SOURCES = ['engine', 'memory', 'hooks', 'agents', 'commands/claude-flow', 'commands/ml', 'commands/automation', 'pyproject.toml', 'package.json'];

/**
 * @typedef {object} Place Where the Python environment is.
 * @property {string} folder The environment.
 * @property {string} lock Folder that exists while the environment is being made.
 * @property {string} log What the installer said.
 * @property {boolean} editable Whether the engine is installed so that changes of its source count at once.
 * @property {string} fingerprint What is installed; empty for a checkout, which looks at pyproject.toml instead.
 */

/**
 * Where this copy's environment belongs: `.venv` of a checkout, else the user's cache folder.
 * @returns {Place}
 */
function locate() {
  const editable = fs.existsSync(path.join(ROOT, '.git'));
  const fingerprint = editable ? '' : sourceFingerprint();
  if (editable && !process.env.MLE_STAR_CACHE) {
    const state = path.join(ROOT, '.mle-star');
    return {
      folder: path.join(ROOT, '.venv'),
      lock: path.join(state, 'environment.lock'),
      log: path.join(state, 'environment.log'),
      editable,
      fingerprint,
    };
  }
  const identity = editable ? digest([ROOT]) : fingerprint;
  const folder = path.join(cacheFolder(), `${version()}-${identity.slice(0, 12)}`);
  return { folder, lock: `${folder}.lock`, log: `${folder}.log`, editable, fingerprint };
}

/** @returns {string} The version in package.json. */
function version() {
  return JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')).version;
}

/**
 * The interpreter of an environment.
 * @param {string} folder
 * @returns {string}
 */
function pythonIn(folder) {
  return process.platform === 'win32'
    ? path.join(folder, 'Scripts', 'python.exe')
    : path.join(folder, 'bin', 'python');
}

/**
 * @param {Iterable<string | Buffer>} parts
 * @returns {string} SHA-256 in hexadecimal.
 */
function digest(parts) {
  const hash = crypto.createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
}

// A published package is installed by copy: the environment belongs to exactly these files.
// npm gives every file the same time of change, so only the content can tell.
function sourceFingerprint() {
  const parts = [];
  for (const source of SOURCES) collect(path.join(ROOT, source), source, parts);
  return digest(parts);
}

function collect(full, name, parts) {
  const found = fs.statSync(full, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isDirectory()) {
    parts.push(name, fs.readFileSync(full));
    return;
  }
  for (const child of fs.readdirSync(full).sort()) {
    if (child !== '__pycache__') collect(path.join(full, child), `${name}/${child}`, parts);
  }
}

function cacheFolder() {
  const { MLE_STAR_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (MLE_STAR_CACHE) return path.resolve(MLE_STAR_CACHE);
  if (process.platform === 'win32') {
    return path.join(LOCALAPPDATA || path.join(os.homedir(), 'AppData', 'Local'), 'mle-star', 'Cache');
  }
  if (process.platform === 'darwin') return path.join(os.homedir(), 'Library', 'Caches', 'mle-star');
  const absolute = XDG_CACHE_HOME && path.isAbsolute(XDG_CACHE_HOME);
  return path.join(absolute ? XDG_CACHE_HOME : path.join(os.homedir(), '.cache'), 'mle-star');
}

module.exports = { ROOT, digest, locate, pythonIn, version };
