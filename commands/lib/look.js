#!/usr/bin/env node
'use strict';

/*
 * What slash commands call: the engine's answer, if the engine is set up, else how to set it up.
 * Never sets anything up itself, which takes minutes, and always ends with status 0: a slash command
 * whose lines fail would never reach Claude. A status of the engine's own is printed instead.
 */

const path = require('node:path');
const { answer } = require('./help.js');
const { isPrepared } = require('./environment.js');
const { ROOT } = require('./place.js');

const PROGRAM = `node "${path.join(ROOT, 'bin', 'mle-star.js')}"`;
const NOT_SET_UP = `The engine of mle-star is not set up on this machine yet, so its tools are missing here.
Tell the user, and offer to set it up: once, a Python environment with the engine's libraries, which
takes a minute or two, needs the network and about 1.3 GB of disk. Only if the user agrees, run this
with a timeout of 600000 ms:
    ${PROGRAM} doctor
Then ask the user to reconnect the server "engine" under /mcp, and to give the command again.`;

/**
 * @param {string[]} words Of `mle-star`.
 * @returns {Promise<void>}
 */
async function main(words) {
  const text = answer(words);
  if (text !== null) {
    process.stdout.write(text);
  } else if (!isPrepared()) {
    process.stdout.write(`${NOT_SET_UP}\n`);
  } else {
    const status = await require('./engine.js').run(words);
    if (status !== 0) process.stdout.write(`(exit status ${status})\n`);
  }
}

main(process.argv.slice(2));
