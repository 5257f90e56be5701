/** A laptop, or a pod, whose user is nobody in particular: every command has an answer, or says in one line what it lacks. */

import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { quoteForShell } from '../../src/netfilter/words.ts';
import { BIN, ROOT, SHELL_BIN } from '../cli/program.ts';
import type { Answer } from './kept-shell.ts';
import { describeKernel } from './requirements.ts';
import { sharedNamespace } from './shared-namespace.ts';

// Where the sources lie may be closed to other users.
const place = mkdtempSync(join(tmpdir(), 'istio-init-nobody-'));
afterAll(() => rmSync(place, { recursive: true }));
mkdirSync(join(place, 'dist'));
cpSync(join(ROOT, 'bin'), join(place, 'bin'), { recursive: true });
if (SHELL_BIN !== BIN) cpSync(join(SHELL_BIN, 'istio-init'), join(place, 'dist/bin/istio-init'));
for (const file of ['cli.cjs', 'drop-in.cjs']) cpSync(join(ROOT, 'dist', file), join(place, 'dist', file));
cpSync(join(ROOT, 'package.json'), join(place, 'package.json'));
cpSync(join(ROOT, 'docs/examples/bookinfo.yaml'), join(place, 'bookinfo.yaml'));
cpSync(join(ROOT, 'golden/captures/2021-01-default.list.txt'), join(place, 'list.txt'));
writeFileSync(join(place, 'closed.yaml'), 'kind: Pod\n');
chmodSync(join(place, 'closed.yaml'), 0o600);
mkdirSync(join(place, 'closed'), { mode: 0o700 });
chmodSync(place, 0o755);

const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all', '--inh-caps=-all'];

const NODE = [process.execPath, join(place, 'bin/istio-init')];
const FASTEST = SHELL_BIN === BIN ? NODE : [join(place, 'dist/bin/istio-init')];

const LACKING = /no NET_ADMIN capability|user 65534 may not|only root|may not be read/;

describeKernel('a user without rights', () => {
  // Nobody can change it.
  const namespace = sharedNamespace();
  const asNobody = (words: readonly string[]): Promise<Answer> =>
    namespace().run(`cd ${place} && HOME=/nonexistent exec ${[...NOBODY, ...words].map(quoteForShell).join(' ')} </dev/null`);

  it.each<readonly [string, number, RegExp]>([
    ['check list.txt', 0, /^list\.txt: as it should be/],
    ['bookinfo.yaml', 1, /its TCP will be captured/],
    ['lint bookinfo.yaml', 1, /inbound-excludes-idle/],
    ['why bookinfo.yaml#ratings-v1 10.0.0.5:3306', 0, /: direct: /],
    ['check', 2, /RULES NOT SEEN: .*no NET_ADMIN capability[^]*sudo istio-init check\n/],
    ...['check live', 'identify live', 'explain live', 'preview live', 'escapes live', 'diff live', 'why live 10.0.0.5:80'].map(
      (words): readonly [string, number, RegExp] => [words, 2, LACKING],
    ),
    ['trace live 10.0.0.5:80 --observe --connect', 2, LACKING],
    ['check pid:1', 2, LACKING],
    ['audit', 2, LACKING],
    ['apply --pid 1', 2, LACKING],
    ['apply --here', 2, /nothing listens on 15001/],
    ['apply --here --before-proxy', 1, LACKING],
    ['clean --here', 1, LACKING],
    ['clean --here --dry-run', 1, LACKING],
    ['probe', 0, /not tested: there is no route to /],
    ['preview exec:istio-iptables', 2, LACKING],
    ['check closed.yaml', 2, /^istio-init: check: closed\.yaml may not be read/],
    ['lint closed', 2, /closed may not be read/],
    ['lint --fix closed.yaml', 2, /closed\.yaml may not be read/],
    ['audit --metrics /nowhere/x.prom', 2, LACKING],
  ])('%s', async (words, exitCode, said) => {
    const found = await asNobody([...FASTEST, ...words.split(' ')]);
    const all = `${found.stdout}\n${found.stderr}`.trimStart();
    expect(all).toMatch(said);
    expect([words, found.exitCode]).toEqual([words, exitCode]);
    expect(all).not.toMatch(/this should not have happened|\n {4}at /);
    // One cause is one line, but where a program of the machine has words of its own.
    if (exitCode === 2 && found.stdout === '') expect(found.stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('lacks rights, and no package, where its PATH is without the programs of root', async () => {
    const calls = ['check', 'check live', 'identify live', 'why live 10.0.0.5:80', 'apply --here --before-proxy', 'clean --here'];
    for (const [at, words] of calls.entries()) {
      // One by Node, which finds programs as the executable does.
      const found = await asNobody(['env', 'PATH=/usr/bin:/bin', ...(at === 0 ? NODE : FASTEST), ...words.split(' ')]);
      expect(`${words}: ${found.stdout}\n${found.stderr}`).toMatch(LACKING);
      expect(`${found.stdout}\n${found.stderr}`).not.toMatch(/there is no program|install the package/);
    }
  });
});
