'use strict';

const { EXIT, Failure } = require('./failure.js');

/** What installers say when there is no way to the index, or it does not answer. */
const NO_NETWORK = [
  /name resolution/i,
  /getaddrinfo/i,
  /dns error/i,
  /NewConnectionError/,
  /Failed to establish a new connection/i,
  /network is unreachable/i,
  /connection (refused|reset|timed out|aborted)/i,
  /ConnectTimeoutError|ReadTimeoutError|ProxyError/,
  /error sending request/i,
  /Failed to fetch/i,
];

/** In the order in which they are looked for: what was said, what it means, what to do, the exit status. */
const CAUSES = [
  {
    patterns: [/No space left on device/i, /ENOSPC/, /Disk quota exceeded/i, /not enough space on the disk/i],
    problem: 'the disk is full',
    remedy: 'free about 2 GB, or set MLE_STAR_CACHE to a folder on another disk',
    exitCode: EXIT.STATE,
  },
  {
    patterns: [/ensurepip is not available/i, /No module named '?(ensurepip|venv)'?/i],
    problem: 'this Python has no venv and ensurepip modules, which make environments',
    remedy: 'install them (Debian, Ubuntu: apt install python3-venv), or install uv',
  },
  {
    patterns: [/CERTIFICATE_VERIFY_FAILED/i, /SSLError/, /invalid peer certificate/i],
    problem: "the package index's certificate was not accepted",
    remedy: 'behind a company proxy set PIP_CERT (pip) or SSL_CERT_FILE (uv) to its certificate, then run again',
  },
  {
    patterns: NO_NETWORK,
    problem: 'no network: the package index cannot be reached',
    remedy: 'connect and run again, or point PIP_INDEX_URL (uv: UV_INDEX_URL) to an index that can be reached',
  },
  {
    patterns: [/Permission denied/i, /Read-only file system/i],
    problem: 'the environment cannot be written',
    remedy: 'allow writing there, or set MLE_STAR_CACHE to a folder that can be written',
    exitCode: EXIT.STATE,
  },
  {
    patterns: [/No matching distribution found/i, /No solution found/i],
    problem: 'the package index has no version of a library that fits this Python',
    remedy: 'see the log for its name; another Python version (3.11 to 3.13) may do',
  },
];

/**
 * An installer's output as one sentence.
 * @param {string} output What it said.
 * @param {string} end How it ended.
 * @param {string} log Where all of it stands.
 * @returns {Failure}
 */
function explain(output, end, log) {
  const cause = CAUSES.find(({ patterns }) => patterns.some((pattern) => pattern.test(output)));
  if (cause) {
    const remedy = `${cause.remedy}. All of the installer's output: ${log}`;
    return new Failure(`the Python environment could not be made: ${cause.problem}`, remedy, cause.exitCode);
  }
  const errors = output.split(/\r?\n/).filter((line) => /^\s*(error|fatal)\b/i.test(line));
  const last = (errors.pop() || end).trim();
  return new Failure(`the Python environment could not be made: ${last}`, `read ${log}, then run again`);
}

module.exports = { explain };
