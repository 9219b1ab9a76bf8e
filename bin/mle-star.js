#!/usr/bin/env node
'use strict';

const { answer } = require('../commands/lib/help.js');

/**
 * Help needs no Python; the staged command is ours; everything else is the engine's.
 * @param {string[]} words
 * @returns {Promise<number>} Exit status.
 */
async function main(words) {
  const text = answer(words);
  if (text !== null) {
    process.stdout.write(text);
    return 0;
  }
  return require('../commands/lib/engine.js').run(words);
}

main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
