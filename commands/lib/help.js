'use strict';

const table = require('./options.json');
const { version } = require('./place.js');

/** One line for each command of the engine; the options stand in options.json. */
const COMMANDS = Object.freeze({
  run: 'Search, judge, ensemble, validate and package a model for a data file.',
  profile: 'Tell what a data file holds and what would be predicted, without training.',
  predict: 'Predict a data file with the model of a finished run.',
  sessions: 'List past runs, newest first.',
  doctor: 'Check what this machine has: versions, cores, memory, disk, optional parts.',
});
const ALIASES = Object.freeze({ 'automation mle-star': 'run', 'ml mle-star': 'run' });
const EXITS =
  'Exit status: 0 done, 2 usage, 3 data cannot be used, 4 done but a gate failed, 5 agent, search or\n' +
  'Python unavailable, 6 no sandbox, 7 budget ended with no valid solution, 8 state unreadable or not\n' +
  'writable, 130 interrupted, 1 a bug.';
const COLUMN = 34;
const WIDTH = 100;

/**
 * The answer to `--help` and `--version`, which needs no Python.
 * @param {string[]} words
 * @returns {string | null} Null if the words ask for something else.
 */
function answer(words) {
  if (words.length === 1 && words[0] === '--version') return `mle-star ${version()}\n`;
  const asked = words.length === 0 || words.some((word) => word === '--help' || word === '-h') || words[0] === 'help';
  if (!asked) return null;
  const names = words.filter((word) => !word.startsWith('-') && word !== 'help');
  const [one, two] = names;
  if (two && ALIASES[`${one} ${two}`]) return commandHelp(`${one} ${two}`, ALIASES[`${one} ${two}`]);
  if (one === 'automation' || one === 'ml') return commandHelp(`${one} mle-star`, 'run');
  return COMMANDS[one] ? commandHelp(one, one) : overview();
}

/**
 * The options of one command of the engine.
 * @param {string} command
 * @returns {typeof table}
 */
function optionsOf(command) {
  return table.filter((option) => option.commands.includes(command));
}

function overview() {
  const lines = Object.entries(COMMANDS).map(([name, help]) => row(name, help));
  return [
    'Usage: mle-star COMMAND [OPTIONS]',
    '',
    'Machine learning engineering by search and targeted refinement of code: from a data file to a',
    'judged, ensembled, packaged model with its code.',
    '',
    'Commands:',
    ...lines,
    row('automation mle-star', 'The same as run.'),
    row('ml mle-star', 'The same by stages: situation, task, action, results.'),
    '',
    'Start with:  mle-star run --dataset data.csv --target COLUMN --preset quick',
    'More:        mle-star COMMAND --help',
    '',
    EXITS,
    '',
  ].join('\n');
}

function commandHelp(name, command) {
  const lines = optionsOf(command).map((option) => row(signature(option), describe(option)));
  return [
    `Usage: mle-star ${name} [OPTIONS]`,
    '',
    COMMANDS[command],
    '',
    'Options:',
    ...lines,
    row('--help', 'Show this message.'),
    '',
    EXITS,
    '',
  ].join('\n');
}

function signature({ name, choices, metavar }) {
  const value = choices.length ? `[${choices.join('|')}]` : metavar;
  return value ? `--${name} ${value}` : `--${name}`;
}

function describe({ help, kind, required, default: value }) {
  const shown = value !== null && kind !== 'flag' ? ` Default: ${value}.` : '';
  return help + shown + (required ? ' Required.' : '');
}

function row(left, right) {
  const indent = ' '.repeat(COLUMN);
  const text = wrap(right, WIDTH - COLUMN).join(`\n${indent}`);
  const head = `  ${left}`;
  return head.length + 2 > COLUMN ? `${head}\n${indent}${text}` : head.padEnd(COLUMN) + text;
}

function wrap(text, width) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (line && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}

module.exports = { COMMANDS, answer, optionsOf };
