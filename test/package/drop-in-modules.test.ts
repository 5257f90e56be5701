/** What an init container pays for: the source files that a run of the drop-in loads. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { workedOut } from '../../scripts/worked-out.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a dry run loads, and what a run that changes rules loads besides. */
const listed = readFileSync(fileURLToPath(new URL('drop-in-modules.txt', import.meta.url)), 'utf8')
  .trimEnd()
  .split('\n\n')
  .map((part) => part.split('\n'));

/** The files that importing one of them loads; what is imported where it is needed does not count. */
async function loadedBy(entry: string): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outdir: 'unused',
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    external: ['bun:ffi'],
    logLevel: 'silent',
    plugins: [workedOut],
  });
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const { kind, path, external } of metafile.inputs[file]?.imports ?? [])
      if (kind !== 'dynamic-import' && external !== true) load(path);
  };
  load(entry);
  return [...loaded].sort();
}

it('the drop-in loads the files of test/package/drop-in-modules.txt and no others: who adds one there has seen what it costs', async () => {
  const first = await loadedBy('src/cli/drop-in/drop-in.ts');
  const second = (await loadedBy('src/cli/drop-in/work.ts')).filter((file) => !first.includes(file));
  expect([first, second]).toEqual(listed);
  expect(
    [...first, ...second].filter((file) =>
      /yargs|js-yaml|node_modules\/diff|yaml\.ts|trace|behavior|cli.*help|stories|identify|probe/.test(file),
    ),
  ).toEqual([]);
});

it('the way in loads next to nothing else before it knows which command is asked for', async () => {
  expect(await loadedBy('src/cli/main.ts')).toEqual(['src/cli/main.ts', 'src/cli/own-words.ts', 'src/cli/terminal/output-lost.ts']);
});
