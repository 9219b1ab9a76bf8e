'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT, emptyFolder, environment, shim, start, withFakeEngine } = require('./fake.js');

const AUTOMATION = path.join(ROOT, 'commands', 'automation', 'mle-star.js');
const ML = path.join(ROOT, 'commands', 'ml', 'mle-star.js');

/** Call execute in a process of its own, which must still be alive afterwards. */
async function execute(file, args, env = withFakeEngine()) {
  const script = `require(${JSON.stringify(file)}).execute(...${JSON.stringify(args)})
    .then((status) => console.log('status ' + status), (error) => console.log(error.name + ': ' + error.message))`;
  const ended = await start(process.execPath, ['-e', script], { env, cwd: emptyFolder() }).ended;
  const lines = ended.out.trim().split('\n');
  return { ...ended, status: lines.pop(), engine: lines.length ? JSON.parse(lines[0]).words : null };
}

for (const [file, category, own] of [
  [AUTOMATION, 'automation', 'run'],
  [ML, 'ml', 'ml mle-star'],
]) {
  test(`${category}/mle-star has the shape of a command`, () => {
    const command = require(file);

    assert.equal(command.name, 'mle-star');
    assert.equal(command.category, category);
    assert.ok(command.description.length > 20);
    assert.match(command.usage, /mle-star/);
    assert.equal(typeof command.execute, 'function');
    assert.ok(command.options.some(({ name }) => name === 'dataset'));
    assert.ok(command.options.every(({ commands }) => commands.includes(own)));
  });
}

const HEAD = ['automation', 'mle-star'];
const CALLS = [
  ['an array', [['--dataset', 'a b.csv', '--quiet']], ['--dataset', 'a b.csv', '--quiet']],
  ['an array that begins with the name', [['mle-star', '--seed', '1']], ['--seed', '1']],
  ['words and flags', [['mle-star'], { dataset: 'd.csv', timeBudget: 60 }], ['--dataset', 'd.csv', '--time-budget', '60']],
  ['an object of flags', [{ 'time-column': 'when', quiet: true }], ['--time-column', 'when', '--quiet']],
  ['an object with words', [{ _: ['mle-star'], seed: 0 }], ['--seed', '0']],
  ['lists', [{ target: ['a', 'b'] }], ['--target', 'a,b']],
  ['what is false or absent', [{ quiet: false, name: null, seed: 3 }], ['--seed', '3']],
  ['a value that looks like an option', [{ name: '--quiet' }], ['--name', '--quiet']],
  ['nothing', [], []],
];

for (const [what, args, expected] of CALLS) {
  test(`execute takes ${what}`, async () => {
    const { status, engine } = await execute(AUTOMATION, args);

    assert.equal(status, 'status 0');
    assert.deepEqual(engine, [...HEAD, ...expected]);
  });
}

test('execute refuses one string, which only a shell could split', async () => {
  assert.match((await execute(AUTOMATION, ['--dataset a.csv'])).status, /^TypeError: execute takes an array/);
});

test('execute resolves to the exit status of the front door as well', async () => {
  const env = environment({ MLE_STAR_PYTHON: path.join(emptyFolder(), 'none') });

  assert.equal((await execute(AUTOMATION, [['--seed', '1']], env)).status, 'status 5');
});

for (const stage of ['situation', 'task', 'action', 'results']) {
  test(`the stage ${stage}, its description and its options reach the engine as they are`, async () => {
    const words = [stage, 'customers leave', 'judged by F1', '--dataset', 'd.csv', '--target', 'y'];

    const { status, engine, err } = await execute(ML, [words]);

    assert.deepEqual([status, err], ['status 0', '']);
    assert.deepEqual(engine, ['ml', 'mle-star', ...words]);
  });
}

test('without a stage, and with its own name in front, the engine decides', async () => {
  assert.deepEqual((await execute(ML, [{ dataset: 'd.csv' }])).engine, ['ml', 'mle-star', '--dataset', 'd.csv']);
  assert.deepEqual((await execute(ML, [['mle-star', 'results']])).engine, ['ml', 'mle-star', 'results']);
});

test('on the command line the staged command reaches the engine too', async () => {
  const { code, out } = await shim(['ml', 'mle-star', 'task', 'predict churn'], { env: withFakeEngine() });

  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(out).words, ['ml', 'mle-star', 'task', 'predict churn']);
});

test('help of the staged command is answered without the engine', async () => {
  const env = environment({ MLE_STAR_PYTHON: path.join(emptyFolder(), 'none') });
  const script = `require(${JSON.stringify(ML)}).execute(['--help']).then((status) => process.exit(status))`;

  const { code, out, err } = await start(process.execPath, ['-e', script], { env, cwd: emptyFolder() }).ended;

  assert.deepEqual([code, err], [0, '']);
  assert.match(out, /situation\|task\|action\|results/);
});
