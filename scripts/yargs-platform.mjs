// In the place of yargs' platform shim: what it uses of Node, as far as our command line does. The other costs a start milliseconds
// (translations, the layout of help), fails in a folder that is deleted, and needs Node.

import { camelCase, decamelize, looksLikeNumber } from '../node_modules/yargs-parser/build/lib/string-utils.js';
import { YargsParser } from '../node_modules/yargs-parser/build/lib/yargs-parser.js';

const parser = new YargsParser({
  cwd: () => '/',
  env: () => ({}),
  format,
  normalize: (path) => path,
  resolve: (path) => path,
  require: absent,
});

function format(text, ...values) {
  return text.replace(/%[sd]/g, () => String(values.shift()));
}

function absent() {
  throw new Error('our command line uses nothing of this');
}

export default {
  assert: { notStrictEqual: () => undefined, strictEqual: () => undefined },
  // All help is our own.
  cliui: absent,
  findUp: () => undefined,
  getEnv: (name) => process.env[name],
  inspect: String,
  getProcessArgvBin: () => process.argv0,
  mainFilename: '/',
  Parser: Object.assign((args, options) => parser.parse(args.slice(), options).argv, {
    detailed: (args, options) => parser.parse(args.slice(), options),
    camelCase,
    decamelize,
    looksLikeNumber,
  }),
  path: {
    basename: (path) => path.split('/').at(-1),
    dirname: String,
    extname: () => '',
    relative: (_, to) => to,
    resolve: String,
    join: String,
  },
  process: {
    argv: () => process.argv,
    cwd: () => '/',
    emitWarning: () => undefined,
    execPath: () => process.argv0,
    exit: process.exit,
    nextTick: (work) => void Promise.resolve().then(work),
    stdColumns: 80,
  },
  readFileSync: absent,
  readdirSync: absent,
  require: absent,
  getCallerFile: absent,
  stringWidth: (text) => text.length,
  y18n: {
    __: format,
    __n: (one, several, count, ...values) =>
      format(count === 1 ? one : several, ...(/%d/.test(count === 1 ? one : several) ? [count] : []), ...values),
    getLocale: () => 'en',
    setLocale: () => undefined,
    updateLocale: () => undefined,
  },
};
