'use strict';

const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT, emptyFolder, environment, fakeProject, python, shim } = require('./fake.js');

const manifest = require('../../package.json');
const table = require('../../commands/lib/options.json');
const { COMMANDS } = require('../../commands/lib/help.js');

const installed = spawnSync(python(), ['-c', 'import mle_star.cli.main']).status === 0;
const WITH_ENGINE = installed ? {} : { skip: 'the engine is not installed' };
const engine = (...words) => execFileSync(python(), ['-m', 'mle_star', ...words], { encoding: 'utf8' });
const plain = (text) => text.replace(/\s+/g, ' ');

for (const words of [
  [],
  ['--help'],
  ['help'],
  ['--version'],
  ['run', '--help'],
  ['automation', '--help'],
  ['automation', 'mle-star', '--help'],
  ['ml', 'mle-star', '-h'],
  ['predict', '--help'],
  ['memory', '--help'],
  ['memory', 'query', '--help'],
]) {
  test(`'mle-star ${words.join(' ')}' answers without any Python`, async () => {
    const project = fakeProject();

    const { code, out, err } = await shim(words, { project, env: environment({ PATH: emptyFolder() }) });

    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /mle-star/);
    assert.ok(!fs.existsSync(path.join(project, '.venv')));
  });
}

test('help tells every option of the command and no other', async () => {
  for (const command of Object.keys(COMMANDS)) {
    const { out } = await shim([...command.split(' '), '--help']);
    const told = [...out.matchAll(/^ {2}--([a-z-]+)/gm)].map((match) => match[1]);
    const own = table.options.filter(({ commands }) => commands.includes(command));
    assert.deepEqual(told, [...own.filter(({ positional }) => !positional).map(({ name }) => name), 'help'], command);
    for (const { choices, metavar } of own.filter(({ positional }) => positional)) {
      assert.ok(out.includes(`[${metavar}]`) && out.includes(choices.length ? choices.join('|') : `  ${metavar} `), command);
    }
  }
});

test('the option table is the engine’s', WITH_ENGINE, () => {
  const hint = 'run: node scripts/generate-options.js';

  assert.deepEqual(table, JSON.parse(engine('options', '--json')), hint);
});

test('commands are described as by the engine', WITH_ENGINE, () => {
  const overview = plain(engine('--help'));
  for (const [name, help] of Object.entries(COMMANDS)) {
    const words = name.split(' ');
    assert.ok(overview.includes(` ${words[0]} `), name);
    assert.ok(plain(engine(...words, '--help')).includes(help), `${name}: ${help}`);
  }
});

test('both sides have one version', () => {
  const source = fs.readFileSync(path.join(ROOT, 'engine', 'mle_star', '__init__.py'), 'utf8');

  assert.equal(source.match(/^__version__ = "(.+)"$/m)[1], manifest.version);
});
