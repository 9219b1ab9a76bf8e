#!/usr/bin/env node
// As in claude-flow 2.x: answers for the version, and starts the rest as a process of its own.
import { spawn } from 'child_process';
import { readFileSync } from 'fs';
import { dirname, join } from 'path';
import { fileURLToPath } from 'url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const args = process.argv.slice(2);
if (args.length === 0) args.push('--help');
if (args.some((arg) => arg === '--version' || arg === '-v')) {
  console.log(`v${JSON.parse(readFileSync(join(root, 'package.json'), 'utf-8')).version}`);
  process.exit(0);
}
const child = spawn('node', [join(root, 'src', 'cli', 'simple-cli.js'), ...args], { stdio: 'inherit' });
const cleanup = () => child.kill('SIGTERM');
process.on('SIGTERM', cleanup);
process.on('SIGINT', cleanup);
child.on('exit', (code) => process.exit(code || 0));
