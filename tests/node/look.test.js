'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT, emptyFolder, environment, start } = require('./fake.js');

const LOOK = path.join(ROOT, 'commands', 'lib', 'look.js');

function look(words, env) {
  return start(process.execPath, [LOOK, ...words], { env: environment(env), cwd: emptyFolder() }).ended;
}

test('where the engine is not set up it says how, and sets nothing up', async () => {
  const cache = path.join(emptyFolder(), 'cache');

  const { code, out } = await look(['sessions'], { MLE_STAR_CACHE: cache, MLE_STAR_PYTHON: undefined });

  assert.equal(code, 0);
  assert.match(out, /not set up on this machine yet/);
  assert.ok(out.includes(`node "${path.join(ROOT, 'bin', 'mle-star.js')}" doctor`));
  assert.ok(!fs.existsSync(cache));
});

test('a status of the engine is told and is not its own', async () => {
  const python = path.join(emptyFolder(), 'python');
  fs.writeFileSync(python, '#!/bin/sh\necho "asked $*"\nexit 4\n', { mode: 0o755 });

  const { code, out } = await look(['status', 'a b'], { MLE_STAR_PYTHON: python });

  assert.equal(code, 0);
  assert.match(out, /asked -P -m mle_star status a b/);
  assert.match(out, /\(exit status 4\)/);
});

test('the version needs no engine', async () => {
  const { code, out } = await look(['--version'], { MLE_STAR_PYTHON: undefined, MLE_STAR_CACHE: emptyFolder() });

  assert.equal(code, 0);
  assert.match(out, /^mle-star \d/);
});
