'use strict';

/*
 * A copy of the Node side in a temporary folder, with a tiny engine that says what it was given,
 * installed by pip without any index: its build back end is the fifteen lines of BACKEND.
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.resolve(__dirname, '..', '..');
const WINDOWS = process.platform === 'win32';

const PYPROJECT = `[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "mle-star"
version = "0.1.0"
[project.optional-dependencies]
dev = []
`;

const BACKEND = `
import pathlib, zipfile
META = "mle_star-0.1.0.dist-info"
def _wheel(folder, files):
    files[META + "/METADATA"] = "Metadata-Version: 2.1\\nName: mle-star\\nVersion: 0.1.0\\nProvides-Extra: dev\\n"
    files[META + "/WHEEL"] = "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files[META + "/RECORD"] = "".join(name + ",,\\n" for name in [*files, META + "/RECORD"])
    with zipfile.ZipFile(pathlib.Path(folder) / "mle_star-0.1.0-py3-none-any.whl", "w") as out:
        for name, text in files.items():
            out.writestr(name, text)
    return "mle_star-0.1.0-py3-none-any.whl"
def build_wheel(folder, config_settings=None, metadata_directory=None):
    found = pathlib.Path("engine").rglob("*.py")
    return _wheel(folder, {p.relative_to("engine").as_posix(): p.read_text() for p in found})
def build_editable(folder, config_settings=None, metadata_directory=None):
    return _wheel(folder, {"mle_star.pth": str(pathlib.Path("engine").resolve())})
`;

const MAIN = `
import json, os, signal, sys, threading, time
def ends_with_parent():
    os.read(int(os.environ["MLE_STAR_LIFELINE"]), 1)
    os._exit(99)
threading.Thread(target=ends_with_parent, daemon=True).start()
words = sys.argv[1:]
if words[0] == "exit":
    sys.exit(int(words[1]))
if words[0] == "die":
    os.kill(os.getpid(), int(words[1]))
if words[0] == "wait":
    seen = []
    def note(number, frame):
        seen.append(signal.Signals(number).name)
    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(kind, note)
    with open(words[1] + ".new", "w") as file:
        file.write(str(os.getpid()))
    os.replace(words[1] + ".new", words[1])
    while not seen:
        time.sleep(0.02)
    time.sleep(0.3)
    print(json.dumps(seen))
    sys.exit(130)
print(json.dumps({"words": words, "prefix": sys.prefix, "path": sys.path}))
`;

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'mle-star-test-'));
process.on('exit', () => fs.rmSync(scratch, { recursive: true, force: true }));
let folders = 0;

/** @returns {string} A new empty folder, removed at the end. */
function emptyFolder() {
  const folder = path.join(scratch, String((folders += 1)));
  fs.mkdirSync(folder);
  return folder;
}

/** @returns {string} A folder with the tiny engine as a package. */
function fakeEngine() {
  const folder = emptyFolder();
  writeEngine(folder);
  return folder;
}

/**
 * A copy of the Node side with the tiny engine.
 * @param {{checkout?: boolean}} [kind]
 * @returns {string} Its folder.
 */
function fakeProject({ checkout = true } = {}) {
  const folder = path.join(emptyFolder(), 'a project');
  for (const name of ['bin', 'commands', 'package.json']) {
    fs.cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  }
  fs.writeFileSync(path.join(folder, 'pyproject.toml'), PYPROJECT);
  fs.writeFileSync(path.join(folder, 'backend.py'), BACKEND);
  writeEngine(path.join(folder, 'engine'));
  if (checkout) fs.mkdirSync(path.join(folder, '.git'));
  return folder;
}

function writeEngine(folder) {
  fs.mkdirSync(path.join(folder, 'mle_star', 'cli'), { recursive: true });
  for (const name of ['__init__.py', 'cli/__init__.py', 'cli/main.py']) {
    fs.writeFileSync(path.join(folder, 'mle_star', name), '');
  }
  fs.writeFileSync(path.join(folder, 'mle_star', '__main__.py'), MAIN);
}

/** @returns {string} A Python new enough to run the engine: the project's own, else the one on PATH. */
function python() {
  const own = path.join(ROOT, '.venv', WINDOWS ? 'Scripts/python.exe' : 'bin/python');
  return process.env.MLE_STAR_PYTHON || (fs.existsSync(own) ? own : 'python3');
}

/**
 * This process's environment, without what steers mle-star, and with some of it changed.
 * @param {NodeJS.ProcessEnv} [changes] Undefined values are taken out.
 * @returns {NodeJS.ProcessEnv}
 */
function environment(changes = {}) {
  const env = { ...process.env };
  const own = ['MLE_STAR_PYTHON', 'MLE_STAR_CACHE', 'MLE_STAR_HOME', 'PYTHONPATH', 'NODE_TEST_CONTEXT'];
  for (const name of own) delete env[name];
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  return env;
}

/**
 * An environment in which the tiny engine runs without being installed.
 * @returns {NodeJS.ProcessEnv}
 */
function withFakeEngine() {
  return environment({ MLE_STAR_PYTHON: python(), PYTHONPATH: fakeEngine() });
}

/**
 * @typedef {object} Ended
 * @property {number | null} code
 * @property {string | null} signal
 * @property {string} out
 * @property {string} err
 */

/**
 * Start a program; `ended` resolves when it has ended and its streams are closed.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {import('node:child_process').ChildProcess & {ended: Promise<Ended>}}
 */
function start(command, args, options) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => (out += data));
  child.stderr.on('data', (data) => (err += data));
  child.ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, out, err }));
  });
  return child;
}

/**
 * Run the shim of a project to its end.
 * @param {string[]} words
 * @param {{project?: string, env?: NodeJS.ProcessEnv, cwd?: string}} [how]
 * @returns {Promise<Ended>}
 */
function shim(words, { project = ROOT, env = environment(), cwd = emptyFolder() } = {}) {
  return start(process.execPath, [path.join(project, 'bin', 'mle-star.js'), ...words], { env, cwd }).ended;
}

/**
 * Wait until something holds.
 * @template T
 * @param {() => T} condition
 * @param {number} milliseconds
 * @returns {Promise<T>}
 */
async function until(condition, milliseconds) {
  for (const end = Date.now() + milliseconds; Date.now() < end; ) {
    const value = condition();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within ${milliseconds} ms: ${condition}`);
}

/**
 * @param {number} pid
 * @returns {boolean}
 */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`; // nobody may collect an orphan in a container: a zombie is dead
  return !fs.existsSync(stat) || !/\) [ZX] /.test(fs.readFileSync(stat, 'utf8'));
}

module.exports = {
  ROOT,
  emptyFolder,
  environment,
  fakeProject,
  isAlive,
  python,
  shim,
  start,
  until,
  withFakeEngine,
};
