'use strict';

const { execFile } = require('node:child_process');
const { Failure } = require('./failure.js');

const OLDEST = [3, 11];
const CANDIDATES = [
  ['python3.13'],
  ['python3.12'],
  ['python3.11'],
  ['python3'],
  ['python'],
  ...(process.platform === 'win32' ? [['py', '-3']] : []),
];
// Runs on Python 2 as well, so that an old one can be called by its name.
const PROBE = `
import json, sys
def has(name):
    try:
        __import__(name)
        return True
    except Exception:
        return False
print(json.dumps({"version": list(sys.version_info[:3]), "executable": sys.executable,
                  "venv": has("venv") and has("ensurepip"), "pip": has("pip")}))
`;

/**
 * @typedef {object} Interpreter
 * @property {string} executable Absolute path.
 * @property {number[]} version For example [3, 12, 4].
 * @property {boolean} venv Whether it can make virtual environments with pip in them.
 * @property {boolean} pip Whether it has pip itself.
 */

/**
 * The first interpreter on PATH that is new enough and can make an environment.
 * @param {boolean} venvNeeded Whether it must have venv and ensurepip (uv needs neither).
 * @returns {Promise<Interpreter>}
 * @throws {Failure} None; the message says what was found instead.
 */
async function findInterpreter(venvNeeded) {
  const found = [];
  for (const [command, ...args] of CANDIDATES) {
    const interpreter = await probe(command, args);
    if (!interpreter) continue;
    if (isNewEnough(interpreter) && (interpreter.venv || !venvNeeded)) return interpreter;
    found.push(interpreter);
  }
  throw nothingUsable(found);
}

/**
 * Ask a command what it is.
 * @param {string} command
 * @param {string[]} [args]
 * @returns {Promise<Interpreter | null>} Null if it is no working Python.
 */
function probe(command, args = []) {
  return new Promise((resolve) => {
    const options = { env: cleanEnvironment(), timeout: 30000, windowsHide: true };
    execFile(command, [...args, '-c', PROBE], options, (error, stdout) => {
      try {
        resolve(error ? null : JSON.parse(stdout));
      } catch {
        resolve(null);
      }
    });
  });
}

/**
 * @param {Interpreter} interpreter
 * @returns {boolean}
 */
function isNewEnough({ version }) {
  return version[0] > OLDEST[0] || (version[0] === OLDEST[0] && version[1] >= OLDEST[1]);
}

/**
 * This process's environment without what would lead Python or pip into another environment.
 * Indexes, proxies and certificates stay as the user has set them.
 * @returns {NodeJS.ProcessEnv}
 */
function cleanEnvironment() {
  const env = { ...process.env };
  const astray = ['PYTHONPATH', 'PYTHONHOME', 'PYTHONSTARTUP', '__PYVENV_LAUNCHER__', 'VIRTUAL_ENV'];
  const elsewhere = ['PIP_TARGET', 'PIP_PREFIX', 'PIP_ROOT', 'PIP_PYTHON', 'PIP_NO_DEPS', 'PIP_DRY_RUN'];
  for (const name of [...astray, ...elsewhere, 'CONDA_PREFIX', 'UV_PYTHON', 'UV_TARGET']) delete env[name];
  env.PIP_USER = '0'; // a user's pip.conf may say otherwise
  return env;
}

function nothingUsable(found) {
  const wanted = OLDEST.join('.');
  const noVenv = found.find(isNewEnough);
  if (noVenv) {
    const [major, minor] = noVenv.version;
    return new Failure(
      `${noVenv.executable} (Python ${noVenv.version.join('.')}) has no venv and ensurepip modules, which make environments`,
      `install them (Debian, Ubuntu: apt install python${major}.${minor}-venv, or python3-venv), or install uv`
    );
  }
  const remedy = `install Python ${wanted} or later (https://www.python.org/downloads, or your system's packages), or uv, or set MLE_STAR_PYTHON to an interpreter that has mle-star installed`;
  if (found.length === 0) return new Failure(`no Python was found; mle-star needs Python ${wanted} or later`, remedy);
  const names = found.map((one) => `${one.executable} is Python ${one.version.join('.')}`);
  return new Failure(`Python is too old: ${[...new Set(names)].join(', ')}; mle-star needs ${wanted} or later`, remedy);
}

module.exports = { cleanEnvironment, findInterpreter, isNewEnough, probe };
