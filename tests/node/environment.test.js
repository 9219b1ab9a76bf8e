'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { emptyFolder, environment, fakeProject, isAlive, python, shim, start, until } = require('./fake.js');

const POSIX = process.platform === 'win32' ? { skip: 'needs stub executables' } : {};
const READY = /the Python environment is ready/g;
const offline = (changes) => environment({ PIP_NO_INDEX: '1', PIP_CONFIG_FILE: os.devNull, ...changes });

const LOCATE = 'process.stdout.write(require("./commands/lib/place.js").locate().folder)';

function made(project) {
  return path.join(project, '.venv');
}

function count(text, pattern) {
  return (text.match(pattern) || []).length;
}

function stampOf(project) {
  return JSON.parse(fs.readFileSync(path.join(made(project), 'mle-star.json'), 'utf8'));
}

/** A PATH on which nothing is but these shell scripts. */
function pathOf(stubs) {
  const folder = emptyFolder();
  for (const [name, script] of Object.entries(stubs)) {
    fs.writeFileSync(path.join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return folder;
}

function answers(version, venv) {
  const executable = `/opt/python-${version.join('.')}`;
  return `echo '${JSON.stringify({ version, executable, venv, pip: venv })}'`;
}

const shared = fakeProject(); // making an environment takes seconds: these tests, in order, have one together

test('two starts at once make one .venv; one says so, the other waits and says so', async () => {
  const env = offline({ VIRTUAL_ENV: '/nowhere', PYTHONPATH: '/nowhere' });

  const both = await Promise.all([1, 2].map(() => shim(['x'], { project: shared, env })));

  const told = both.map(({ err }) => err).join('');
  assert.deepEqual(both.map(({ code }) => code), [0, 0], told);
  assert.match(told, /^mle-star: making a Python environment in .*\.venv with \w+ and Python 3/m);
  assert.match(told, /process \d+ is making the Python environment; waiting for it/);
  assert.equal(count(told, READY), 1);
  for (const { out } of both) {
    assert.equal(JSON.parse(out).prefix, fs.realpathSync(made(shared)));
    assert.ok(!JSON.parse(out).path.includes('/nowhere'));
  }
});

test('later starts say nothing and make nothing', async () => {
  const before = fs.statSync(path.join(made(shared), 'mle-star.json')).mtimeMs;

  const { code, err } = await shim(['x'], { project: shared, env: offline({ PATH: emptyFolder() }) });

  assert.deepEqual([code, err], [0, '']);
  assert.equal(fs.statSync(path.join(made(shared), 'mle-star.json')).mtimeMs, before);
});

test('changes of a checkout count at once, changes of what it needs at the next start', async () => {
  const main = path.join(shared, 'engine', 'mle_star', '__main__.py');
  const original = fs.readFileSync(main, 'utf8');

  fs.writeFileSync(main, 'print("changed")');
  const changed = await shim(['x'], { project: shared, env: offline() });
  fs.writeFileSync(main, original);
  fs.appendFileSync(path.join(shared, 'pyproject.toml'), '# changed\n');
  const updated = await shim(['x'], { project: shared, env: offline() });

  assert.deepEqual([changed.out, changed.err], ['changed\n', '']);
  assert.match(updated.err, /bringing the Python environment .* up to date/);
  assert.equal(count(updated.err, READY), 1);
});

test('a package that is no checkout gets an environment in the cache folder, for its exact content', async () => {
  const project = fakeProject({ checkout: false });
  const cache = emptyFolder();
  const env = offline({ MLE_STAR_CACHE: cache });

  const where = () => execFileSync(process.execPath, ['-e', LOCATE], { cwd: project, env, encoding: 'utf8' });
  const before = where();

  const { code, out, err } = await shim(['x'], { project, env });
  fs.appendFileSync(path.join(project, 'engine', 'mle_star', '__main__.py'), '# changed');

  assert.equal(code, 0, err);
  assert.equal(JSON.parse(out).prefix, fs.realpathSync(before));
  assert.match(path.relative(cache, before), /^0\.1\.0-[0-9a-f]{12}$/);
  assert.ok(!fs.existsSync(made(project)));
  assert.notEqual(where(), before);
});

test('a start that was killed half-way is taken over and repaired', POSIX, async () => {
  const project = fakeProject();
  const args = [path.join(project, 'bin', 'mle-star.js'), 'x'];
  const first = start(process.execPath, args, { env: offline() });
  await until(() => fs.existsSync(path.join(made(project), 'pyvenv.cfg')), 20000);
  first.kill('SIGKILL');
  await first.ended;
  assert.equal(stampOf(project).state, 'making');

  const second = await shim(['x'], { project, env: offline() });

  assert.equal(second.code, 0, second.err);
  assert.match(second.err, /taking over from process \d+/);
  assert.match(second.err, /only half made or does not work; making it anew/);
});

test('an interrupted start ends its installer, lets go of the lock and gives 130', POSIX, async () => {
  const project = fakeProject();
  const args = [path.join(project, 'bin', 'mle-star.js'), 'x'];
  const first = start(process.execPath, args, { env: offline() });
  const lock = path.join(project, '.mle-star', 'environment.lock', 'owner.json');
  const worker = await until(() => fs.existsSync(lock) && workerIn(lock), 20000);

  first.kill('SIGINT');

  const { code, err } = await first.ended;
  assert.equal(code, 130);
  assert.match(err, /interrupted while making the Python environment/);
  assert.ok(!fs.existsSync(lock));
  assert.ok(!isAlive(worker));
});

function workerIn(lock) {
  try {
    return JSON.parse(fs.readFileSync(lock, 'utf8')).worker;
  } catch {
    return 0; // just being written
  }
}

for (const [what, ruin] of [
  ['has lost its interpreter', (folder) => fs.rmSync(path.join(folder, 'bin'), { recursive: true })],
  ['has lost its stamp', (folder) => fs.rmSync(path.join(folder, 'mle-star.json'))],
  ['has lost its libraries', (folder) => fs.rmSync(path.join(folder, 'lib'), { recursive: true })],
]) {
  test(`an environment that ${what} is repaired`, POSIX, async () => {
    ruin(made(shared));

    const { code, out, err } = await shim(['run', 'x'], { project: shared, env: offline() });

    assert.equal(code, 0, err);
    assert.deepEqual(JSON.parse(out).words, ['run', 'x']);
    assert.equal(count(err, READY), 1);
    assert.equal((await shim(['x'], { project: shared, env: offline() })).err, '');
  });
}

test('an environment that somebody else made is completed, not deleted', async () => {
  const project = fakeProject();
  execFileSync(python(), ['-m', 'venv', '--without-pip', made(project)]);
  fs.writeFileSync(path.join(made(project), 'mine'), '');

  const { code, err } = await shim(['x'], { project, env: offline() });

  assert.equal(code, 0, err);
  assert.ok(fs.existsSync(path.join(made(project), 'mine')));
});

const NOTHING = [
  ['no Python', {}, /no Python was found; mle-star needs Python 3\.11 or later/, /install Python 3\.11 or later/],
  ['a broken Python', { python3: 'exit 127' }, /no Python was found/, /install Python/],
  ['a Python that is too old', { python3: answers([3, 8, 10], true) }, /too old: \/opt\/python-3\.8\.10 is Python 3\.8\.10/, /3\.11 or later/],
  ['a Python without venv', { python3: answers([3, 12, 1], false) }, /has no venv and ensurepip modules/, /apt install python3\.12-venv/],
];

for (const [what, stubs, problem, remedy] of NOTHING) {
  test(`${what} is told with the remedy, and nothing is left behind`, POSIX, async () => {
    const project = fakeProject();

    const { code, err } = await shim(['x'], { project, env: offline({ PATH: pathOf(stubs) }) });

    assert.equal(code, 5);
    assert.match(err, problem);
    assert.match(err.split('What to do:')[1], remedy);
    assert.ok(!fs.existsSync(made(project)));
    assert.ok(!fs.existsSync(path.join(project, '.mle-star', 'environment.lock')));
  });
}

test('no network is told in a sentence, with where the log is', async () => {
  const project = fakeProject();
  const pyproject = path.join(project, 'pyproject.toml');
  fs.writeFileSync(pyproject, fs.readFileSync(pyproject, 'utf8').replace('requires = []', 'requires = ["absent"]'));
  const nowhere = { PIP_NO_INDEX: undefined, PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_RETRIES: '1', PIP_FIND_LINKS: undefined };

  const { code, err } = await shim(['x'], { project, env: offline({ ...nowhere, UV_INDEX_URL: nowhere.PIP_INDEX_URL }) });

  assert.equal(code, 5);
  assert.match(err, /could not be made: no network: the package index cannot be reached/);
  const log = path.join(project, '.mle-star', 'environment.log');
  assert.ok(err.includes(log));
  assert.match(fs.readFileSync(log, 'utf8'), /absent/);
});

test('a full disk and a folder that cannot be written have exit status 8', () => {
  const { explain } = require('../../commands/lib/explain.js');
  const { explainWrite } = require('../../commands/lib/installer.js');

  const said = explain('ERROR: Could not install: [Errno 28] No space left on device', 'status 1', '/a/log');

  assert.match(said.message, /the disk is full/);
  assert.equal(said.exitCode, 8);
  assert.equal(explainWrite(Object.assign(new Error(), { code: 'ENOSPC' }), '/a').exitCode, 8);
  assert.equal(explainWrite(Object.assign(new Error(), { code: 'EROFS' }), '/a').exitCode, 8);
});

test('an error that nobody foresaw is told by its last line', () => {
  const { explain } = require('../../commands/lib/explain.js');

  const said = explain('Collecting x\nERROR: first\nERROR: the moon is full\n', 'pip ended with status 1', '/a/log');

  assert.match(said.message, /the moon is full$/);
  assert.match(said.remedy, /\/a\/log/);
});
