'use strict';

const { toWords, withoutName } = require('../lib/arguments.js');
const engine = require('../lib/engine.js');
const { COMMANDS, answer, optionsOf } = require('../lib/help.js');

const COMMAND = 'ml mle-star';

module.exports = {
  name: 'mle-star',
  description: COMMANDS[COMMAND],
  usage: `${COMMAND} [situation|task|action|results] <description> --dataset FILE [options]`,
  category: 'ml',
  options: optionsOf(COMMAND),

  /**
   * Run one stage; the engine knows the stages and reads the description.
   * @param {string[] | Object<string, unknown>} [args] Arguments as typed, or an object of flags.
   * @param {Object<string, unknown>} [flags] Flags already parsed.
   * @returns {Promise<number>} The exit status; the process is left running.
   */
  async execute(args, flags) {
    const words = [...COMMAND.split(' '), ...withoutName(toWords(args, flags))];
    const text = answer(words);
    if (text === null) return engine.run(words);
    process.stdout.write(text);
    return 0;
  },
};
