import { describe, expect, it } from 'vitest';
import { changes } from '../../../src/cli/changes/changes.ts';
import { CHANGE_GROUPS, changesBetween } from '../../../src/istio/releases/changes.ts';
import { NEWEST } from '../../../src/istio/releases/known.ts';
import { expectRefused, run } from '../program.ts';

const shown = (range: string, output = 'text', width = 100): string => changes({ range, output, width }).output;

describe('changes as text', () => {
  it('tells of each change since when it is so, whom it touches, what it is, and its commits', () => {
    expect(shown('1.19.0..1.21')).toBe(
      [
        'Istio 1.19.0 to 1.21.6',
        '',
        'Rules',
        '  1.20.0  pods with DNS capture of listed servers: The zone of a DNS reply is found by its source',
        '          address; before, by its destination, which matched nothing. (8a0ca290b81)',
        '  1.21.0  pods with a loopback range of their own: ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR widens what',
        '          counts as loopback in IPv4. (e04959458a2)',
        '',
        'Arguments and environment',
        '  1.19.1  users of the flag: --dual-stack switches dual stack on.',
        '  1.19.4  users of the flag: --host-nsenter-exec is no longer a flag.',
        '  1.19.4  users of the flag: --iptables-version is a flag.',
        '  1.19.5, 1.20.1  users of the variable: An environment variable that is set but empty overrides the',
        '          default; ENVOY_PORT is no longer read, INVALID_DROP now is. Not so in 1.20.0.',
        '  1.19.5, 1.20.1  users of the flag: --iptables-version has to be a version such as v1.8.9; in the',
        '          viper builds it has no effect. Not so in 1.20.0.',
        '  1.19.5, 1.20.1  users of the flag: --cni-mode alone no longer fails. Not so in 1.20.0.',
        '  1.21.0  users of the variable: ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR is read. (e04959458a2)',
        '',
        'Injection',
        '  1.19.1  pods with dual stack: The CNI plugin reads ISTIO_DUAL_STACK.',
        "  1.20.0  pods on OpenShift: The proxy's user is taken from the range of its namespace and passed as",
        '          -u; before, -u is always 1337.',
        "  1.20.7, 1.21.3  every pod: runAsUser of the pod's own istio-proxy is passed as -u, unless it is 0.",
        '          Not so in 1.21.0 to 1.21.2. (bc5eafed069)',
        '',
        'Native nftables and the ambient mode',
        '  1.21.0  ambient pods: The node agent of the ambient mode puts rules into pods.',
        '  1.21.0  ambient pods: Ambient pods can be captured by TPROXY.',
        '',
      ].join('\n'),
    );
  });

  it('says where no rule changes, what passed in between, and what going back undoes', () => {
    expect(shown('1.14..1.15')).toContain('\n  No rule change between 1.14.6 and 1.15.7: the same settings make the same rules.\n');
    expect(shown('1.22..1.25')).toContain(
      '\nOnly in between\n  1.23.0 to 1.24.6  pods with DNS capture: DNS over UDP passes through ISTIO_OUTPUT,',
    );
    expect(shown('1.10.0..1.9.9')).toBe(
      'Istio 1.10.0 back to 1.9.9: going back undoes this\n\nRules\n  1.10.0  pods with included outbound ports and an IPv6 address: Lacks this: Included outbound ports\n          count for IPv6 too.\n\nInjection\n  1.10.0  every pod: The label sidecar.istio.io/inject decides about injection, before the\n          annotation of that name.\n  1.10.0  users of the annotation: The annotation inject.istio.io/templates chooses another\n          template; that of gateways has no init container.\n',
    );
  });

  it.each([60, 72, 100])('has no line above %i columns', (width) => {
    for (const range of ['1.0.0..', '1.20..1.28', '1.9.5..1.10.6'])
      expect(
        shown(range, 'text', width)
          .split('\n')
          .filter((line) => line.length > width),
      ).toEqual([]);
  });

  it('fits from 1.20 to 1.28 on a screen of 64 lines, as far as it is of sidecars in iptables', () => {
    const [sidecars = ''] = shown('1.20..1.28').split('\nNative nftables');
    expect(sidecars.split('\n').length).toBeLessThanOrEqual(64);
  });

  it('tells since when the node agent mixes up pods, and where it no longer does', () => {
    expect(shown('1.28.10..1.29.4')).toContain('1.29.4  ambient pods: With native nftables, each ambient pod gets its own rules');
    expect(shown('1.29.4..1.30.0')).toContain(
      '1.30.0  ambient pods: With native nftables, ambient pods that are added to a node at the same',
    );
  });
});

describe('changes as data', () => {
  it('are what changed, under the version of the form', () => {
    const document = JSON.parse(shown('1.9.5..1.10.6', 'json'));
    expect(document).toEqual({ apiVersion: 'istio-init/v1', kind: 'ReleaseChanges', ...changesBetween('1.9.5', '1.10.6') });
    expect(document.rules[0]).toEqual({
      name: 'includeOutboundPorts6',
      state: 'came',
      lasting: true,
      releases: [
        { first: '1.9.6', last: '1.9.9' },
        { first: '1.10.2', last: '1.10.6' },
      ],
      touches: 'pods with included outbound ports and an IPv6 address',
      what: 'Included outbound ports count for IPv6 too.',
      commits: ['1ffa854838b', '4d000fb2bb0', '5a038368166'],
    });
  });
});

describe('changes as Markdown', () => {
  it('are a table for each group, with links to the commits', () => {
    expect(shown('1.12..1.13', 'markdown')).toBe(
      [
        '# Istio 1.12.9 to 1.13.9',
        '',
        '## Rules',
        '',
        '| release | touches | change | commits |',
        '|---|---|---|---|',
        '| 1.13.0 | pods that capture all inbound ports | Inbound port 22 is captured like any other where all inbound ports are captured. | [f1f7487b9cb](https://github.com/istio/istio/commit/f1f7487b9cb) |',
        '',
        '## Injection',
        '',
        '| release | touches | change | commits |',
        '|---|---|---|---|',
        '| 1.13.0 | users of the variable | ProxyConfig resources count. |  |',
        '| 1.13.0 | pods in TPROXY mode | The layers of proxy configuration are merged as messages, so that REDIRECT beats no other mode. |  |',
        '',
        '## Only in between',
        '',
        '| release | touches | change | commits |',
        '|---|---|---|---|',
        '| 1.13.0 to 1.13.1 | pods with included outbound ports | Lacks this: The CNI plugin reads traffic.sidecar.istio.io/includeOutboundPorts, and takes "\\*" for excluded ports. |  |',
        '',
      ].join('\n'),
    );
  });

  it('hold every change of all releases in a row of four cells', () => {
    const rows = shown('1.0.0..', 'markdown')
      .split('\n')
      .filter((line) => line.startsWith('| 1.'));
    const all = changesBetween('1.0.0', NEWEST);
    expect(rows.length).toBe(CHANGE_GROUPS.flatMap((group) => all[group]).length);
    for (const row of rows) expect(row.split(/(?<!\\)\|/).length, row).toBe(6);
  });
});

describe('the command changes', () => {
  it('prints on standard output and nothing else', async () => {
    expect(await run(['changes', '1.25'])).toEqual({ exitCode: 0, stdout: shown('1.25'), stderr: '' });
  });

  it('warns of a patch that is not known', async () => {
    const { exitCode, stdout, stderr } = await run(['changes', '1.20..1.28.99', '-o', 'json']);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: 'RANGE warning: 1.28.99 is not known; 1.28.10, the newest known patch, is used\n',
    });
    expect(JSON.parse(stdout).to).toBe('1.28.10');
  });

  it('refuses what is no range in one line', async () => {
    expectRefused(await run(['changes']), 'name a range of releases, as 1.20..1.28, or one release');
    expectRefused(await run(['changes', '1.20..1.99']), `RANGE "1.99" is not a known release of Istio; known: 1.0.0 to ${NEWEST}`);
  });

  it('refuses an unknown form with the nearest known one', async () => {
    expectRefused(
      await run(['changes', '1.25', '-o', 'markdwn']),
      '--output "markdwn" is not one of text, json, markdown (did you mean markdown?)',
    );
  });

  it('shows examples in its help', async () => {
    const { exitCode, stdout } = await run(['changes', '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('istio-init changes 1.20..1.28');
  });
});
