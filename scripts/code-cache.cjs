// code-cache.cjs FILE ARGS...: runs the built program with these arguments and keeps in FILE what V8 compiled for it (see bin/istio-init).
'use strict';

const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

const [node, , file, ...args] = process.argv;
const bin = join(__dirname, '../bin/istio-init');

process.argv = [node, bin, ...args];
const { script } = require(bin);
process.on('exit', (code) => {
  if (code === 0) writeFileSync(file, script.createCachedData());
});
