/** What a page in a browser loads for each use of the library: bundled from dist/library as a user does, minified, the unused left out. */

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import type { Table } from './table.ts';

const LIBRARY = fileURLToPath(new URL('../../dist/library/index.js', import.meta.url));

/** A use, and the functions that it takes. */
const USES: Readonly<Record<string, readonly string[]>> = {
  'messages of problems': ['formatProblem'],
  'read a save': ['readRules'],
  'what changed': ['changes'],
  'print a save': ['printSave'],
  'plan from arguments': ['planFromArguments', 'printSave'],
  'trace rules that were found': ['trace'],
  'trace in words': ['plan', 'trace'],
  'what escapes': ['escapes'],
  identify: ['identify'],
  lint: ['lint'],
  everything: ['*'],
};

// In kB, minified.
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
      { what: 'a bundle that only reads, against everything', measured: of('read a save') / everything, most: 0.2 },
      { what: 'a bundle that only says messages, against everything', measured: of('messages of problems') / everything, most: 0.05 },
      { what: 'a bundle that only prints, against everything', measured: of('print a save') / everything, most: 0.05 },
      { what: 'a bundle that plans and prints, against everything', measured: of('plan from arguments') / everything, most: 0.3 },
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
