'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { emptyFolder, environment, shim } = require('./fake.js');

test('a server is not kept waiting for an environment: it says how to make one and ends', async () => {
  const cache = path.join(emptyFolder(), 'cache');

  const { code, out, err } = await shim(['mcp'], { env: environment({ MLE_STAR_CACHE: cache }) });

  assert.equal(code, 5);
  assert.equal(out, '');
  assert.match(err, /not set up yet[^]*mle-star\.js doctor/);
  assert.equal(fs.existsSync(cache), false);
});
