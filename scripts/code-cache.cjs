// Runs the built program and keeps what V8 compiled for it (see bin/istio-init).
'use strict';

const { writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, join } = require('node:path');

const folder = join(__dirname, '..');
const bin = join(folder, 'bin/istio-init');

// What the cache is to hold: the two ways in, each as far as it gets without changing anything.
const runs = [
  ['preview'],
  ['istio-iptables', '-n', '-p', '15001', '-z', '15006', '-u', '1337', '-i', '*', '-b', '*', '-d', '15090,15021,15020'],
];

function next() {
  process.argv = [process.argv[0], bin, ...runs.shift()];
}

next();
const script = require(bin);
process.on('beforeExit', () => {
  if (runs.length === 0) return;
  next();
  const filename = join(folder, 'dist/cli.cjs');
  script.runInThisContext()({}, createRequire(filename), { exports: {} }, filename, dirname(filename));
});
process.on('exit', (code) => {
  if (code === 0) writeFileSync(join(folder, 'dist/cli.cache'), script.createCachedData());
});
