#!/usr/bin/env node
if (process.argv[2] === '--version') {
  process.stdout.write('ruflo v3.43.0\n');
  process.exit(0);
}
const { CLI } = await import('../dist/src/index.js');
new CLI().run().then(() => process.exit(0));
