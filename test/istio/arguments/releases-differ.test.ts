/** Where the command lines of releases differ, as the real programs of eleven of them do (golden/command-line), and other inputs of each kind. */

import { describe, expect, it } from 'vitest';
import { readArguments } from '../../../src/istio/arguments/argument-settings.ts';
import type { Reader } from '../../../src/istio/arguments/command-line.ts';
import { planFor } from '../../../src/istio/plan/plan.ts';
import { printRouting } from '../../../src/istio/plan/routing.ts';
import { ProblemError } from '../../../src/istio/problems.ts';
import { profileOf } from '../../../src/istio/releases/profile.ts';
import type { Facts } from '../../../src/istio/settings/facts.ts';
import { lacksAddress } from '../../../src/istio/settings/facts.ts';
import { printSave } from '../../../src/netfilter/print.ts';

interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly facts?: Facts;
  readonly reader?: Reader;
}

/** The lines of the rules, or the codes of the problems. */
function made(args: readonly string[], release: string, { env = {}, facts = {}, reader = 'program' }: Given = {}): readonly string[] {
  try {
    const { settings, switches } = readArguments(args, env, profileOf(release), facts, reader);
    const plan = planFor(settings, release, facts, switches);
    const routing = Object.entries(printRouting(plan.routing)).flatMap(([command, lines]) => lines.map((line) => `${command}: ${line}`));
    return [...printSave(plan.ip).split('\n'), ...routing];
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.problems.map(({ code }) => code);
  }
}

describe('the mark and the table of TPROXY', () => {
  const tproxy = (...args: readonly string[]): readonly string[] => ['-m', 'TPROXY', '-b', '*', ...args];

  it.each([
    ['-t', '0x539', '1.11.8', 'ip rule: fwmark 1337 lookup 133'],
    ['-t', '0x63', '1.5.0', 'ip rule: fwmark 99 lookup 133'],
    ['-r', '0x85', '1.11.8', 'ip rule: fwmark 1337 lookup 133'],
    ['-t', '1338', '1.30.3', 'ip rule: fwmark 1338 lookup 133'],
    ['-r', '254', '1.30.3', 'ip rule: fwmark 1337 lookup 254'],
  ])('%s %s is taken at %s', (flag, value, release, line) => {
    expect(made(tproxy(flag, value), release)).toContain(line);
  });

  it.each([
    ['-t', '0x539', '1.12.0', 'not-a-value'],
    ['-t', '0X539', '1.30.3', 'not-a-value'],
    ['-r', '0x85', '1.20.8', 'not-a-value'],
    ['-t', '0', '1.7.8', 'mark-of-all'],
    ['-t', '00', '1.30.3', 'mark-of-all'],
    ['-r', '0', '1.30.3', 'mark-of-all'],
    ['-r', '4294967296', '1.30.3', 'not-a-value'],
  ])('%s %s is refused at %s', (flag, value, release, code) => {
    expect(made(tproxy(flag, value), release)).toEqual([code]);
  });

  it.each(['0', '0x539'])('nobody looks at -t %s in another mode', (value) => {
    expect(made(['-m', 'REDIRECT', '-b', '*', '-t', value], '1.30.3')).toContain('-A PREROUTING -p tcp -j ISTIO_INBOUND');
  });
});

describe('a list of inbound ports that names none', () => {
  it.each([
    [',', '1.7.8'],
    [',', '1.30.3'],
    [',,', '1.20.8'],
  ])('-b %s makes the jump of PREROUTING alone, at %s', (value, release) => {
    const lines = made(['-b', value], release);
    expect(lines).toContain('-A PREROUTING -p tcp -j ISTIO_INBOUND');
    expect(lines.filter((line) => /^-A ISTIO_INBOUND .*ISTIO_IN_REDIRECT$/.test(line))).toEqual([]);
  });

  it('makes the routing of TPROXY as well, which an empty text does not', () => {
    expect(made(['-m', 'TPROXY', '-b', ','], '1.30.3')).toContain('ip rule: fwmark 1337 lookup 133');
    expect(made(['-m', 'TPROXY', '-b', ''], '1.30.3').filter((line) => line.startsWith('ip '))).toEqual([]);
    expect(made(['-b', ''], '1.30.3')).not.toContain('-A PREROUTING -p tcp -j ISTIO_INBOUND');
  });
});

describe('names of services', () => {
  const facts = { services: { http: 80, https: 443 } };

  it.each([
    ['-p', 'http', /REDIRECT --to-ports 80$/],
    ['-z', 'https', /REDIRECT --to-ports 443$/],
    ['-e', 'https', /--dport 443 -j RETURN$/],
  ])('are ports for %s: %s', (flag, value, line) => {
    expect(made(['-b', '*', '-i', '*', flag, value], '1.30.3', { facts })).toContainEqual(expect.stringMatching(line));
    expect(made(['-b', '*', '-i', '*', flag, value], '1.30.3')).toEqual(['not-a-value']);
  });

  it('are none that an object has by itself', () => {
    expect(made(['-p', 'constructor'], '1.30.3', { facts })).toEqual(['not-a-value']);
  });
});

describe('ranges in unusual forms', () => {
  it.each([
    ['10.0.0.0/08', '-A ISTIO_OUTPUT -d 10.0.0.0/8 -j ISTIO_REDIRECT'],
    ['10.0.0.0/008', '-A ISTIO_OUTPUT -d 10.0.0.0/8 -j ISTIO_REDIRECT'],
    ['::ffff:10.0.0.0/104', '-A ISTIO_OUTPUT -d 10.0.0.0/8 -j ISTIO_REDIRECT'],
    ['::FFFF:10.1.0.0/112', '-A ISTIO_OUTPUT -d 10.1.0.0/16 -j ISTIO_REDIRECT'],
  ])('%s is a range of IPv4 from 1.5 to 1.15, and none later', (range, line) => {
    for (const release of ['1.5.0', '1.7.8', '1.10.6', '1.15.7']) expect(made(['-i', range], release)).toContain(line);
    for (const release of ['1.16.0', '1.24.6']) expect(made(['-i', range], release)).not.toContain(line);
  });
});

describe('flags of the log', () => {
  const agent = { reader: 'agent' } as const;

  it.each(['1.6.0', '1.7.8', '1.14.6'])("are pilot-agent's at %s: taken in an image, unknown to the program alone", (release) => {
    for (const flag of ['--log_output_level', '--log_rotate', '--log_caller', '--log_stacktrace_level', '--log_target']) {
      expect(made([flag, 'nonsense'], release, agent)).toContain('*nat');
      expect(made([flag, 'nonsense'], release)).toContain('unknown-flag');
    }
    expect(made(['--vklog', '3'], release, agent)).toContain('unknown-flag');
  });

  it('need a level that there is since 1.22', () => {
    for (const text of ['nonsense', 'default:loud', 'a:b:info', 'info,']) {
      expect(made(['--log_output_level', text], '1.20.8')).toContain('*nat');
      expect(made(['--log_output_level', text], '1.22.8')).toEqual(['not-a-value']);
      expect(made(['--log_stacktrace_level', text], '1.30.3')).toEqual(['not-a-value']);
    }
    for (const text of ['info', 'default:debug', 'default:warn,ads:info', 'all:none', ''])
      expect(made(['--log_output_level', text], '1.30.3')).toContain('*nat');
  });

  it.each(['--log_rotate', '--log_rotate_max_age', '--log_rotate_max_backups', '--log_rotate_max_size'])(
    '%s is none since 1.24',
    (flag) => {
      expect(made([flag, '5'], '1.23.6')).toContain('*nat');
      expect(made([flag, '5'], '1.24.0')).toContain('unknown-flag');
    },
  );
});

describe('other flags', () => {
  it.each([
    ['1.18.7', '1.8.9', '*nat'],
    ['1.20.8', '1.8.9', 'not-a-value'],
    ['1.20.8', 'legacy', 'not-a-value'],
    ['1.20.8', 'v1.8.9', '*nat'],
    ['1.20.8', '', '*nat'],
    ['1.21.6', 'v1.8.9 (nf_tables)', '*nat'],
    ['1.22.0', 'v1.8.9', 'unknown-flag'],
  ])('--iptables-version at %s: %s', (release, version, found) => {
    expect(made(['--iptables-version', version], release)).toContain(found);
  });

  it.each([
    ['1.10.6', '*nat'],
    ['1.11.0', 'no-namespace'],
    ['1.18.7', 'no-namespace'],
    ['1.20.0', 'no-namespace'],
    ['1.20.8', '*nat'],
    ['1.30.3', '*nat'],
  ])('CNI_MODE without a namespace at %s', (release, found) => {
    expect(made([], release, { env: { CNI_MODE: 'true' } })).toContain(found);
  });

  it('--cni-mode=false, or with a namespace, is no fault', () => {
    expect(made(['--cni-mode=false'], '1.18.7')).toContain('*nat');
    expect(made(['--cni-mode', '--network-namespace', '/run/netns/pod'], '1.18.7')).toContain('*nat');
  });

  it('the port of the probe is one from 1.19.5 and 1.20.1 on', () => {
    for (const release of ['1.5.0', '1.18.7', '1.20.0']) expect(made(['--iptables-probe-port', '70000'], release)).toContain('*nat');
    for (const release of ['1.19.5', '1.20.1', '1.30.3'])
      expect(made(['--iptables-probe-port', '70000'], release)).toEqual(['not-a-value']);
  });
});

describe('a pod without a usable address', () => {
  it.each([
    [[], '1.4.10', false],
    [[], '1.5.0', true],
    [[], '1.30.3', true],
    [['127.0.0.2/8', '::1/128'], '1.30.3', true],
    [['fe80::1/64'], '1.13.9', false],
    [['fe80::1/64'], '1.14.0', true],
    [['169.254.1.1/32', 'fe80::1/64'], '1.30.3', true],
    [['fe80::1/64', '10.1.2.3/24'], '1.30.3', false],
  ])('with %j at %s: %s', (addresses, release, lacking) => {
    expect(lacksAddress({ addresses }, profileOf(release))).toBe(lacking);
  });

  it('is none whose addresses are not known', () => {
    expect(lacksAddress({}, profileOf('1.30.3'))).toBe(false);
  });
});

describe('native nftables', () => {
  it.each([
    [['--native-nftables'], {}],
    [[], { NATIVE_NFTABLES: 'true' }],
  ])('are made: %j %j', (args, env) => {
    expect(readArguments(args, env, profileOf('1.30.3')).switches.native).toBe(true);
  });

  it('are none where the switch is off, or the release has none', () => {
    expect(readArguments(['--native-nftables=false'], {}, profileOf('1.30.3')).switches.native).toBe(false);
    expect(readArguments([], { NATIVE_NFTABLES: 'true' }, profileOf('1.26.8')).switches.native).toBe(false);
  });
});

describe('DNS_AGENT', () => {
  // 1.7 knows the agent by any text; from 1.8 on the injector still passes the variable, and the program no longer reads it.
  it.each([
    ['1.7.8', 15053],
    ['1.8.0', undefined],
    ['1.30.3', undefined],
  ])('captures DNS at %s: on port %s', (release, port) => {
    const { settings, switches } = readArguments([], { DNS_AGENT: '' }, profileOf(release));
    expect(settings['dns.capture'].value).toBe('off');
    const set = readArguments([], { DNS_AGENT: 'istio' }, profileOf(release));
    expect(set.settings['dns.capture'].value === 'off' ? undefined : set.switches.dnsPort).toBe(port);
    expect(switches.emptyInboundList).toBe(false);
  });
});
