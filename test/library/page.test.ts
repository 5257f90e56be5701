/** docs/library.md: each example is run as it stands there, on the built library, and prints what the page shows. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as library from 'istio-init';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT, scratchFolder } from '../cli/program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const PAGE = readFileSync(join(ROOT, 'docs/library.md'), 'utf8');
const EXAMPLES = [...PAGE.matchAll(/^## (.*)\n[^#]*?```ts\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/gm)].map(
  ([, title = '', code = '', shown = '']) => [title, code, shown] as const,
);

describe('docs/library.md', () => {
  it.each(EXAMPLES)('%s', (title, code, shown) => {
    const built = pathToFileURL(join(ROOT, 'dist/index.js')).href;
    const file = folder.write(`${title.replace(/\W/g, '')}.mjs`, code.replace("'istio-init'", JSON.stringify(built)));
    const { stdout, stderr } = spawnSync(process.execPath, [join(folder.path, file)], { encoding: 'utf8' });
    expect([stderr, stdout]).toEqual(['', shown]);
  });

  it('has an example of every kind, and names every function', () => {
    expect(EXAMPLES).toHaveLength(6);
    const names = Object.keys(library).filter(
      (name) => name !== 'ProblemError' && name !== 'proxyPortsOf' && name !== 'observeAll' && name !== 'observeText',
    );
    expect(names.filter((name) => !PAGE.includes(`\`${name}\``))).toEqual([]);
  });
});
