import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, run } from './program.ts';

const LISTING = 'golden/captures/2021-01-default.list.txt';

describe('without a command', () => {
  it('a file is checked', async () => {
    const [named, checked] = await Promise.all([run([LISTING]), run(['check', LISTING])]);
    expect(named).toEqual(checked);
    expect(named.stdout).toContain('rules     Istio 1.');
  });

  it('a pipe is checked, with check and without it', async () => {
    const input = readFileSync(join(ROOT, LISTING), 'utf8');
    const [bare, check, dash] = await Promise.all([run([], { input }), run(['check'], { input }), run(['-'], { input })]);
    expect(bare).toEqual(check);
    expect(dash).toEqual(check);
    expect(bare.stdout).toContain('rules     Istio 1.');
  });

  it('an empty pipe holds nothing, so that an ordinary pod is previewed', async () => {
    const [piped, closed] = await Promise.all([run(['preview'], { input: '' }), run(['preview'])]);
    expect(piped).toEqual(closed);
  });

  it('check -f FILE looks at FILE', async () => {
    const [by, named] = await Promise.all([run(['check', '-f', LISTING]), run(['check', LISTING])]);
    expect(by).toEqual(named);
  });

  it('a word that is nothing is taken for a misspelt command', async () => {
    expect((await run(['prewiev'])).stderr).toContain('(did you mean preview?)');
  });
});

it('a pod whose validation found no rules is no pod in order: its status tells', async () => {
  const pod = 'golden/cases/r2-07-validation-failed-job/pod.json';
  const [check, trace] = await Promise.all([
    run(['check', pod]),
    run(['trace', pod, '--from', 'app', '--to', '10.20.0.9:443', '--expect', 'envoy-outbound']),
  ]);
  expect(check).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('THE RUN FAILED: the validation found no rules in the pod') });
  expect(trace).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('unknown: these rules were not applied') });
});
