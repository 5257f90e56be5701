// One process for many runs of the built program, one after the other: a run in code that V8 knows takes a fifth of the first. Each has words,
// folder and environment of its own, and ends as a process does: once it waits for nothing.
'use strict';

const { createReadStream, writeSync } = require('node:fs');

const [, , bin] = process.argv;
const said = { stdout: [], stderr: [] };
const emitters = [process, process.stdout, process.stderr];
let program;
let before;

for (const [name, chunks] of Object.entries(said)) {
  process[name].write = (chunk, encoding, done) => {
    const [letters, written] = typeof encoding === 'function' ? [undefined, encoding] : [encoding, done];
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, letters) : Buffer.from(chunk));
    if (written) process.nextTick(written);
    return true;
  };
}

function texts() {
  return Object.fromEntries(Object.entries(said).map(([name, chunks]) => [name, Buffer.concat(chunks.splice(0)).toString()]));
}

const listeners = () => emitters.map((emitter) => new Map(emitter.eventNames().map((name) => [name, emitter.rawListeners(name)])));

function forgetListeners() {
  for (const [at, now] of listeners().entries())
    for (const [name, all] of now) for (const one of all) if (!before[at].get(name)?.includes(one)) emitters[at].removeListener(name, one);
}

process.on('message', ({ args, cwd, env }) => {
  before = listeners();
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.argv = [process.execPath, bin, ...args];
  let stdin;
  Object.defineProperty(process, 'stdin', {
    configurable: true,
    get: () => (stdin ??= Object.assign(createReadStream('/dev/null'), { fd: 0 })),
  });
  // From now on only the program keeps this process.
  process.channel.unref();
  if (program === undefined) ({ program } = require(bin));
  else program.exports.run(args);
});

process.on('beforeExit', () => {
  if (before === undefined) return;
  const { exitCode = 0 } = process;
  process.exitCode = undefined;
  forgetListeners();
  before = undefined;
  process.channel.ref();
  process.send({ exitCode, ...texts() });
});

// A run that ends itself ends this process.
process.on('exit', () => {
  for (const [at, text] of Object.values(texts()).entries()) if (text !== '') writeSync(at + 1, text);
});
