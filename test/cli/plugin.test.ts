import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { load } from 'js-yaml';
import { afterAll, describe, expect, it } from 'vitest';
import { HAS_KUBECTL } from '../cluster/kubectl.ts';
import { ROOT, scratchFolder } from './program.ts';

const folder = scratchFolder();
afterAll(() => folder.remove());

interface Said {
  readonly exitCode?: number;
  readonly stdout: string;
  readonly stderr: string;
}

const PATH = `${ROOT}bin:${process.env['PATH']}`;

describe.skipIf(!HAS_KUBECTL)('kubectl istio-init', () => {
  it('is the program, whose help, errors and next commands say what was typed', async () => {
    const kubectl = async (...words: readonly string[]): Promise<Said> =>
      execa('kubectl', ['istio-init', ...words], { env: { PATH }, reject: false, stdin: 'ignore', cwd: ROOT });
    const [help, wrong, checked] = await Promise.all([
      kubectl('why', '--help'),
      kubectl('why', 'nothing.yaml', 'pod:80'),
      kubectl('check', 'docs/examples/injected-1.28.yaml'),
    ]);
    expect(help.stdout).toMatch(/^kubectl istio-init why /);
    expect(help.stdout).toContain('kubectl istio-init why deploy/orders -n shop');
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringMatching(/^kubectl istio-init: why: /)]);
    expect(checked.stdout).toContain('kubectl istio-init explain docs/examples/injected-1.28.yaml');
  });
});

it('completes what kubectl asks for, with the number that ends the words', async () => {
  const asked = async (...words: readonly string[]): Promise<Said> =>
    execa(`${ROOT}bin/kubectl_complete-istio_init`, words, { stdin: 'ignore' });
  const [command, option] = await Promise.all([asked('li'), asked('lint', '--fail-on', '')]);
  expect(command.stdout).toMatch(/^lint\t[^]*\n:0$/);
  expect(option.stdout).toBe('error\nwarning\nnote\nnever\n:4');
});

describe.skipIf(!existsSync(`${ROOT}dist/bin/istio-init`))("krew's manifest", () => {
  it('is made and checked by its script, and names the archive that lies beside it', async () => {
    const made = await execa('node', ['scripts/krew.mjs', '--uri', 'https://example.com/istio-init', '--level', '1'], {
      cwd: ROOT,
      reject: false,
    });
    expect([made.exitCode, made.stderr]).toEqual([0, '']);
    const manifest = load(readFileSync(join(ROOT, 'dist/krew/istio-init.yaml'), 'utf8')) as {
      spec: { platforms: readonly { uri: string; sha256: string }[] };
    };
    const [platform] = manifest.spec.platforms;
    const { stdout } = await execa('sha256sum', [join(ROOT, 'dist/krew', platform?.uri.split('/').at(-1) ?? '')]);
    expect(stdout.split(' ')[0]).toBe(platform?.sha256);
    symlinkSync(`${ROOT}dist/bin/istio-init`, join(folder.path, 'kubectl_complete-istio_init'));
    const completed = await execa(join(folder.path, 'kubectl_complete-istio_init'), ['li'], { stdin: 'ignore' });
    expect(completed.stdout).toMatch(/^lint\t/);
  });
});
