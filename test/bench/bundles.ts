/** What a page in a browser loads for each use of the library: bundled from dist/index.js as a user does, minified, the unused left out. */

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import type { Table } from './table.ts';

const LIBRARY = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

/** A use, and the functions that it takes. */
const USES: Readonly<Record<string, readonly string[]>> = {
  'messages of problems': ['formatProblem'],
  'read a save': ['readRules'],
  'what changed': ['changes'],
  'plan from arguments': ['planFromArguments', 'printSave'],
  'trace in words': ['plan', 'trace'],
  identify: ['identify'],
  lint: ['lint'],
  everything: ['*'],
};

// In kB, minified. The tables of releases and settings come with every use: one file holds the library, so a bundler can't tell that they are idle.
const MOST_EVERYTHING = 700;

/** The table, with limits: nothing drags in the whole library. */
export function benchBundles(): Table {
  const sizes = Object.entries(USES).map(([use, names]) => [use, bundled(names)] as const);
  const of = (use: string): number => sizes.find(([name]) => name === use)?.[1].length ?? Number.NaN;
  const kB = (bytes: number): string => (bytes / 1000).toFixed(0);
  const everything = of('everything');
  return {
    title: 'Bundles for a browser, of the library as it is published',
    head: ['', 'kB', 'kB with gzip', 'of everything'],
    rows: sizes.map(([use, code]) => [use, kB(code.length), kB(gzipSync(code).length), (code.length / everything).toFixed(2)]),
    limits: [
      { what: 'kB of a bundle with everything', measured: everything / 1000, most: MOST_EVERYTHING },
      { what: 'a bundle that only reads, against everything', measured: of('read a save') / everything, most: 0.45 },
      { what: 'a bundle that only says messages, against everything', measured: of('messages of problems') / everything, most: 0.35 },
    ],
  };
}

function bundled(names: readonly string[]): Buffer {
  const what = names.includes('*') ? '* as all' : `{ ${names.join(', ')} }`;
  const used = names.includes('*') ? 'all' : names.join(', ');
  const { outputFiles } = buildSync({
    stdin: { contents: `import ${what} from ${JSON.stringify(LIBRARY)}; globalThis.used = [${used}];`, resolveDir: dirname(LIBRARY) },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'error',
  });
  return Buffer.from(outputFiles[0]?.contents ?? []);
}
