/**
 * The modules of `src` as Node reads them itself, compiled beforehand. Vite's runner asks another process for each of them, in each of a
 * dozen workers, and looks up each imported name by a function: half of a worker's start, and a fourteenth of what pure tests take.
 */

import { readdirSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vitest/config';
import { compileModules } from '../scripts/modules.mjs';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));
const COMPILED = fileURLToPath(new URL('../dist/modules/', import.meta.url));

/** A plugin that has them in place of the sources; their lines in a stack trace are those of `dist/modules`. */
export async function modulesOfSrc(define: Record<string, string>): Promise<Plugin> {
  rmSync(COMPILED, { recursive: true, force: true });
  const names = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  await compileModules({ define, platform: 'node', target: 'node20', entryPoints: names.map((name) => `src/${name}`), outdir: COMPILED });
  return {
    name: 'modules of src',
    enforce: 'pre',
    // Vite's runner leaves them to Node.
    config: () => ({ test: { server: { deps: { external: [/\/dist\/modules\//] } } } }),
    resolveId(name, importer) {
      if (importer === undefined || !/^\.{1,2}\/.*\.ts$/.test(name)) return undefined;
      const path = resolve(dirname(importer), name);
      return path.startsWith(SRC) ? `${COMPILED}${path.slice(SRC.length, -'.ts'.length)}.js` : undefined;
    },
  };
}
