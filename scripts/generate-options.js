#!/usr/bin/env node
'use strict';

/*
 * Write commands/lib/options.json from the engine's option table:
 *     node scripts/generate-options.js
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const shim = path.join(root, 'bin', 'mle-star.js');
const table = execFileSync(process.execPath, [shim, 'options', '--json'], { encoding: 'utf8' });
fs.writeFileSync(path.join(root, 'commands', 'lib', 'options.json'), `${JSON.stringify(JSON.parse(table), null, 2)}\n`);
