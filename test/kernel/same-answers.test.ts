/** The builds read settings and manifests alike: what each of the others says is what Node's says. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { BIN, ROOT, scratchFolder } from '../cli/program.ts';
import { played } from '../trials.ts';
import { inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { PATH } from './starting.ts';

const DRY_RUN = ['apply', '--here', '--dry-run'];
const MANIFESTS = readdirSync(join(ROOT, 'golden/manifests')).flatMap((name) =>
  ['input.yaml', 'input.json'].map((file) => `golden/manifests/${name}/${file}`).filter((file) => existsSync(join(ROOT, file))),
);

/** One build asks the kernel what another asks a program. */
function withoutCounts(text: string): string {
  return text.replace(/\d+ commands?/g, 'commands').replace(/"processes": \d+/g, '"processes"');
}

/** What a build says. */
async function said(folder: string, namespace: string, args: readonly string[], input?: string | Uint8Array): Promise<object> {
  const { exitCode, stdout, stderr } = await execa('ip', ['netns', 'exec', namespace, join(folder, 'istio-init'), ...args], {
    cwd: ROOT,
    env: { PATH },
    extendEnv: false,
    reject: false,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });
  return { exitCode, stdout: withoutCounts(stdout), stderr: withoutCounts(stderr) };
}

async function expectAlike(args: readonly string[], input?: string | Uint8Array): Promise<void> {
  await inNamespace(async ({ name }) => {
    expect(await said(BIN, name, args, input)).toEqual(await said(join(ROOT, 'bin'), name, args, input));
  });
}

describe('another build than that for Node', () => {
  describeKernel('says the same', () => {
    it.each(played(MANIFESTS))('of %s', async (file) => {
      await expectAlike([...DRY_RUN, '-f', file]);
    });

    it.each([
      ['a folder', [...DRY_RUN, '-f', 'docs/examples']],
      ['one of several workloads', [...DRY_RUN, '-f', 'docs/examples/bookinfo.yaml', '--workload', 'ratings-v1']],
      ['values of a mesh', [...DRY_RUN, '--values', 'docs/examples/values-istio-init.yaml']],
      ['settings', [...DRY_RUN, '--set', 'mode=TPROXY', '--release', '1.20', '-o', 'json']],
      ['arguments', [...DRY_RUN, '--env', 'ISTIO_META_DNS_CAPTURE=true', '--nameserver', '10.96.0.10', '--', '-p', '15001']],
      ['a file that is not there', [...DRY_RUN, '-f', 'nowhere.yaml']],
      ['help of a command', ['help', 'apply']],
      ['help of settings', ['clean', '--help', '--here']],
      ['a misspelt option', ['apply', '--here', '--on-drif', 'fail']],
      ['an option without its value', ['apply', '--here', '-f']],
      ['an operand', ['clean', '--here', 'x']],
      ['two targets', ['probe', '--here', '--pid', '7']],
      ['camel case', ['apply', '--here', '--onDrift=nope']],
      ['values of booleans', ['apply', '--here=false', '--netns=/nowhere', '--dry-run=true']],
      ['the version', ['--version']],
    ])('of %s', async (_, args) => {
      await expectAlike(args);
    });

    it('of what comes on standard input, in UTF-8, in UTF-16, cut, and of bytes that are no text', async () => {
      const text =
        'apiVersion: v1\nkind: Pod\nmetadata:\n  name: größe\n  annotations:\n    sidecar.istio.io/inject: "true"\nspec:\n  containers:\n  - name: app\n';
      for (const input of [
        text,
        `\ufeff${text}`,
        Buffer.from(`\ufeff${text}`, 'utf16le'),
        Buffer.from(text).subarray(0, 47),
        Uint8Array.from({ length: 3000 }, (_, index) => (index * 7919) % 256),
        '',
      ])
        await expectAlike([...DRY_RUN, '-f', '-'], input);
    });

    it('of a text of UTF-16 in a file, and of a page with several parts', async () => {
      const folder = scratchFolder();
      try {
        folder.write('wide.yaml', Buffer.from('apiVersion: istio-init/v1\nkind: SidecarCapture\nspec: {}\n', 'utf16le'));
        folder.write('page.md', '# Two\n\n```yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n```\n');
        for (const name of ['wide.yaml', 'page.md', 'page.md#1', 'page.md#a'])
          await expectAlike([...DRY_RUN, '-f', join(folder.path, name)]);
      } finally {
        folder.remove();
      }
    });
  });
});
