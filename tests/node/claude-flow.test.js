'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT, emptyFolder, isAlive, python, start, until } = require('./fake.js');
const { call, env, launch, launched, project, stub, told, waitingEngine } = require('./claude-flow/flow.js');

const HOSTILE = '$(touch x) `touch y` ;"\' && touch z | * %PATH% \n ä';
const MAJORS = ['two', 'three'];

for (const [major, form, expected] of [
  ['two', ['automation', 'mle-star'], ['automation', 'mle-star']],
  ['three', ['automation', 'mle-star'], ['automation', 'mle-star']],
  ['three', ['ml', 'mle-star'], ['ml', 'mle-star']],
  [null, ['ml/mle-star'], ['ml', 'mle-star']],
  [null, ['automation/mle-star'], ['automation', 'mle-star']],
]) {
  const what = major ? `claude-flow ${major}` : 'no claude-flow';

  test(`with ${what}, what follows '${form.join(' ')}' reaches the engine as it was typed`, async () => {
    const { program } = launched(major);
    const cwd = emptyFolder();
    const words = ['--dataset', HOSTILE, '--target', '', '--no-chaining', 'mle-star', '--help', '-x --y', '--exit', '4'];

    const { code, out, err } = await call(program, [...form, ...words], { cwd });

    assert.deepEqual([code, err], [4, '']);
    assert.deepEqual(told(out), [...expected, ...words]);
    assert.deepEqual(fs.readdirSync(cwd), []);
  });
}

for (const major of MAJORS) {
  for (const [what, words, input] of [
    ['its version', ['--version']],
    ['odd words', ['memory', HOSTILE, '', '--flag', 'mle-star', 'ml', '--', '-x']],
    ['bytes of all streams and an exit status', ['copy'], Buffer.from([...Array(256).keys(), 0xc3, 0x28])],
    ['a command that it does not have', ['nosuch', 'x']],
    ['nothing at all', []],
  ]) {
    test(`claude-flow ${major} answers ${what} through the launcher as without it`, async () => {
      const { folder, program, link } = project(major);
      const how = { cwd: folder, input };
      const before = await call(program, words, how);

      launch(program, { link });

      assert.deepEqual(await call(program, words, how), before);
    });
  }

  for (const signal of ['SIGINT', 'SIGTERM']) {
    test(`claude-flow ${major} ends at ${signal} through the launcher as without it`, async () => {
      const { folder, program, link } = project(major);
      const before = await endedBy(signal, program, folder);

      launch(program, { link });

      assert.deepEqual(await endedBy(signal, program, folder), before);
    });
  }

  test(`claude-flow ${major} tells of ours in its help`, async () => {
    const { code, out } = await call(launched(major).program, ['ml', '--help']);

    assert.equal(code, 0);
    assert.match(out, /The same by stages of one session/);
  });

  test(`claude-flow ${major} is not asked for what is ours, and is not even started`, async () => {
    const { folder, program } = launched(major);
    fs.rmSync(path.join(folder, 'node_modules', 'claude-flow', 'bin'), { recursive: true });

    assert.equal((await call(program, ['ml', 'mle-star', '--exit', '3'])).code, 3);
  });
}

async function endedBy(signal, program, folder) {
  const note = path.join(emptyFolder(), 'pid');
  const child = start(program, ['wait', note], { cwd: folder, env: env() });
  await until(() => fs.existsSync(note), 10000);
  child.kill(signal);
  return child.ended;
}

test('claude-flow 2.x keeps its other automation commands', async () => {
  const { code, out } = await call(launched('two').program, ['automation', 'auto-agent']);

  assert.deepEqual([code, out], [0, 'automation of claude-flow: auto-agent\n']);
});

for (const [major, words, category] of [
  ['two', ['ml'], 'ml'],
  ['three', ['ml'], 'ml'],
  ['three', ['automation'], 'automation'],
]) {
  test(`'${words}' alone, registered with claude-flow ${major}, gives the help of the command`, async () => {
    const { code, out } = await call(launched(major).program, words);

    assert.equal(code, 0);
    assert.deepEqual(told(out), [category, 'mle-star', '--help']);
  });

  test(`'${words} other', registered with claude-flow ${major}, is a usage error`, async () => {
    const { code, out, err } = await call(launched(major).program, [...words, 'other']);

    assert.deepEqual([code, out], [2, '']);
    assert.ok(err.includes(`there is no ${category} other, only ${category} mle-star`), err);
  });
}

test('options of claude-flow 3.x before the command are its own, those after it the engine’s', async () => {
  const words = ['--verbose', 'automation', 'mle-star', '--dataset', 'a b.csv', '--exit', '7'];

  const { code, out } = await call(launched('three').program, words);

  assert.equal(code, 7);
  assert.deepEqual(told(out), ['automation', 'mle-star', '--dataset', 'a b.csv', '--exit', '7']);
});

test('a claude-flow 3.x that has such a command itself keeps what stands under it', async () => {
  const { folder, program } = launched('three');
  const commands = path.join(folder, 'node_modules/claude-flow/v3/@claude-flow/cli/dist/src/commands/index.js');
  const own = "const sub = { name: 'other', description: 'Own', action: () => console.log('own') };\n";
  const text = fs.readFileSync(commands, 'utf8').replace('[memory,', "[{ name: 'ml', description: '', subcommands: [sub] }, memory,");
  fs.writeFileSync(commands, own + text);

  assert.equal((await call(program, ['ml', 'other'])).out, 'own\n');
  assert.match((await call(program, ['ml', '--help'])).out, /other: Own\n {2}mle-star: /);
});

for (const words of [[], ['memory', '--help'], ['automation', 'auto-agent']]) {
  test(`without claude-flow, '${words.join(' ')}' says what is missing and what there is`, async () => {
    const { code, out, err } = await call(launched(null).program, words);

    assert.deepEqual([code, out], [127, '']);
    assert.match(err, /^mle-star: claude-flow is not installed/);
    assert.match(err, /What to do: npm install claude-flow\n.*claude-flow automation mle-star/);
  });
}

for (const words of [['ml'], ['automation', '--help'], ['help', 'automation']]) {
  test(`without claude-flow, '${words.join(' ')}' is answered with our help`, async () => {
    const category = words.find((word) => !['help', '--help'].includes(word));

    const { code, out } = await call(launched(null).program, words);

    assert.deepEqual([code, told(out)], [0, [category, 'mle-star', '--help']]);
  });
}

test('in a folder of its own the launcher stands before the claude-flow that comes next on PATH', async () => {
  const other = project('two');
  const folders = [emptyFolder(), emptyFolder(), other.bin];
  for (const folder of folders.slice(0, 2)) launch(path.join(folder, 'claude-flow')); // one launcher passes over the other
  const PATH = [...folders, env().PATH].join(path.delimiter);
  const words = ['memory', 'x'];

  const { code, out } = await call('claude-flow', words, { env: env({ PATH }) });

  assert.deepEqual([code, JSON.parse(out).own], [0, words]);
});

test('a claude-flow that is no Node program gets words, streams and status, and its end by a signal is ours', async () => {
  const own = emptyFolder();
  const next = emptyFolder();
  const script = '#!/bin/sh\n[ "$1" = die ] && kill -KILL $$\ncat; printf "%s|" "$@"; exit 9\n';
  launch(path.join(own, 'claude-flow'));
  fs.writeFileSync(path.join(next, 'claude-flow'), script, { mode: 0o755 });
  const how = { env: env({ PATH: [own, next, env().PATH].join(path.delimiter) }) };

  const { code, out } = await call('claude-flow', ['a b', HOSTILE], { ...how, input: Buffer.from([255, 0, 10]) });
  const killed = await call('claude-flow', ['die'], how);

  assert.equal(code, 9);
  assert.equal(out, Buffer.concat([Buffer.from([255, 0, 10]), Buffer.from(`a b|${HOSTILE}|`)]).toString('latin1'));
  assert.equal(killed.signal, 'SIGKILL');
});

test('a claude-flow of a folder above is found where none is on PATH', async () => {
  const { folder } = project('three');
  const program = path.join(emptyFolder(), 'claude-flow');
  const cwd = path.join(folder, 'deep', 'down');
  fs.mkdirSync(cwd, { recursive: true });
  launch(program);

  assert.equal((await call(program, ['--version'], { cwd })).out, 'ruflo v3.43.0\n');
});

test('claude-flow upgraded under the launcher is the new one', async () => {
  const { folder, program } = launched('two');
  const installed = path.join(folder, 'node_modules', 'claude-flow');
  fs.rmSync(installed, { recursive: true });
  fs.cpSync(path.join(__dirname, 'claude-flow', 'three'), installed, { recursive: true });

  assert.equal((await call(program, ['--version'])).out, 'ruflo v3.43.0\n');
  assert.deepEqual(told((await call(program, ['automation', 'mle-star'])).out), ['automation', 'mle-star']);
});

test('claude-flow removed under the launcher is missed, and ours goes on', async () => {
  const { folder, program } = launched('two');
  fs.rmSync(path.join(folder, 'node_modules', 'claude-flow'), { recursive: true });

  assert.equal((await call(program, ['--version'])).code, 127);
  assert.equal((await call(program, ['automation', 'mle-star', '--exit', '3'])).code, 3);
});

for (const [what, facts] of [
  ['Python', { python: '/nowhere/python' }],
  ['package', { root: '/nowhere/mle-star' }],
]) {
  test(`an engine whose ${what} is gone is named, and all else still passes`, async () => {
    const { program } = launched('two', facts);

    const { code, out, err } = await call(program, ['automation', 'mle-star', '--dataset', 'd.csv']);

    assert.deepEqual([code, out], [5, '']);
    assert.match(err, /mle-star is no longer in \/nowhere\/\S+, where it was/);
    assert.match(err, /What to do: install mle-star again and run: mle-star install claude-flow\./);
    assert.equal((await call(program, ['--version'])).out, 'v2.7.47\n');
  });
}

test('an engine that was taken out of its Python is named', async () => {
  const empty = path.join(emptyFolder(), 'python');
  fs.writeFileSync(empty, '#!/bin/sh\n[ "$2" = -m ] && echo "No module named mle_star" >&2\nexit 1\n', { mode: 0o755 });

  const { code, err } = await call(launched(null, { python: empty }).program, ['ml', 'mle-star']);

  assert.equal(code, 5);
  assert.ok(err.includes(`mle-star is no longer in the environment of ${empty}`), err);
});

test('exit status 1 of an engine that is whole passes through without a word', async () => {
  const { code, err } = await call(launched(null).program, ['ml', 'mle-star', '--exit', '1']);

  assert.deepEqual([code, err], [1, '']);
});

test('an engine that a signal ended gives 128 and its number', async () => {
  assert.equal((await call(launched(null).program, ['ml', 'mle-star', '--die', '9'])).code, 137);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  test(`${signal} reaches the engine once, and its exit status comes back`, async () => {
    const { child } = await waiting();

    child.kill(signal);

    const { code, out } = await child.ended;
    assert.deepEqual([code, JSON.parse(out)], [130, [signal]]);
  });
}

test('the engine ends with a launcher that was killed', async () => {
  const { child, pid } = await waiting();

  child.kill('SIGKILL');

  await until(() => !isAlive(pid), 10000);
});

test('a Ctrl-C, which a terminal sends to the whole process group, reaches the engine once', async () => {
  const { child } = await waiting({ detached: true });

  process.kill(-child.pid, 'SIGINT');

  assert.deepEqual(JSON.parse((await child.ended).out), ['SIGINT']);
});

async function waiting(options = {}) {
  const note = path.join(emptyFolder(), 'pid');
  const { program } = launched(null, { python: python() });
  const how = { cwd: emptyFolder(), env: env({ PYTHONPATH: waitingEngine() }), ...options };
  const child = start(program, ['automation', 'mle-star', note], how);
  return { child, pid: await until(() => fs.existsSync(note) && Number(fs.readFileSync(note, 'utf8')), 10000) };
}

test('an engine that a Node package brought is started by that package', async () => {
  const facts = { root: ROOT, python: '/nowhere/python' };
  const words = ['automation', 'mle-star', '--dataset', HOSTILE, '--exit', '4'];

  const { code, out } = await call(launched('three', facts).program, words, { env: env({ MLE_STAR_PYTHON: stub }) });

  assert.deepEqual([code, told(out)], [4, words]);
});

for (const type of ['module', 'commonjs']) {
  test(`the launcher works below a package.json of type ${type}`, async () => {
    const folder = emptyFolder();
    const program = path.join(folder, 'claude-flow');
    fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ type }));
    launch(program);

    assert.equal((await call(program, ['ml', 'mle-star', '--exit', '3'])).code, 3);
  });
}
