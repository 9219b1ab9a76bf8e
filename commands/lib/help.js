'use strict';

const table = require('./options.json');
const { version } = require('./place.js');

const ALIASES = Object.freeze({ 'automation mle-star': 'run', automation: 'run', ml: 'ml mle-star' });
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
  for (const name of [names.slice(0, 2).join(' '), names[0]]) {
    const command = ALIASES[name] || name;
    if (table.commands[command]) return commandHelp(name, command);
  }
  return overview(names[0]);
}

/**
 * The options of one command of the engine.
 * @param {string} command
 * @returns {typeof table.options}
 */
function optionsOf(command) {
  return table.options.filter((option) => option.commands.includes(command));
}

// Of all commands, or of those of a group such as `memory`.
function overview(group) {
  const all = Object.entries(table.commands);
  const own = all.filter(([name]) => name.startsWith(`${group} `));
  const lines = (own.length ? own : all).map(([name, help]) => row(name, help));
  return [
    'Usage: mle-star COMMAND [OPTIONS]',
    '',
    'Machine learning engineering by search and targeted refinement of code: from a data file to a',
    'judged, ensembled, packaged model with its code.',
    '',
    'Commands:',
    ...lines,
    ...(own.length ? [] : [row('automation mle-star', 'The same as run.')]),
    '',
    'Start with:  mle-star run --dataset data.csv --target COLUMN --preset quick',
    'More:        mle-star COMMAND --help',
    '',
    EXITS,
    '',
  ].join('\n');
}

function commandHelp(name, command) {
  const options = optionsOf(command);
  const words = options.filter((option) => option.positional);
  const lines = options.map((option) => row(signature(option), describe(option)));
  return [
    ['Usage: mle-star', name, ...words.map((option) => `[${option.metavar}]`), '[OPTIONS]'].join(' '),
    '',
    table.commands[command],
    '',
    'Options:',
    ...lines,
    row('--help', 'Show this message.'),
    '',
    EXITS,
    '',
  ].join('\n');
}

function signature({ name, choices, metavar, positional }) {
  if (positional) return choices.length ? choices.join('|') : metavar;
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

module.exports = { COMMANDS: table.commands, answer, optionsOf };
