import { afterAll, describe, expect, it } from 'vitest';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import { expectRefused, run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const byPackets = (...sides: readonly string[]): ReturnType<typeof run> => run(['diff', ...sides, '--by', 'packets'], { cwd: folder.path });

const save = printSave(planFromArguments(['-p', '15001', '-z', '15006', '-u', '1337', '-i', '*', '-b', '*'], { release: '1.23' }).ip);
folder.write('save.txt', save);
// The same rule in two halves, and one rule that says nothing new.
folder.write(
  'split.txt',
  save
    .replace(/^(-A ISTIO_INBOUND -p tcp) -j ISTIO_IN_REDIRECT$/m, '$1 -s 10.0.0.0/8 -j ISTIO_IN_REDIRECT\n$&')
    .replace(/^-A ISTIO_OUTPUT -j ISTIO_REDIRECT$/m, '$&\n-A ISTIO_OUTPUT -d 10.0.0.0/8 -j RETURN'),
);
folder.write('drifted.txt', save.replace(/^-A OUTPUT /m, '-A OUTPUT -p tcp -m tcp --dport 80 -j ACCEPT\n$&'));
folder.write('odd.txt', save.replace(/^-A OUTPUT /m, '-A OUTPUT -p tcp -m bpf --bytecode "4,48 0 0 9" -j ACCEPT\n$&'));

describe.concurrent('diff --by packets', () => {
  it('tells what a release changed for traffic, and for whose', async () => {
    expect(await byPackets('@1.12', '@1.13')).toEqual({
      exitCode: 1,
      stdout: [
        'Different for 1 kind of packets.',
        '',
        "--- Istio 1.12.9, the injector's defaults",
        "+++ Istio 1.13.9, the injector's defaults",
        '',
        'TCP to port 22 from outside',
        '- direct',
        '+ envoy-inbound (15006)',
        '',
        'next      which rules differ:',
        '            istio-init diff @1.12 @1.13',
        '          where one connection goes, before and now:',
        '            istio-init why @1.12 @1.13 ADDRESS:PORT',
        '          what changed between these releases, and for whom:',
        '            istio-init changes 1.12..1.13',
        '',
      ].join('\n'),
      stderr: '',
    });
  });

  it('calls rules the same that differ and treat every packet alike', async () => {
    const { exitCode, stdout } = await byPackets('save.txt', 'split.txt');
    expect(stdout).toMatch(/^The same for all packets that open a connection\.\n\n--- /);
    expect(exitCode).toBe(0);
    expect((await run(['diff', 'save.txt', 'split.txt'], { cwd: folder.path })).exitCode).toBe(1);
  });

  it('finds traffic that a rule made by hand takes from the proxy', async () => {
    const { exitCode, stdout } = await byPackets('drifted.txt', 'save.txt');
    expect(stdout).toMatch(/^TCP to port 80 .*\n- direct\n\+ envoy-outbound \(15001\)$/m);
    expect(exitCode).toBe(1);
  });

  it('names the rule on which it hangs where nobody can tell', async () => {
    const { exitCode, stdout } = await byPackets('odd.txt', 'save.txt');
    expect(stdout).toMatch(/not known: rule 1 of OUTPUT in nat has a match that is not understood/);
    expect(stdout).toMatch(/^Not known to be the same: no difference is sure\.\n\n--- /);
    expect(exitCode).toBe(1);
  });

  it('lists what a side can not show as not compared', async () => {
    const listing = (await run(['preview', 'save.txt', '-o', 'list'], { cwd: folder.path })).stdout;
    folder.write('list.txt', listing);
    const { stdout } = await run(['diff', 'list.txt', '@1.23', '--by', 'packets', '--set', 'dns.capture=all'], { cwd: folder.path });
    expect(stdout).toMatch(/Not compared:\n {2}- IPv4 raw: this table is not shown\n/);
    expect(stdout).toMatch(/^UDP to port 53 .*\n- direct\n\+ dns-agent \(15053\)$/m);
  });

  it('has a document with an example packet for each region', async () => {
    const { stdout } = await run(['diff', '@1.12', '@1.13', '--by', 'packets', '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      apiVersion: 'istio-init/v1',
      kind: 'BehaviorDifference',
      answer: 'different',
      left: { name: "Istio 1.12.9, the injector's defaults", release: '1.12.9' },
      different: [
        {
          packets: 'TCP to port 22 from outside',
          left: { verdict: 'direct' },
          right: { verdict: 'envoy-inbound' },
          example: { origin: 'remote', protocol: 'tcp', destinationPort: 22 },
        },
      ],
      more: 0,
      tooLarge: false,
      unclear: [],
    });
  });

  it('goes into a ticket', async () => {
    const { stdout } = await run(['diff', '@1.12', '@1.13', '--by', 'packets', '-o', 'markdown']);
    expect(stdout).toMatch(/^### Differences in what happens to packets\n/);
    expect(stdout).toMatch(/```diff\nTCP to port 22 from outside\n- direct\n\+ envoy-inbound \(15006\)\n```/);
  });

  it('refuses words that it does not know, and a patch, which is one of rules', async () => {
    expectRefused(
      await run(['diff', '@1.12', '@1.13', '--by', 'packet']),
      '--by "packet" is not one of rules, packets (did you mean packets?)',
    );
    expectRefused(
      await run(['diff', '@1.12', '@1.13', '--by', 'packets', '-o', 'patch']),
      '--output "patch" is not one of text, json, markdown',
    );
  });
});

const listing = (set: string, map: string): string =>
  [
    'table inet foreign {',
    `  set blocked {\n    type ipv4_addr\n    flags interval\n    elements = { ${set} }\n  }`,
    `  map ways {\n    type inet_service : verdict\n    elements = { ${map} }\n  }`,
    '  chain output {\n    type filter hook output priority filter; policy accept;',
    '    ip daddr @blocked drop\n    tcp dport vmap @ways\n  }\n}\n',
  ].join('\n');
folder.write('sets.txt', listing('10.9.9.9, 192.0.2.0/24', '22 : accept, 80 : drop'));
folder.write('turned.txt', listing('192.0.2.0/24, 10.9.9.9', '80 : drop, 22 : accept'));
folder.write('blocked.txt', listing('10.9.9.8, 192.0.2.0/24', '22 : accept, 80 : drop'));
folder.write('ways.txt', listing('10.9.9.9, 192.0.2.0/24', '22 : accept, 80 : accept'));
folder.write('same.txt', listing('10.9.9.9, 192.0.2.0/24, 192.0.2.7', '22 : accept, 80 : drop'));

describe.concurrent('diff of listings whose sets alone are different', () => {
  it.each([
    ['blocked.txt', 'Traffic goes elsewhere for 4 kinds of packets.', 'IPv4 inet foreign set blocked', '10.9.9.9 -> 10.9.9.8'],
    ['ways.txt', 'Traffic goes elsewhere for 2 kinds of packets.', 'IPv6 inet foreign map ways', '80 : drop -> accept'],
    ['same.txt', 'Traffic goes where it went', 'IPv4 inet foreign set blocked', '192.0.2.7'],
  ])('shows what %s has in them, and whether packets go elsewhere', async (other, traffic, place, change) => {
    const { exitCode, stdout } = await run(['diff', 'sets.txt', other], { cwd: folder.path });
    expect(exitCode).toBe(1);
    for (const text of [traffic, place, change]) expect(stdout).toContain(text);
    expect(stdout).toMatch(/^Different: \d elements? of sets and maps different\.$/m);
  });

  it('finds none where they are listed in another order', async () => {
    expect(await run(['diff', 'sets.txt', 'turned.txt'], { cwd: folder.path })).toMatchObject({ exitCode: 0 });
  });
});
