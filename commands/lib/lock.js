'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { say } = require('./failure.js');

const POLL_MS = 200;
const BEAT_MS = 2000;
const SILENT_MS = 120000; // without a sign of life, whoever holds it: another machine, a reused process id
const EMPTY_MS = 5000; // between making the folder and writing the owner into it

/**
 * Run something while holding a lock folder; wait for whoever holds it, and take over from the dead.
 * @template T
 * @param {string} folder
 * @param {(lock: Lock) => Promise<T>} action
 * @returns {Promise<T>}
 */
async function withLock(folder, action) {
  const lock = new Lock(folder);
  await lock.take();
  const beat = setInterval(() => lock.beat(), BEAT_MS);
  beat.unref();
  try {
    return await action(lock);
  } finally {
    clearInterval(beat);
    lock.release();
  }
}

/** A folder that exists while somebody works; holds who that is. */
class Lock {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
    this.owner = { token: crypto.randomUUID(), host: os.hostname(), pid: process.pid, worker: 0 };
  }

  /** Wait until the lock is ours. */
  async take() {
    fs.mkdirSync(path.dirname(this.folder), { recursive: true });
    for (let told = false; !this.tryToTake(); ) {
      const holder = readOwner(this.folder);
      if (isStale(this.folder, holder)) {
        this.clear(holder);
        continue;
      }
      if (!told && holder) {
        say(`process ${holder.pid} is making the Python environment; waiting for it`);
        told = true;
      }
      await sleep(POLL_MS);
    }
  }

  /** @returns {boolean} */
  tryToTake() {
    try {
      fs.mkdirSync(this.folder);
    } catch (error) {
      if (error.code === 'EEXIST') return false;
      throw error;
    }
    this.save();
    return true;
  }

  /**
   * Note a child process that may outlive us: the lock is held as long as either lives.
   * @param {number} pid 0 for none.
   */
  employ(pid) {
    this.owner.worker = pid;
    this.save();
  }

  /** Show that we are alive. */
  beat() {
    const now = new Date();
    fs.utimes(path.join(this.folder, 'owner.json'), now, now, () => {});
  }

  release() {
    const holder = readOwner(this.folder);
    if (holder && holder.token === this.owner.token) fs.rmSync(this.folder, { recursive: true, force: true });
  }

  // By renaming: a reader must never see it empty, for that would look like a dead holder.
  save() {
    const file = path.join(this.folder, 'owner.json');
    fs.writeFileSync(`${file}.new`, JSON.stringify(this.owner));
    fs.renameSync(`${file}.new`, file);
  }

  // Two may find the same dead holder: renaming lets one win, and a lock that was taken
  // anew in between is put back.
  clear(holder) {
    const aside = `${this.folder}.${this.owner.token}`;
    try {
      fs.renameSync(this.folder, aside);
    } catch {
      return;
    }
    const moved = readOwner(aside);
    if (moved && moved.token !== holder?.token) {
      fs.renameSync(aside, this.folder);
      return;
    }
    say(`taking over from process ${holder ? holder.pid : '?'}, which ended before it was done`);
    fs.rmSync(aside, { recursive: true, force: true });
  }
}

function readOwner(folder) {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, 'owner.json'), 'utf8'));
  } catch {
    return null;
  }
}

function isStale(folder, holder) {
  const seen = fs.statSync(holder ? path.join(folder, 'owner.json') : folder, { throwIfNoEntry: false });
  if (!seen) return false; // just released
  const silent = Date.now() - seen.mtimeMs;
  if (!holder) return silent > EMPTY_MS;
  if (holder.host !== os.hostname()) return silent > SILENT_MS;
  if (isAlive(holder.worker)) return false;
  return !isAlive(holder.pid) || silent > SILENT_MS;
}

function isAlive(pid) {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

module.exports = { withLock };
