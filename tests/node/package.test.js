'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT, emptyFolder, environment, shim, start } = require('./fake.js');

const manifest = require('../../package.json');
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';
// A proof: downloads and installs every library once more. MLE_STAR_PROOFS=1 runs it.
const PROOF = { skip: process.env.MLE_STAR_PROOFS ? false : 'MLE_STAR_PROOFS is not set', timeout: 900000 };

function npm(args, options) {
  return execFileSync(NPM, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
}

test('the package needs no other, and has no bin that is another package’s', () => {
  assert.deepEqual(manifest.bin, { 'mle-star': 'bin/mle-star.js' });
  for (const kind of ['dependencies', 'optionalDependencies', 'peerDependencies', 'devDependencies']) {
    assert.equal(manifest[kind], undefined);
  }
});

test('the published files are the tracked ones of the rooms that run, and nothing else', () => {
  const [{ files }] = JSON.parse(npm(['pack', '--dry-run', '--json'], { cwd: ROOT }));
  const packed = new Set(files.map((file) => file.path));
  const tracked = execFileSync('git', ['ls-files', 'bin', 'commands', 'agents', 'engine', 'memory', 'hooks', 'examples'], {
    cwd: ROOT,
    encoding: 'utf8',
  });

  const missing = tracked.split('\n').filter((name) => name && fs.existsSync(path.join(ROOT, name)) && !packed.has(name));

  assert.deepEqual(missing, []);
  assert.ok(packed.has('pyproject.toml') && packed.has('LICENSE') && packed.has('README.md'));
  assert.deepEqual([...packed].filter((name) => /__pycache__|\.py[cod]$|^tests|^\.venv|node_modules/.test(name)), []);
});

test('the wheel that the tarball makes runs to a model', { timeout: 300000 }, async () => {
  const project = emptyFolder();
  const python = process.env.MLE_STAR_PYTHON || path.join(ROOT, '.venv', 'bin', 'python');
  const wheel = path.join(project, 'wheel');
  const install = ['-m', 'pip', 'install', '-q', '--no-deps', '--target', wheel, path.join(project, pack(project))];
  execFileSync(python, install, { stdio: 'pipe' });
  fs.writeFileSync(path.join(project, 'small.csv'), smallTable());

  const env = environment({ PYTHONPATH: wheel, MLE_STAR_HOME: project });
  const words = ['-m', 'mle_star', 'run', '--dataset', 'small.csv', '--target', 'label', '--evaluations', '2'];
  const run = await start(python, words, { env, cwd: project }).ended;
  const where = execFileSync(python, ['-c', 'import mle_star; print(mle_star.__file__)'], { env, encoding: 'utf8' });

  assert.ok([0, 4].includes(run.code), `exit ${run.code}\n${run.err}`);
  assert.ok(where.startsWith(wheel), where);
});

test('the tarball, installed in an empty folder, runs to a model', PROOF, async () => {
  const project = emptyFolder();
  const tarball = pack(project);
  // A project of the user's own, whose git ignores folders with names that the engine has too.
  fs.writeFileSync(path.join(project, 'package.json'), '{"private": true}');
  fs.writeFileSync(path.join(project, '.gitignore'), 'data/\nmodels/\nmemory/\n*.md\n');
  fs.mkdirSync(path.join(project, '.git'));
  npm(['install', '--no-audit', '--no-fund', '--offline', path.join(project, tarball)], { cwd: project });
  const installed = path.join(project, 'node_modules', 'mle-star');
  const home = emptyFolder();
  const env = environment({ HOME: home, USERPROFILE: home, XDG_CACHE_HOME: undefined, XDG_DATA_HOME: undefined, PIP_CACHE_DIR: pipCache() });
  fs.writeFileSync(path.join(project, 'small.csv'), smallTable());

  const help = await start(path.join(project, 'node_modules', '.bin', 'mle-star'), ['--help'], { env, cwd: project }).ended;
  const words = ['run', '--dataset', 'small.csv', '--target', 'label', '--evaluations', '2', '--output', 'result'];
  const run = await shim(words, { project: installed, env, cwd: project });

  assert.match(help.out, /^Usage: mle-star/);
  assert.ok([0, 4].includes(run.code), `exit ${run.code}\n${run.err}`);
  assert.match(run.err, /making a Python environment in .*0\.1\.0-[0-9a-f]{12}/);
  assert.ok(fs.existsSync(path.join(project, 'result')));
  assert.ok(!fs.existsSync(path.join(project, '.venv')) && !fs.existsSync(path.join(installed, '.venv')));
});

/** @returns {string} Name of the tarball, which lies in the folder. */
function pack(folder) {
  return JSON.parse(npm(['pack', '--json', '--pack-destination', folder], { cwd: ROOT }))[0].filename;
}

/** Where pip keeps what it has downloaded: the new home is empty, the download need not be. */
function pipCache() {
  if (process.env.PIP_CACHE_DIR) return process.env.PIP_CACHE_DIR;
  try {
    return execFileSync('python3', ['-m', 'pip', 'cache', 'dir'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

function smallTable() {
  const rows = Array.from({ length: 240 }, (_, row) => {
    const x = Math.sin(row * 12.9898) * 43758.5453;
    const value = x - Math.floor(x);
    return `${value.toFixed(4)},${row % 7},${'abc'[row % 3]},${value + (row % 3) / 5 > 0.7 ? 'yes' : 'no'}`;
  });
  return ['size,count,colour,label', ...rows, ''].join('\n');
}
