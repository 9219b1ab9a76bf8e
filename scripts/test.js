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

const ROOT = path.resolve(__dirname, '..');
const NODE_TESTS = path.join(ROOT, 'tests', 'node');

/** Both cores, a file on one of them; long files first, see tests/conftest.py. */
const PYTEST = ['pytest', '-q', '-n', '2', '--dist', 'loadfile', '--no-loadscope-reorder', '-m', 'not proof'];

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} args Of a Node process.
 */

const TOOL = path.join(__dirname, 'tool.js');

/** @type {Step} */
const ENVIRONMENT = { name: 'environment', args: [TOOL, 'ruff', '--version'] };

/** The long one, and beside it what uses one core at a time. @returns {Step[][]} */
function lanes() {
  return [
    [{ name: 'pytest', args: [TOOL, ...PYTEST] }],
    [
      { name: 'ruff check', args: [TOOL, 'ruff', 'check'] },
      { name: 'ruff format --check', args: [TOOL, 'ruff', 'format', '--check'] },
      { name: 'mypy', args: [TOOL, 'mypy'] },
      { name: 'node --test', args: ['--test', ...nodeTests()] },
    ],
  ];
}

/**
 * @param {string[]} selection Arguments for pytest; none: everything.
 * @returns {Promise<number>} 0 if every step passed, else 1.
 */
async function main(selection) {
  process.chdir(ROOT);
  if (selection.length) return tell([await run({ name: 'pytest', args: [TOOL, 'pytest', ...selection] })]);
  const made = await run(ENVIRONMENT);
  if (made.status !== 0) return tell([made]);
  const [long, others] = lanes();
  const beside = inTurn(others, true);
  const results = await inTurn(long, false);
  for (const result of await beside) {
    process.stderr.write(`\n== ${result.name}\n${result.output}`);
    results.push(result);
  }
  return tell([made, ...results]);
}

/** @param {Step[]} steps @param {boolean} quiet */
async function inTurn(steps, quiet) {
  const results = [];
  for (const step of steps) results.push(await run(step, quiet));
  return results;
}

/**
 * @param {Step} step
 * @param {boolean} [quiet] Keep what it says, to be told later.
 */
function run({ name, args }, quiet = false) {
  const started = Date.now();
  if (!quiet) process.stderr.write(`\n== ${name}\n`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit' });
    let output = '';
    for (const stream of quiet ? [child.stdout, child.stderr] : []) {
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    }
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ name, status: code === null ? 1 : code, seconds: (Date.now() - started) / 1000, output });
    });
  });
}

/** @param {{name: string, status: number, seconds: number}[]} results */
function tell(results) {
  process.stderr.write('\n');
  for (const { name, status, seconds } of results) {
    const verdict = status === 0 ? 'passed' : `FAILED (exit ${status})`;
    process.stderr.write(`${name.padEnd(22)}${verdict}  ${seconds.toFixed(1)} s\n`);
  }
  return results.every(({ status }) => status === 0) ? 0 : 1;
}

/** @returns {string[]} */
function nodeTests() {
  const files = fs.readdirSync(NODE_TESTS).filter((name) => name.endsWith('.test.js'));
  if (files.length === 0) throw new Error(`no tests in ${NODE_TESTS}`);
  return files.sort().map((name) => path.join(NODE_TESTS, name));
}

main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
