import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { GoldenCase, Outcome } from '../golden.ts';
import { CASES, capture, expand, RELEASES } from '../golden.ts';
import { played } from '../trials.ts';
import type { Run } from './program.ts';
import { run } from './program.ts';

const NEWEST = RELEASES.at(-1) ?? '';

function preview(...args: string[]): Promise<Run> {
  return run(['preview', ...args]);
}

function given({ args, env, addresses, nameservers }: GoldenCase): string[] {
  return [
    ...addresses.flatMap((address) => ['--address', address]),
    ...nameservers.flatMap((server) => ['--nameserver', server]),
    ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    '--',
    ...args,
  ];
}

function outcomeOf({ outcomes }: GoldenCase, release: string): Outcome | undefined {
  return outcomes.find(({ releases }) => expand(releases).includes(release));
}

describe('the program previews at the newest release what its istio-iptables makes', () => {
  it.each(played(CASES).map((golden) => [golden.name, golden] as const))('of the arguments of %s', async (_, golden) => {
    const outcome = outcomeOf(golden, NEWEST);
    const ip = await preview('-o', 'save', '-4', ...given(golden));
    if (outcome === undefined || outcome.error === true) {
      expect([ip.exitCode, ip.stdout]).toEqual([2, '']);
      expect(ip.stderr).not.toMatch(/^\s+at /m);
      return;
    }
    expect([ip.exitCode, ip.stdout]).toEqual([0, outcome.ip]);
    if (outcome.ip6 === '') return;
    const ip6 = await preview('-o', 'save', '-6', ...given(golden));
    expect([ip6.exitCode, ip6.stdout]).toEqual([0, outcome.ip6]);
  });
});

const DEFAULT = ['--', ...(CASES.find(({ name }) => name === 'injected-1.6')?.args ?? [])];

describe('the program previews a capture and the release it is from alike', () => {
  it.each([
    ['2019-05-no-inbound.list.txt', ['@1.2.0']],
    ['2021-01-default.list.txt', ['@1.7.0', ...DEFAULT]],
    ['2024-10-default.list.txt', ['@1.18.0', ...DEFAULT]],
    ['damaged-default.save.txt', ['@1.12', ...DEFAULT]],
  ])('%s', async (file, plan) => {
    const path = fileURLToPath(new URL(`../../golden/captures/${file}`, import.meta.url));
    const [read, made] = await Promise.all([
      preview(path, '-o', 'save'),
      preview(...plan.slice(0, 1), '-o', 'save', '-4', ...plan.slice(1)),
    ]);
    expect(capture(file)).not.toBe('');
    expect([read.exitCode, made.exitCode]).toEqual([0, 0]);
    expect(read.stdout).toBe(made.stdout);
    expect(read.stdout).toContain('ISTIO_OUTPUT');
  });
});
