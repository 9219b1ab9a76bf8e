#!/usr/bin/env node
// As in claude-flow 3.x: the program is that of a package within this one.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
await import(pathToFileURL(join(here, '..', 'v3', '@claude-flow', 'cli', 'bin', 'cli.js')).href);
