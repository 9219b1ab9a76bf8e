#!/usr/bin/env node
'use strict';

/*
 * Run a tool of the development environment, which is made first where there is none:
 *     node scripts/tool.js ruff check
 *     node scripts/tool.js pytest -k ablation
 */

const { runModule } = require('../commands/lib/engine.js');

/** Optional part that the tests need. */
const EXTRAS = ['dev'];

/**
 * @param {string[]} words Name of the module and its arguments.
 * @returns {Promise<number>} Exit status.
 */
function tool(words) {
  return runModule(words, EXTRAS);
}

module.exports = { tool };

if (require.main === module) {
  tool(process.argv.slice(2)).then((status) => {
    process.exitCode = status;
  });
}
