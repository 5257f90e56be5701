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
          contents: replaced(readFileSync(path, 'utf8'), 'yargs.getInternalMethods().getUsageInstance().cacheHelpMessage();', ''),
        }));
      },
    },
    {
      // js-yaml spreads its options into the state of each parse. In this bundle V8 makes every such state a shape of its own, and the
      // parser then looks up each of its fields by name: ten thousand documents take three times as long.
      name: 'one shape for the state of each parse of YAML',
      setup({ onLoad }) {
        onLoad({ filter: /\/js-yaml\/dist\/js-yaml\.mjs$/ }, ({ path }) => ({
          contents: replaced(
            readFileSync(path, 'utf8'),
            '...DEFAULT_PARSER_OPTIONS,\n\t\t...options,\n\t\tinput: ',
            'filename: options?.filename ?? "",\n\t\tmaxDepth: options?.maxDepth ?? DEFAULT_PARSER_OPTIONS.maxDepth,\n\t\tinput: ',
          ),
        }));
      },
    },
  ],
};

function replaced(text, part, by) {
  const parts = text.split(part);
  if (parts.length !== 2) throw new Error(`${part} is not in there once`);
  return parts.join(by);
}
