/** `conform` with programs of other people: small scripts that are right, or wrong in one thing. */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, it } from 'vitest';
import { NEWEST } from '../../src/istio/releases/known.ts';
import { expectRefused, PROGRAM, run, SHELL_BIN, scratchFolder } from '../cli/program.ts';
import { INTENDED } from '../golden-command-line.ts';
import { describeKernel } from './requirements.ts';
import { PLAYS_ALL } from './trials.ts';

const folder = scratchFolder();
afterAll(folder.remove);

function script(name: string, body: string): string {
  writeFileSync(join(folder.path, name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(folder.path, name), 0o755);
  return `./${name}`;
}

const RULES = `*nat
:PREROUTING ACCEPT
:INPUT ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
:ISTIO_OUTPUT -
-A OUTPUT -p tcp -j ISTIO_OUTPUT
-A ISTIO_OUTPUT -p tcp -j REDIRECT --to-ports 15001
COMMIT
`;

const CASE = `args: ["-p", "15001"]
env: {}
addresses: ["10.1.2.3/24"]
nameservers: ["10.96.0.10"]
outcomes:
  - releases: ["1.20.0 - 1.20.8"]
    error: true
  - releases: ["1.21.0"]
    ip: |
${RULES.replace(/^/gm, '      ').trimEnd()}
    ip6: ""
`;

const CASES = ['--cases', 'mine', '--only', 'cases'] as const;
mkdirSync(join(folder.path, 'mine'));
writeFileSync(join(folder.path, 'mine/one.yaml'), CASE);

const conform = (...args: readonly string[]): ReturnType<typeof run> => run(['conform', ...args], { cwd: folder.path });
const feeding = (rules: string): string => `iptables-restore <<'END'\n${rules}END`;

describeKernel('conform', () => {
  it('says which release a program equals, and does with both backends what each case says', async () => {
    const { exitCode, stdout, stderr } = await conform(...CASES, script('right', feeding(RULES)));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe(`./right equals Istio 1.21.0 in all 2 runs
  nft     1 of 1 runs are equal
  legacy  1 of 1 runs are equal
`);
  });

  it('shows where one differs, rule by rule, by packets and by its exit code, in each form', async () => {
    const wrong = script('wrong', feeding(RULES.replace('-p tcp -j REDIRECT', '-p tcp -m tcp --dport 80 -j REDIRECT')));
    const text = await conform(...CASES, '--release', '1.21.0', wrong, 'istio-iptables');
    expect(text.exitCode).toBe(1);
    expect(text.stdout).toContain('./wrong istio-iptables differs from Istio 1.21.0 in 2 of 2 runs');
    expect(text.stdout).toMatch(
      /^one, legacy\n {2}istio-iptables -p 15001\n {2}- Istio 1.21.0, \+ this program\n {2}- legacy IPv4 nat -A ISTIO_OUTPUT -p tcp -j REDIRECT --to-ports 15001\n {2}\+ legacy IPv4 nat -A ISTIO_OUTPUT -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 15001\n {2}.*TCP/m,
    );
    const json = JSON.parse((await conform(...CASES, '--release', '1.20.3', wrong, '-o', 'json')).stdout);
    expect(json).toMatchObject({
      kind: 'Conformance',
      cases: 1,
      runs: 2,
      equals: [],
      release: '1.20.3',
      backends: [
        { backend: 'nft', compared: 1, equal: 0 },
        { backend: 'legacy', compared: 1, equal: 0 },
      ],
      differences: [{ case: 'one', backend: 'nft', exit: { istio: 'failed', program: 'done', code: 0 } }, { backend: 'legacy' }],
    });
    const junit = await conform(...CASES, '--release', '1.21.0', wrong, '-o', 'junit');
    expect(junit.stdout).toContain('<testsuite name="./wrong as istio-iptables of Istio 1.21.0" tests="2" failures="2">');
    expect(junit.stdout).toContain('<failure message="missing: nft ip nat -A ISTIO_OUTPUT -p tcp -j REDIRECT --to-ports 15001">');
  });

  it('takes a failure for one only with its own exit code, and says the last words of the program', async () => {
    const failing = script('failing', 'echo no rules today >&2; exit 3');
    expect(await conform(...CASES, '--release', '1.20.0', failing)).toMatchObject({ exitCode: 0 });
    const { stdout } = await conform(...CASES, '--release', '1.21.0', failing);
    expect(stdout).toContain("exit code 3, where Istio's is 0\n  no rules today\n");
  });

  it("has Istio's cases in it, and gives a program its arguments, its environment and no right but those over the network", async () => {
    const nosy = script(
      'nosy',
      'echo "$@ $TEST_WORD $HOME" >&2; grep -m1 CapEff /proc/self/status >&2; grep -c nameserver /etc/resolv.conf >&2; exit 9',
    );
    const { stdout } = await conform(
      '--only',
      'command-line/short-p',
      '--release',
      '1.30.3',
      '--env',
      'TEST_WORD=seen',
      nosy,
      '-o',
      'json',
    );
    const [found] = JSON.parse(stdout).differences;
    expect(found).toMatchObject({ case: 'command-line/short-p', backend: 'nft', exit: { istio: 'done', code: 9 } });
    expect(found.said).toBe(`${found.args.join(' ')} seen /\nCapEff:\t0000000000003000\n1`);
  });

  it('leaves nothing of a program running, and ends one that does not end', async () => {
    const began = Date.now();
    const lasting = script('lasting', 'setsid sleep 987654 & sleep 987655');
    const { stdout } = await conform(...CASES, '--deadline', '1', '--release', '1.21.0', lasting);
    expect(stdout).toContain('exit code 137');
    expect(Date.now() - began).toBeLessThan(20_000);
    expect((await execa('pgrep', ['-f', 'sleep 98765'], { reject: false })).stdout).toBe('');
  });

  it('refuses what it can not run or read, in one line that names it', async () => {
    writeFileSync(join(folder.path, 'bad.yaml'), CASE.replace('error: true', 'exit: soon'));
    writeFileSync(join(folder.path, 'route.yaml'), CASE.replace('env: {}', 'env: {}\nroute: "default via 10.1.2.1 dev eth0; reboot"'));
    expectRefused(await conform(), 'PROGRAM is missing: name the program to run, as in conform pilot-agent istio-iptables');
    expectRefused(await conform('./nowhere'), 'PROGRAM "./nowhere" is no program, neither here nor on the search path');
    expectRefused(await conform('--cases', 'bad.yaml', './right'), 'bad.yaml:7:11 outcomes[0].exit must be a number');
    expectRefused(
      await conform('--cases', 'route.yaml', './right'),
      'route.yaml:3:8 route "default via 10.1.2.1 dev eth0; reboot" is not of the form that is expected here',
    );
    expectRefused(await conform('--only', 'no such case', './right'), '--only: no case has "no such case" in its name');
    expectRefused(await conform('--deadline', 'soon', './right'), '--deadline "soon" is not a number of seconds, as 30');
  });

  it('finds our own drop-in to be the newest release, but for what docs/apply.md says is done otherwise', {
    timeout: 240_000,
  }, async () => {
    // Every case at every release is asked by conformance.test.ts, of the same engine: here some will do.
    const only = PLAYS_ALL ? [] : ['--only', 'tproxy'];
    const words = ['conform', join(SHELL_BIN, 'istio-iptables'), '--release', NEWEST, '-o', 'json', ...only];
    const { exitCode, stdout } = await execa(PROGRAM, words, { reject: false });
    const { runs, differences } = JSON.parse(stdout) as {
      readonly runs: number;
      readonly differences: readonly { readonly case: string }[];
    };
    const names = differences.map(({ case: name }) => name.replace('command-line/', ''));
    expect({ exitCode, runs }).toEqual({ exitCode: 1, runs: PLAYS_ALL ? 460 : 33 });
    expect(names.filter((name) => !INTENDED.some(({ isOf }) => isOf(name, NEWEST)))).toEqual([]);
    expect(names.length).toBeLessThan(50);
  });
});
