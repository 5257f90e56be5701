import { afterAll, describe, expect, it } from 'vitest';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { planAmbient } from '../../../src/istio/plan/ambient/ambient-plan.ts';
import { printNft } from '../../../src/netfilter/nft/print.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import { capture } from '../../golden.ts';
import { expectRefused, run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

function saveAt(release: string, ...sets: readonly string[]): string {
  const facts = { nameservers: ['10.96.0.10'] };
  return printSave(planFromSettings({ sets, release: { value: release, source: { kind: 'option', option: '--release' } }, facts }).ip);
}

const identify = (...args: readonly string[]) => run(['identify', ...args], { cwd: folder.path });

describe('a capture, on one screen', () => {
  it.each([
    ['2019-05-no-inbound.list.txt', '1.0.0 to 1.2.10 (39 releases)'],
    ['2021-01-default.list.txt', '1.7.0 to 1.12.9 (52 releases)'],
    ['2024-10-default.list.txt', '1.18.0 to 1.24.6 (56 releases)'],
    ['damaged-default.save.txt', '1.7.0 to 1.12.9 (52 releases)'],
  ])('%s', async (file, releases) => {
    const name = folder.write(`${file}.md`, `# Help\n\n\`\`\`\n${capture(file)}\`\`\`\n`);
    const { exitCode, stdout, stderr } = await identify(name);
    // Four lines of the page stand before the capture.
    const damaged = file.startsWith('damaged');
    // What can't be read there declares chains, and hides no rule.
    expect([exitCode, stdout.split('\n')[0]]).toEqual([0, `${name}: exactly the rules of Istio ${releases}`]);
    expect(stdout).toMatch(/^settings {2}the injector's defaults of 1\./m);
    expect(stdout).toMatch(/^ {10}default: \d+ settings \(--verbose shows them\)$/m);
    expect(stdout).toMatch(/^YAML {6}apiVersion: istio-init\/v1$/m);
    expect(stdout).toMatch(/^arguments istio-iptables -p 15001 /m);
    expect(stdout).toContain('IPv6: nothing of it is shown');
    expect(stdout.includes("can't be read: 8")).toBe(damaged);
    expect(stderr.split('\n').filter((line) => line.includes("can't be read as a rule"))).toHaveLength(damaged ? 5 : 0);
    expect(stdout.split('\n').length).toBeLessThan(45);
  });
});

const SETS = ['inbound.excludePorts=15090,15021,9100,15020', 'dns.capture=servers'];
const saved = folder.write('saved.txt', saveAt('1.20.3', ...SETS));

describe('settings that no default pod has', () => {
  it('stand first and are marked', async () => {
    const { exitCode, stdout } = await identify(saved);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('settings  * inbound.excludePorts: 15090, 15021, 9100, 15020  (default: 15090, 15021, 15020)\n');
    expect(stdout).toContain('          * dns.capture: servers  (default: off)\n');
    expect(stdout).toContain('-d 15090,15021,9100,15020 --redirect-dns\npod       --nameserver 10.96.0.10\n');
  });

  it('make the rules again as YAML, from a pipe', async () => {
    const yaml = await identify(saved, '-o', 'yaml');
    expect(yaml).toMatchObject({ exitCode: 0, stderr: 'note: give what is known of the pod as well: --nameserver 10.96.0.10\n' });
    const again = await run(['preview', '-f', '-', '-o', 'save', '-4', '--nameserver', '10.96.0.10'], { input: yaml.stdout });
    expect(again.stdout).toBe(saveAt('1.20.3', ...SETS));
  });

  it('are data, with every answer', async () => {
    const { exitCode, stdout } = await identify(saved, '-o', 'json');
    const found = JSON.parse(stdout);
    expect([exitCode, found.kind, found.source, found.outcome]).toEqual([0, 'Identification', 'saved.txt', 'exact']);
    expect(found.answers).toHaveLength(1);
    expect(found.answers[0]).toMatchObject({
      spans: '1.20.0 to 1.22.8',
      odd: { settings: ['inbound.excludePorts', 'dns.capture'], switches: {} },
      facts: { nameservers: ['10.96.0.10'] },
      sidecar: { kind: 'SidecarCapture', release: '1.22.8', dns: { capture: 'servers' } },
      differences: 0,
    });
    expect(found.answers[0].commands[0].args).toContain('--redirect-dns');
  });

  it('are a table in a ticket', async () => {
    const { exitCode, stdout } = await identify(saved, '-o', 'markdown');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^### saved\.txt: exactly the rules of Istio 1\.20\.0 to 1\.22\.8 \(25 releases\)\n/);
    expect(stdout).toContain('| **dns.capture** | **servers** | off |\n');
    expect(stdout).toContain('```yaml\napiVersion: istio-init/v1\n');
    expect(stdout).toContain("```sh\nistio-iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i '*' -x '' -b '*'");
  });
});

describe('rules that no release makes', () => {
  const gone = '-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN\n';
  const text = saveAt('1.20.3').replace(gone, '');

  it('are told with the nearest release and what differs, and exit code 1', async () => {
    const { exitCode, stdout } = await identify(folder.write('drift.txt', text));
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /^drift\.txt: no release makes these rules; nearest \(-\) is Istio 1\.18\.0 to 1\.24\.6 \(56 releases\), with 1 difference\n/,
    );
    expect(stdout).toMatch(/\nIPv4 nat ISTIO_OUTPUT\n[^]*\n- 4 +-m owner --uid-owner 1337 -j RETURN\n/);
  });

  it('are told the same as data and in a ticket', async () => {
    const json = await run(['identify', '-', '-o', 'json'], { input: text });
    const { outcome, answers, difference } = JSON.parse(json.stdout);
    expect([json.exitCode, outcome, answers[0].differences]).toEqual([1, 'nearest', 1]);
    expect(difference.differences).toMatchObject([{ kind: 'missing', chain: 'ISTIO_OUTPUT' }]);
    const markdown = await run(['identify', '-', '-o', 'markdown'], { input: text });
    expect(markdown.exitCode).toBe(1);
    expect(markdown.stdout).toContain('```diff\nIPv4 nat ISTIO_OUTPUT\n');
  });
});

it('names the settings that are as everywhere where it is asked to', async () => {
  const { stdout } = await identify('@1.20', '--verbose');
  expect(stdout).toMatch(/^ {10}default: mode REDIRECT; proxy\.uids 1337; .*dualStack false$/m);
});

it('an ambient pod, its node, and what somebody changed there, in every form', async () => {
  const plan = planAmbient({ dns: true }, { release: '1.30' });
  const whole = folder.write('ambient.save', printSave(plan.ip));
  const exact = await identify(whole);
  expect([exact.exitCode, exact.stderr]).toEqual([0, '']);
  expect(exact.stdout).toContain('exactly the rules of ambient mode of Istio 1.24.0 to 1.30.3');
  expect(exact.stdout).toMatch(/^knobs {5}dns=true$/m);
  expect(exact.stdout).toMatch(/^the same {2}istio-init preview --ambient @1\.30\.3 --set dns=true$/m);
  const json = JSON.parse((await identify(whole, '-o', 'json')).stdout);
  expect(json).toMatchObject({
    outcome: 'none',
    agent: [{ outcome: 'exact', where: 'pod', backend: 'iptables', answers: [{ knobs: { dns: true } }] }],
  });
  const node = planAmbient({ where: 'host', backend: 'nftables' }, { release: '1.30' });
  const onNode = await identify(folder.write('node.nft', printNft(node)));
  expect(onNode.stdout).toContain('exactly the rules of ambient mode on the node of Istio 1.28.1 to 1.30.3');
  const changed = folder.write('changed.save', printSave(plan.ip).replace(/.*15006\n/, ''));
  const nearest = await identify(changed, '-o', 'markdown');
  expect(nearest.exitCode).toBe(1);
  expect(nearest.stdout).toContain('nearest to ambient mode of Istio');
  expect(nearest.stdout).toMatch(/^- .*! -d 127\.0\.0\.1\/32 -p tcp -m tcp ! --dport 15008 .*--to-ports 15006$/m);
  expectRefused(
    await identify(whole, '-o', 'yaml'),
    `${whole.split('/').at(-1)}: the rules are those of ambient mode of Istio 1.24.0 to 1.30.3, of which no settings for -f are made; istio-init preview --ambient @1.30.3 --set dns=true shows them again`,
  );
  const near = await identify(changed, '-o', 'yaml');
  expect(near).toMatchObject({
    exitCode: 2,
    stdout: '',
    stderr: expect.stringMatching(/ nearest to ambient mode .* shows what comes nearest\n$/),
  });
});

describe('what is no sidecar has exit code 2 and one line', () => {
  it("a user's firewall", async () => {
    const name = folder.write('firewall.txt', '*mangle\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n');
    expectRefused(await identify(name), "firewall.txt no rules of Istio's sidecar are here");
  });

  it('chains of an ambient pod without a rule', async () => {
    const name = folder.write('ambient.txt', '*mangle\n:ISTIO_PRERT - [0:0]\nCOMMIT\n');
    expectRefused(
      await identify(name),
      "ambient.txt no rules of Istio's sidecar are here; ISTIO_PRERT: chains of Istio's ambient mode, which its node agent makes for ztunnel",
    );
  });

  it('native nft tables of the ambient mode', async () => {
    const ambient = folder.write('nft.txt', 'table inet istio-ambient-nat {\n\tchain istio-output {\n\t}\n}\n');
    expectRefused(await identify(ambient), "nft.txt no rules of Istio's sidecar are here");
  });

  it('a file that is not there', async () => {
    expectRefused(await identify('nowhere.txt'), 'nowhere.txt does not exist');
  });

  it('a form that is not known', async () => {
    expectRefused(await identify(saved, '-o', 'jsn'), '--output "jsn" is not one of text, json, yaml, markdown (did you mean json?)');
  });
});

it('rules of IPv6 alone are identified, and any address of it will do', async () => {
  const facts = { addresses: ['2001:db8::7'] };
  const release = { value: '1.28', source: { kind: 'option', option: '--release' } } as const;
  const text = printSave(planFromSettings({ release, facts }).ip6);
  const { exitCode, stdout } = await run(['identify', '-', '-6'], { input: text });
  expect([exitCode, stdout.split('\n')[0]]).toEqual([0, 'standard input: exactly the rules of Istio 1.25.0 to 1.30.3 (47 releases)']);
  expect(stdout).toContain('pod       --address 2001:db8::1  (any address of IPv6 will do)\n');
});
