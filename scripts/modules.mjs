// Compiles modules of src file by file, each with its imports of the others: for bundlers, which leave out what is idle, and for Node in the tests.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** What else esbuild is told is the caller's. */
export function compileModules(options) {
  return build({
    ...options,
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    bundle: true,
    outbase: 'src',
    format: 'esm',
    packages: 'external',
    plugins: [
      {
        name: 'modules stay apart',
        setup({ onResolve }) {
          onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ kind, path }) =>
            kind === 'entry-point' ? undefined : { path: path.replace(/\.ts$/, '.js'), external: true },
          );
        },
      },
    ],
  });
}
