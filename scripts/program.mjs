// How the program is bundled, for Node and for the executable: what both have in common.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packedCases } from './golden-cases.mjs';
import { LINT_PAGES } from './lint-pages.mjs';
import { workedOut } from './worked-out.mjs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

export const BUNDLE = { bundle: true, platform: 'node', target: 'node20', logLevel: 'warning', metafile: true };

export const PROGRAM = {
  ...BUNDLE,
  format: 'cjs',
  // Names stay, for stack traces in bug reports; the rest is worth 5 ms of start-up.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 200,
  legalComments: 'none',
  define: {
    PACKAGE_VERSION: JSON.stringify(version),
    LINT_PAGES: JSON.stringify(LINT_PAGES),
    GOLDEN_CASES: JSON.stringify(packedCases()),
  },
  plugins: [
    workedOut,
    {
      name: 'of Node only what our command line uses of yargs',
      setup({ onResolve }) {
        onResolve({ filter: /\/platform-shims\/esm\.mjs$/ }, () => ({
          path: fileURLToPath(new URL('yargs-platform.mjs', import.meta.url)),
        }));
      },
    },
    {
      // yargs renders the help of every command that it runs, in case its handler asks for it: ours never do, and it takes 3 ms.
      name: 'no help but where it is asked for',
      setup({ onLoad }) {
        onLoad({ filter: /\/yargs\/build\/lib\/command\.js$/ }, ({ path }) => ({
          contents: without(readFileSync(path, 'utf8'), 'yargs.getInternalMethods().getUsageInstance().cacheHelpMessage();'),
        }));
      },
    },
  ],
};

function without(text, part) {
  const parts = text.split(part);
  if (parts.length !== 2) throw new Error(`${part} is not in there once`);
  return parts.join('');
}
