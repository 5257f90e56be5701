// Runs the built program once with the given arguments and keeps what V8 compiled for it (see bin/istio-init).
'use strict';

const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

const folder = join(__dirname, '..');
const bin = join(folder, 'bin/istio-init');
process.argv.splice(1, 1, bin);

let script;
process.on('exit', (code) => {
  if (code === 0) writeFileSync(join(folder, 'dist/cli.cache'), script.createCachedData());
});
script = require(bin);
