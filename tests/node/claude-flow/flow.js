'use strict';

/*
 * Projects with a claude-flow that is shaped like 2.x or 3.x, a launcher as it is installed, and
 * tiny engines that tell what they were given.
 */

const fs = require('node:fs');
const path = require('node:path');
const { ROOT, emptyFolder, environment, start } = require('../fake.js');

const TEMPLATE = path.join(ROOT, 'commands', 'claude-flow', 'launcher.js');
const PROGRAMS = { two: 'bin/claude-flow.js', three: 'bin/cli.js' };

/** Called like a Python with the engine: tells its words, each ended by a zero byte. */
const STUB = `#!/bin/sh
[ "$2" = -c ] && exit 0
shift 3
printf '%s\\0' "$@"
while [ $# -gt 0 ]; do
  [ "$1" = --exit ] && exit "$2"
  [ "$1" = --die ] && kill "-$2" $$
  shift
done
`;

/** An engine that notes its process, waits for signals and tells which came. */
const WAITING = `
import json, os, signal, sys, threading, time
def ends_with_parent():
    os.read(int(os.environ["MLE_STAR_LIFELINE"]), 1)
    os._exit(99)
threading.Thread(target=ends_with_parent, daemon=True).start()
seen = []
for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(kind, lambda number, frame: seen.append(signal.Signals(number).name))
note = sys.argv[-1]
with open(note + ".new", "w") as file:
    file.write(str(os.getpid()))
os.replace(note + ".new", note)
while not seen:
    time.sleep(0.02)
time.sleep(0.3)
print(json.dumps(seen))
sys.exit(130)
`;

/** @returns {string} A folder with the waiting engine as a package. */
function waitingEngine() {
  const folder = emptyFolder();
  fs.mkdirSync(path.join(folder, 'mle_star'));
  fs.writeFileSync(path.join(folder, 'mle_star', '__init__.py'), '');
  fs.writeFileSync(path.join(folder, 'mle_star', '__main__.py'), WAITING);
  return folder;
}

const stub = path.join(emptyFolder(), 'python');
fs.writeFileSync(stub, STUB, { mode: 0o755 });

/** @returns {string[]} The words that the stub told. */
function told(out) {
  return Buffer.from(out, 'latin1').toString().split('\0').slice(0, -1);
}

/**
 * A project that npm installed claude-flow into.
 * @param {'two' | 'three' | null} major Null: without it.
 * @returns {{folder: string, bin: string, program: string, link: string | null}}
 */
function project(major) {
  const folder = emptyFolder();
  const modules = path.join(folder, 'node_modules');
  const bin = path.join(modules, '.bin');
  const program = path.join(bin, 'claude-flow');
  fs.mkdirSync(bin, { recursive: true });
  const link = major && `../claude-flow/${PROGRAMS[major]}`;
  if (major) {
    fs.cpSync(path.join(__dirname, major), path.join(modules, 'claude-flow'), { recursive: true });
    fs.chmodSync(path.join(modules, 'claude-flow', PROGRAMS[major]), 0o755);
    fs.symlinkSync(link, program);
  }
  return { folder, bin, program, link };
}

/**
 * Write a launcher as `mle-star install claude-flow` does.
 * @param {string} file
 * @param {{link?: string | null, root?: string | null, python?: string}} [facts]
 */
function launch(file, { link = null, root = null, python: interpreter = stub } = {}) {
  const facts = JSON.stringify({ link, root, python: interpreter });
  const text = fs.readFileSync(TEMPLATE, 'utf8').replace('const INSTALLED = null;', () => `const INSTALLED = ${facts};`);
  fs.rmSync(file, { force: true });
  fs.writeFileSync(file, text, { mode: 0o755 });
}

/** @returns {ReturnType<typeof project>} A project with claude-flow and the launcher in its place. */
function launched(major, facts = {}) {
  const made = project(major);
  launch(made.program, { link: made.link, ...facts });
  return made;
}

/** @returns {NodeJS.ProcessEnv} With no claude-flow on PATH. */
function env(changes = {}) {
  const own = path.dirname(process.execPath);
  return environment({ PATH: [own, '/usr/bin', '/bin'].join(path.delimiter), ...changes });
}

/**
 * Call a program to its end.
 * @param {string} program
 * @param {string[]} words
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, input?: Buffer}} [how]
 */
function call(program, words, { cwd = emptyFolder(), input, ...how } = {}) {
  const stdio = [input ? 'pipe' : 'ignore', 'pipe', 'pipe'];
  const child = start(program, words, { cwd, env: env(), stdio, ...how });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('latin1');
  if (input) child.stdin.end(input);
  return child.ended;
}

module.exports = { call, env, launch, launched, project, stub, told, waitingEngine };
