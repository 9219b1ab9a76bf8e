#!/usr/bin/env node
// mle-star launcher for claude-flow: written by `mle-star install claude-flow`, and taken away by
// `mle-star uninstall claude-flow`.
'use strict';

/*
 * `claude-flow automation mle-star` and `claude-flow ml mle-star` run the engine of mle-star. All
 * else is the claude-flow's that is found on this machine when it is called: its own program is
 * imported into this process, so that arguments, streams, signals and exit status are what they
 * were. claude-flow 2.x has no command `ml`, 3.x has neither: where it would say so, they are
 * registered with it, so that its help and its parser know them.
 *
 * One file that needs no other: it must still pass things on when mle-star is gone. It has to be
 * right as CommonJS and as an ES module, for a package.json above it may say either: hence no
 * `require` and no `import` but the function.
 */

/** What `mle-star install claude-flow` writes here: the engine, and the link that stood in this place. */
const INSTALLED = null;

const CATEGORIES = ['automation', 'ml'];
const NAME = 'mle-star';
const ABOUT = {
  automation: 'Search, judge, ensemble, validate and package a model for a data file.',
  ml: 'The same by stages of one session: situation, task, action, results.',
};
const EXIT = { USAGE: 2, UNAVAILABLE: 5, NOT_FOUND: 127 };
const MARKER = '// mle-star launcher for claude-flow';
const LIFELINE = 3; // see commands/lib/engine.js: the engine ends when reading this ends

let fs, os, path, url, spawn, launcher;

async function main(words) {
  await load();
  const [category, ...rest] = ownWords(words);
  const real = category ? null : find();
  if (real && real.module) await become(real, words);
  else if (real) process.exitCode = await ended(...real.start(words), { same: true });
  else process.exitCode = category ? await engine(category, rest) : await without(words);
}

async function load() {
  [fs, os, path, url] = await Promise.all(['fs', 'os', 'path', 'url'].map((name) => import(`node:${name}`)));
  ({ spawn } = await import('node:child_process'));
  launcher = path.resolve(process.argv[1]);
}

/** The category and the words after `mle-star`; nothing if the command line is claude-flow's. */
function ownWords([first = '', second, ...rest]) {
  const joined = CATEGORIES.find((category) => first === `${category}/${NAME}`);
  if (joined) return second === undefined ? [joined] : [joined, second, ...rest];
  return CATEGORIES.includes(first) && second === NAME ? [first, ...rest] : [];
}

// ---------------------------------------------------------------------------- the engine

/** Run the engine; resolves to its exit status, 128 + n if signal n ended it. */
async function engine(category, rest) {
  const { root, python } = INSTALLED;
  if (root) {
    const command = path.join(root, 'commands', category, 'mle-star.js');
    if (!fs.existsSync(command)) return gone(root);
    return (await import(url.pathToFileURL(command).href)).default.execute([NAME, ...rest]);
  }
  if (!fs.existsSync(python)) return gone(python);
  const status = await ended(python, ['-P', '-m', 'mle_star', category, NAME, ...rest], { own: true });
  return status === 1 && !(await has(python)) ? gone(`the environment of ${python}`) : status;
}

/** Whether the engine can still be imported; asked only after something went wrong. */
async function has(python) {
  const script = 'import importlib.util as u, sys; sys.exit(u.find_spec("mle_star") is None)';
  return (await ended(python, ['-P', '-c', script], {})) === 0;
}

function gone(place) {
  say(`mle-star is no longer in ${place}, where it was when this launcher was written`);
  remedy(`install mle-star again and run: mle-star install claude-flow. Or remove ${launcher}`);
  return EXIT.UNAVAILABLE;
}

// ---------------------------------------------------------------------------- claude-flow

/**
 * The claude-flow that would be called were this launcher not there: the package whose link it
 * stands for, or that it lies beside; the next one on PATH; the one of a folder above.
 */
function find() {
  const here = path.dirname(fs.realpathSync(launcher));
  const link = INSTALLED.link && packageOf(path.resolve(here, INSTALLED.link));
  const beside = path.basename(here) === '.bin' && packageIn(path.join(here, '..', 'claude-flow'));
  for (const found of [link, beside]) if (program(found)) return program(found);
  for (const folder of (process.env.PATH || '').split(path.delimiter).filter(Boolean)) {
    const file = path.resolve(folder, 'claude-flow');
    if (isProgram(file) && !isLauncher(file)) return described(file, fs.realpathSync(file), [file]);
  }
  for (const folder of upward(process.cwd())) {
    const found = program(packageIn(path.join(folder, 'node_modules', 'claude-flow')));
    if (found) return found;
  }
  return null;
}

/** The program of an installed claude-flow package. */
function program(found) {
  if (!found || found.manifest.name !== 'claude-flow') return null;
  const { bin } = found.manifest;
  const name = typeof bin === 'string' ? bin : bin && bin['claude-flow'];
  const file = name && path.join(found.folder, name);
  return file && fs.existsSync(file) ? described(launcher, file, [process.execPath, file]) : null;
}

// Only an ES module runs as it does by itself when it is imported: it cannot ask whether it is main.
function described(called, file, [command, ...args]) {
  const { folder, manifest } = packageOf(file) || { folder: path.dirname(file), manifest: {} };
  const module = file.endsWith('.mjs') || (manifest.type === 'module' && file.endsWith('.js'));
  return { called, file, folder, module, start: (words) => [command, [...args, ...words]] };
}

function packageOf(file) {
  for (const folder of upward(path.dirname(file))) {
    const found = packageIn(folder);
    if (found) return found;
  }
  return null;
}

function packageIn(folder) {
  try {
    const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
    return { folder: fs.realpathSync(folder), manifest };
  } catch {
    return null;
  }
}

function* upward(folder) {
  for (let at = folder, last = ''; at !== last; last = at, at = path.dirname(at)) yield at;
}

function isProgram(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

function isLauncher(file) {
  const head = Buffer.alloc(200);
  try {
    const descriptor = fs.openSync(file);
    fs.readSync(descriptor, head);
    fs.closeSync(descriptor);
  } catch {
    return false; // it can be run and not be read
  }
  return head.includes(MARKER);
}

/** Be claude-flow: its program in this process, with our commands where it has none of that name. */
async function become(real, words) {
  const category = asked(words);
  const entry = category ? await register(real, category) : real.file;
  process.argv[1] = entry === real.file ? real.called : entry;
  await import(url.pathToFileURL(entry).href);
}

/** The category that a command line or a question for help is about. */
function asked(words) {
  const named = words.filter((word) => !word.startsWith('-'));
  const name = named[0] === 'help' ? named[1] : named[0];
  return CATEGORIES.includes(name) ? name : null;
}

/** Register our commands with the claude-flow in this process; gives back the file to import. */
async function register({ file, folder }, category) {
  const [registry, simple] = ['command-registry.js', 'simple-cli.js'].map((n) => path.join(folder, 'src', 'cli', n));
  const modern = ['v3/@claude-flow/cli/dist/src/index.js', 'dist/src/index.js'].map((n) => path.join(folder, n));
  try {
    if (fs.existsSync(registry)) {
      const { commandRegistry } = await import(url.pathToFileURL(registry).href);
      if (commandRegistry.has(category)) return file; // its own; `automation mle-star` does not get here
      commandRegistry.set(category, commandOf2(category));
      return simple; // its program would start this one as a process of its own
    }
    const index = modern.find((name) => fs.existsSync(name));
    if (index) extend3(await import(url.pathToFileURL(index).href), category);
  } catch {
    // It will say itself what is wrong with it.
  }
  return file;
}

function commandOf2(category) {
  return {
    handler: async () => process.exit(await registered(category)),
    description: ABOUT[category],
    usage: `${category} ${NAME} --dataset FILE --target COLUMN [options]`,
    examples: [`${category} ${NAME} --help`],
  };
}

function extend3({ commands, commandRegistry }, category) {
  const action = async () => process.exit(await registered(category));
  const examples = [{ command: `claude-flow ${category} ${NAME} --help`, description: 'All its options' }];
  const ours = { name: NAME, description: ABOUT[category], options: [], examples, action };
  const theirs = commandRegistry.get(category);
  if (theirs) {
    theirs.subcommands = [...(theirs.subcommands || []).filter(({ name }) => name !== NAME), ours];
    return;
  }
  const command = { ...ours, name: category, subcommands: [ours] };
  commands.push(command);
  commandRegistry.set(category, command);
}

/** Run what claude-flow's own parser found to be ours, with the words as they were typed. */
async function registered(category) {
  const words = process.argv.slice(2);
  const rest = words.slice(words.indexOf(category) + 1);
  if (rest.includes(NAME)) return engine(category, rest.slice(rest.indexOf(NAME) + 1));
  const other = rest.find((word) => !word.startsWith('-'));
  if (!other) return engine(category, ['--help']);
  say(`there is no ${category} ${other}, only ${category} ${NAME}`);
  return EXIT.USAGE;
}

/** There is no claude-flow: help of ours, or what is missing. */
async function without(words) {
  const named = words.filter((word) => !word.startsWith('-') && word !== 'help');
  if (asked(words) && named.length === 1) return engine(named[0], ['--help']);
  say('claude-flow is not installed: not beside this launcher, on PATH, or in a node_modules above this folder');
  remedy('npm install claude-flow');
  process.stderr.write(`  Without it there are: claude-flow automation ${NAME}, claude-flow ml ${NAME} (--help tells more)\n`);
  return EXIT.NOT_FOUND;
}

// ---------------------------------------------------------------------------- processes

/**
 * Start a program with our streams and wait for its end.
 *
 * One that is `own` (the engine) gets a process group of its own and a lifeline, and every signal
 * through us, once. Another stays in our group, where a terminal's signals reach it by themselves.
 * One that is the `same` as we are ends us as it ended.
 */
function ended(command, args, { own = false, same = false }) {
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  const forwarded = own || !terminal ? ['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGTERM'] : ['SIGTERM'];
  const env = own ? { ...process.env, MLE_STAR_LIFELINE: String(LIFELINE) } : process.env;
  const stdio = own ? ['inherit', 'inherit', 'inherit', 'pipe'] : 'inherit';
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio, detached: own });
    const stop = handleSignals({
      ...Object.fromEntries(['SIGINT', 'SIGQUIT', 'SIGHUP'].map((signal) => [signal, () => {}])),
      ...Object.fromEntries(forwarded.map((signal) => [signal, () => child.kill(signal)])),
      ...(own && {
        SIGCONT: () => signalGroup(child, 'SIGCONT'),
        SIGTSTP: () => {
          signalGroup(child, 'SIGSTOP');
          process.kill(process.pid, 'SIGSTOP');
        },
      }),
    });
    if (own) child.stdio[LIFELINE]?.on('error', () => {});
    child.on('error', (error) => {
      say(`${command} cannot be started: ${error.code || error.message}`);
      resolve(EXIT.UNAVAILABLE);
    });
    child.on('exit', (code, signal) => {
      stop();
      if (signal && same) process.kill(process.pid, signal);
      resolve(signal ? 128 + os.constants.signals[signal] : code);
    });
  });
}

function handleSignals(handlers) {
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler);
  };
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has just ended.
  }
}

function say(line) {
  process.stderr.write(`mle-star: ${line}\n`);
}

function remedy(line) {
  process.stderr.write(`  What to do: ${line}\n`);
}

main(process.argv.slice(2));
