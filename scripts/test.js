#!/usr/bin/env node
'use strict';

/*
 * Set up the development environment and run every check and test:
 *     npm test
 *     npm test -- -k ablation        only pytest, with these arguments
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { tool } = require('./tool.js');

const ROOT = path.resolve(__dirname, '..');
const NODE_TESTS = path.join(ROOT, 'tests', 'node');

/** Both cores, a file on one of them; long files first, see tests/conftest.py. */
const PYTEST = ['pytest', '-q', '-n', '2', '--dist', 'loadfile', '--no-loadscope-reorder', '-m', 'not proof'];

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {() => Promise<number>} run Resolves to the exit status.
 */

/** @type {Step[]} */
const STEPS = [
  { name: 'environment', run: () => tool(['ruff', '--version']) },
  { name: 'ruff check', run: () => tool(['ruff', 'check']) },
  { name: 'ruff format --check', run: () => tool(['ruff', 'format', '--check']) },
  { name: 'mypy', run: () => tool(['mypy']) },
  { name: 'pytest', run: () => tool(PYTEST) },
  { name: 'node --test', run: nodeTests },
];

/**
 * @param {string[]} selection Arguments for pytest; none: everything.
 * @returns {Promise<number>} 0 if every step passed, else 1.
 */
async function main(selection) {
  process.chdir(ROOT);
  const steps = selection.length ? [{ name: 'pytest', run: () => tool(['pytest', ...selection]) }] : STEPS;
  const results = [];
  for (const { name, run } of steps) {
    process.stderr.write(`\n== ${name}\n`);
    const started = Date.now();
    const status = await run();
    results.push({ name, status, seconds: (Date.now() - started) / 1000 });
  }
  process.stderr.write('\n');
  for (const { name, status, seconds } of results) {
    const verdict = status === 0 ? 'passed' : `FAILED (exit ${status})`;
    process.stderr.write(`${name.padEnd(22)}${verdict}  ${seconds.toFixed(1)} s\n`);
  }
  return results.every(({ status }) => status === 0) ? 0 : 1;
}

function nodeTests() {
  const files = fs.readdirSync(NODE_TESTS).filter((name) => name.endsWith('.test.js'));
  if (files.length === 0) throw new Error(`no tests in ${NODE_TESTS}`);
  const args = ['--test', ...files.sort().map((name) => path.join(NODE_TESTS, name))];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code === null ? 1 : code));
  });
}

main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
