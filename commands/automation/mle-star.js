'use strict';

const { toWords, withoutName } = require('../lib/arguments.js');
const engine = require('../lib/engine.js');
const { COMMANDS, answer, optionsOf } = require('../lib/help.js');

module.exports = {
  name: 'mle-star',
  description: COMMANDS.run,
  usage: 'automation mle-star --dataset FILE --target COLUMN [options]',
  category: 'automation',
  options: optionsOf('run'),

  /**
   * Run the engine.
   * @param {string[] | Object<string, unknown>} [args] Arguments as typed, or an object of flags.
   * @param {Object<string, unknown>} [flags] Flags already parsed.
   * @returns {Promise<number>} The exit status; the process is left running.
   */
  async execute(args, flags) {
    const words = ['automation', 'mle-star', ...withoutName(toWords(args, flags))];
    const text = answer(words);
    if (text === null) return engine.run(words);
    process.stdout.write(text);
    return 0;
  },
};
