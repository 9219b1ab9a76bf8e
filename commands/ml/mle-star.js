'use strict';

const { toWords, withoutName } = require('../lib/arguments.js');
const engine = require('../lib/engine.js');
const { EXIT, Failure, reported, say } = require('../lib/failure.js');
const { answer, optionsOf } = require('../lib/help.js');

/** Stages that the engine can do, by the engine's command; the others are refused, not pretended. */
const ENGINE = Object.freeze({ situation: 'profile', action: 'run' });
const STAGES = ['situation', 'task', 'action', 'results'];
const USABLE =
  'use `ml mle-star situation --dataset FILE --target COLUMN` (what the data holds), ' +
  '`ml mle-star action --dataset FILE --target COLUMN` (the whole run), or `mle-star sessions` (past runs)';

module.exports = {
  name: 'mle-star',
  description: 'Machine learning engineering by stages: situation, task, action, results.',
  usage: 'ml mle-star [situation|task|action|results] <description> --dataset FILE --target COLUMN [options]',
  category: 'ml',
  options: optionsOf('run'),

  /**
   * Run one stage; without a stage, `situation`.
   * @param {string[] | Object<string, unknown>} [args] Arguments as typed, or an object of flags.
   * @param {Object<string, unknown>} [flags] Flags already parsed.
   * @returns {Promise<number>} The exit status; the process is left running.
   */
  async execute(args, flags) {
    const words = withoutName(toWords(args, flags));
    const text = answer(['ml', 'mle-star', ...words]);
    if (text === null) return reported(() => runStage(words));
    process.stdout.write(text);
    return 0;
  },
};

function runStage(words) {
  const named = words.length > 0 && !words[0].startsWith('-');
  const stage = named ? words[0] : 'situation';
  if (!STAGES.includes(stage)) {
    throw new Failure(`there is no stage '${stage}'; the stages are ${STAGES.join(', ')}`, USABLE, EXIT.USAGE);
  }
  if (!ENGINE[stage]) {
    throw new Failure(`the stage '${stage}' is not in this version`, USABLE, EXIT.UNAVAILABLE);
  }
  const rest = named ? words.slice(1) : words;
  const first = rest.findIndex((word) => word.startsWith('-'));
  const description = first === -1 ? rest : rest.slice(0, first);
  if (description.length) say('the description is not used in this version; the options decide');
  return engine.run([ENGINE[stage], ...rest.slice(description.length)]);
}
