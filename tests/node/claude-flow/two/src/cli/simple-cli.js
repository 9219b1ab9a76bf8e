#!/usr/bin/env node
import { normalize } from 'path';
import { fileURLToPath } from 'url';
import { commandRegistry, executeCommand, hasCommand } from './command-registry.js';

async function main() {
  const [command, ...args] = process.argv.slice(2);
  if (args.includes('--help') && hasCommand(command)) {
    console.log(`help of ${command}: ${commandRegistry.get(command).description}`);
  } else if (hasCommand(command)) {
    await executeCommand(command, args, {});
  } else {
    console.error(`Unknown command: ${command}`);
    process.exit(1);
  }
}

if (normalize(process.argv[1]) === normalize(fileURLToPath(import.meta.url))) await main();
