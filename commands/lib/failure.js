'use strict';

/** Exit statuses of the front door; the engine's own stand in engine/mle_star/errors.py. */
const EXIT = Object.freeze({ UNAVAILABLE: 5, STATE: 8 });

/** Something a person can put right: what is wrong, what to do, and the exit status. */
class Failure extends Error {
  /**
   * @param {string} problem What was found and what was expected.
   * @param {string} [remedy] What to do next.
   * @param {number} [exitCode] Exit status.
   */
  constructor(problem, remedy = '', exitCode = EXIT.UNAVAILABLE) {
    super(problem);
    this.name = 'Failure';
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}

/**
 * One line on standard error.
 * @param {string} line
 */
function say(line) {
  process.stderr.write(`mle-star: ${line}\n`);
}

/**
 * Run something; a Failure becomes its message and its exit status.
 * @param {() => Promise<number>} action
 * @returns {Promise<number>} Exit status.
 */
async function reported(action) {
  try {
    return await action();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    say(failure.message);
    if (failure.remedy) process.stderr.write(`  What to do: ${failure.remedy}\n`);
    return failure.exitCode;
  }
}

module.exports = { EXIT, Failure, reported, say };
