'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT, emptyFolder, environment, isAlive, python, shim, start, until, withFakeEngine } = require('./fake.js');

const POSIX = process.platform === 'win32' ? { skip: 'POSIX signals' } : {};
const HOSTILE = '$(touch x) `touch y` ;"\' && touch z | * %PATH% \n ä';

function waitingShim() {
  const cwd = emptyFolder();
  const note = path.join(cwd, 'pid');
  const child = start(process.execPath, [path.join(ROOT, 'bin', 'mle-star.js'), 'wait', note], {
    cwd,
    env: withFakeEngine(),
  });
  return { child, enginePid: until(() => fs.existsSync(note) && Number(fs.readFileSync(note, 'utf8')), 10000) };
}

test('arguments reach the engine as they were given, through no shell', async () => {
  const cwd = emptyFolder();
  const words = ['run', '--dataset', HOSTILE, '--target', '', '--name', '-x --y'];

  const { code, out } = await shim(words, { cwd, env: withFakeEngine() });

  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(out).words, words);
  assert.deepEqual(fs.readdirSync(cwd), []);
});

test('modules lying in the current folder are not imported', async () => {
  const cwd = emptyFolder();
  fs.writeFileSync(path.join(cwd, 'json.py'), 'raise SystemExit("hijacked")');

  const { code } = await shim(['run'], { cwd, env: withFakeEngine() });

  assert.equal(code, 0);
});

for (const status of [0, 2, 3, 4, 7, 130]) {
  test(`exit status ${status} passes through`, async () => {
    assert.equal((await shim(['exit', String(status)], { env: withFakeEngine() })).code, status);
  });
}

test('exit status 1 of an engine that is whole passes through without a word', async () => {
  const { code, err } = await shim(['exit', '1'], { env: withFakeEngine() });

  assert.deepEqual([code, err], [1, '']);
});

test('an engine that a signal ended gives 128 and its number', POSIX, async () => {
  assert.equal((await shim(['die', '9'], { env: withFakeEngine() })).code, 128 + os.constants.signals.SIGKILL);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  test(`${signal} reaches the engine once, and its exit status comes back`, POSIX, async () => {
    const { child, enginePid } = waitingShim();
    await enginePid;

    child.kill(signal);

    const { code, out } = await child.ended;
    assert.deepEqual([code, JSON.parse(out)], [130, [signal]]);
  });
}

test('a Ctrl-C, which a terminal sends to the whole process group, reaches the engine once', POSIX, async () => {
  const cwd = emptyFolder();
  const note = path.join(cwd, 'pid');
  const words = [path.join(ROOT, 'bin', 'mle-star.js'), 'wait', note];
  const child = start(process.execPath, words, { cwd, env: withFakeEngine(), detached: true });
  await until(() => fs.existsSync(note), 10000);

  process.kill(-child.pid, 'SIGINT');

  assert.deepEqual(JSON.parse((await child.ended).out), ['SIGINT']);
});

test('the engine ends within 5 s of a parent that was killed', POSIX, async () => {
  const { child, enginePid } = waitingShim();
  const pid = await enginePid;
  assert.ok(isAlive(pid));

  child.kill('SIGKILL');

  await until(() => !isAlive(pid), 5000);
});

test('an interpreter that is not there is named', async () => {
  const missing = path.join(emptyFolder(), 'no-python');

  const { code, err } = await shim(['run'], { env: environment({ MLE_STAR_PYTHON: missing }) });

  assert.equal(code, 5);
  assert.ok(err.includes(`${missing} cannot be started: ENOENT`));
  assert.match(err, /What to do: set MLE_STAR_PYTHON/);
});

test('an interpreter without the engine is named', async () => {
  const env = environment({ MLE_STAR_PYTHON: python(), PYTHONPATH: emptyFolder() });
  fs.mkdirSync(path.join(env.PYTHONPATH, 'mle_star'));
  fs.writeFileSync(path.join(env.PYTHONPATH, 'mle_star', '__init__.py'), '');

  const { code, err } = await shim(['run'], { env });

  assert.equal(code, 5);
  assert.match(err, /\(MLE_STAR_PYTHON\) cannot run the engine: No module named 'mle_star\.cli'/);
});
