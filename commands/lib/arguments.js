'use strict';

const table = require('./options.json');

/**
 * Whatever a caller of `execute` hands over, as an argument list.
 *
 * @param {string[] | Object<string, unknown>} [args] Arguments as typed, or an object of flags whose
 *   `_` holds the words that belong to none.
 * @param {Object<string, unknown>} [flags] Flags already parsed: `{timeBudget: 60, quiet: true}`
 *   becomes `--time-budget 60 --quiet`.
 * @returns {string[]}
 * @throws {TypeError} For anything else, such as one string that would have to be split.
 */
function toWords(args = [], flags = {}) {
  if (Array.isArray(args)) return [...args.map(String), ...flagWords(flags)];
  if (args === null || typeof args !== 'object') {
    throw new TypeError(`execute takes an array of strings or an object of flags, not ${JSON.stringify(args)}`);
  }
  const { _: words = [], ...own } = args;
  return [...words.map(String), ...flagWords({ ...own, ...flags })];
}

/**
 * Without the command's own name, which some callers leave in front.
 * @param {string[]} words
 * @returns {string[]}
 */
function withoutName(words) {
  return words[0] === 'mle-star' ? words.slice(1) : words;
}

function flagWords(flags) {
  return Object.entries(flags).flatMap(([key, value]) => flagWord(kebab(key), value));
}

function flagWord(name, value) {
  if (value === undefined || value === null) return [];
  if (value === true) return [`--${name}`];
  if (value === false) return exists(`no-${name}`) ? [`--no-${name}`] : [];
  return [`--${name}`, Array.isArray(value) ? value.join(',') : String(value)];
}

function kebab(key) {
  return key.replace(/_/g, '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function exists(name) {
  return table.options.some((option) => option.name === name);
}

module.exports = { toWords, withoutName };
