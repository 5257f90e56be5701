import { describe, expect, it } from 'vitest';
import type { ReadArguments } from '../../../src/istio/arguments/argument-settings.ts';
import { readArguments } from '../../../src/istio/arguments/argument-settings.ts';
import type { Environment } from '../../../src/istio/arguments/effective-values.ts';
import { printSource } from '../../../src/istio/origin.ts';
import { formatProblem, ProblemError } from '../../../src/istio/problems.ts';
import { RELEASES } from '../../../src/istio/releases/every-release.ts';
import { profileOf } from '../../../src/istio/releases/profile.ts';
import type { Facts } from '../../../src/istio/settings/facts.ts';
import type { SettingKey, Settings } from '../../../src/istio/settings/settings.ts';
import type { Network } from '../../../src/netfilter/address/network.ts';
import { printNetwork } from '../../../src/netfilter/address/network.ts';
import { printOwnerRange, printPortRange } from '../../../src/netfilter/numbers.ts';

interface Given {
  readonly args?: readonly string[];
  readonly env?: Environment;
  readonly facts?: Facts;
}

function read(release: string, { args = [], env = {}, facts = {} }: Given): ReadArguments {
  return readArguments(args, env, profileOf(release), facts);
}

/** The problems of arguments, as a person sees them. */
function problems(release: string, given: Given): readonly string[] {
  try {
    return read(release, given).problems.map(formatProblem);
  } catch (error) {
    if (error instanceof ProblemError) return error.problems.map(formatProblem);
    throw error;
  }
}

/** One setting's value as text, lists by commas. */
function shown(settings: Settings, key: SettingKey): string {
  const { value } = settings[key];
  const print = /ids$|Groups$/.test(key) ? printOwnerRange : printPortRange;
  const item = (one: unknown): string => {
    if (typeof one !== 'object' || one === null) return String(one);
    return 'prefix' in one ? printNetwork(one as Network) : print(one as { first: number; last: number });
  };
  return Array.isArray(value) ? value.map(item).join(',') : item(value);
}

/** `value (source)` of a setting; `refused` where there is none. */
function sourced(key: SettingKey, release: string, given: Given): string {
  try {
    const { settings } = read(release, given);
    return `${shown(settings, key)} (${printSource(settings[key].source)})`;
  } catch (error) {
    if (error instanceof ProblemError) return 'refused';
    throw error;
  }
}

/** The releases for which something holds, as spans. */
function spansWhere(holds: (release: string) => boolean): readonly string[] {
  const held = RELEASES.map(holds);
  const starts = RELEASES.filter((_, at) => held[at] && !held[at - 1]);
  const ends = RELEASES.filter((_, at) => held[at] && !held[at + 1]);
  return starts.map((start, at) => `${start} - ${ends[at]}`);
}

const SHELL = '1.4.10';
const VIPER = '1.18.7';
const PKG_FLAG = '1.30.3';

describe('a flag beats the environment, and that the default', () => {
  it.each<[string, string, SettingKey, string, string, string]>([
    [SHELL, '-b', 'inbound.includePorts', 'ISTIO_INBOUND_PORTS', '', 'the script'],
    [VIPER, '-b', 'inbound.includePorts', 'ISTIO_INBOUND_PORTS', '', 'viper'],
    [PKG_FLAG, '-b', 'inbound.includePorts', 'ISTIO_INBOUND_PORTS', '', 'pkg/flag'],
    [SHELL, '-z', 'proxy.inboundPort', 'INBOUND_CAPTURE_PORT', '15006', 'the script'],
    [VIPER, '-z', 'proxy.inboundPort', 'INBOUND_CAPTURE_PORT', '15006', 'viper'],
    [PKG_FLAG, '-z', 'proxy.inboundPort', 'INBOUND_CAPTURE_PORT', '15006', 'pkg/flag'],
    [SHELL, '-p', 'proxy.port', 'ENVOY_PORT', '15001', 'the script'],
    [VIPER, '-p', 'proxy.port', 'ENVOY_PORT', '15001', 'viper'],
    [VIPER, '-e', 'proxy.tunnelPort', 'INBOUND_TUNNEL_PORT', '15008', 'viper'],
    [PKG_FLAG, '-c', 'interfaces.exclude', 'ISTIO_EXCLUDE_INTERFACES', '', 'pkg/flag'],
    [PKG_FLAG, '-r', 'tproxy.routeTable', 'ISTIO_INBOUND_TPROXY_ROUTE_TABLE', '133', 'pkg/flag'],
    [VIPER, '-u', 'proxy.uids', 'PROXY_UID', '1337', 'viper'],
    [PKG_FLAG, '-g', 'proxy.gids', 'PROXY_GID', '1337', 'pkg/flag'],
    [PKG_FLAG, '-q', 'outbound.includePorts', 'ISTIO_OUTBOUND_PORTS', '', 'pkg/flag'],
  ])('in %s: %s of %s', (release, flag, key, name, standard) => {
    const [first, second] = key === 'interfaces.exclude' ? ['eth1', 'eth2'] : ['81', '82'];
    const env = { [name]: second };
    expect(sourced(key, release, { args: [flag, first], env })).toBe(`${first} (argument ${flag})`);
    expect(sourced(key, release, { env })).toBe(`${second} (environment ${name})`);
    expect(sourced(key, release, {})).toBe(`${standard} (default of istio-iptables ${release})`);
  });

  it('also where the flag is empty', () => {
    for (const release of [SHELL, VIPER, PKG_FLAG]) {
      expect(sourced('inbound.includePorts', release, { args: ['-b', ''], env: { ISTIO_INBOUND_PORTS: '80' } })).toBe(' (argument -b)');
    }
  });
});

describe('the environment', () => {
  it('counts when it is empty for the script and for pkg/flag, and not for viper', () => {
    const env = { ISTIO_INBOUND_TPROXY_MARK: '' };
    expect(problems(SHELL, { env })).toEqual(['environment ISTIO_INBOUND_TPROXY_MARK tproxy.mark: "" is not a number (1 to 4294967295)']);
    expect(sourced('tproxy.mark', VIPER, { env })).toBe(`1337 (default of istio-iptables ${VIPER})`);
    expect(sourced('tproxy.mark', PKG_FLAG, { env })).toBe('refused');
    const refusing = spansWhere((release) => sourced('proxy.inboundPort', release, { env: { INBOUND_CAPTURE_PORT: '' } }) === 'refused');
    expect(refusing).toEqual(['1.0.0 - 1.4.10', '1.19.5 - 1.19.10', '1.20.1 - 1.30.3']);
  });

  it('gives the outbound port until pkg/flag came, which only logs it', () => {
    const counts = spansWhere((release) => sourced('proxy.port', release, { env: { ENVOY_PORT: '16001' } }).startsWith('16001'));
    expect(counts).toEqual(['1.0.0 - 1.19.4', '1.20.0 - 1.20.0']);
  });

  it('gives the inbound port in every release, and until 1.2 follows the outbound port where it does not', () => {
    expect(
      spansWhere((release) => sourced('proxy.inboundPort', release, { env: { INBOUND_CAPTURE_PORT: '16006' } }).startsWith('16006')),
    ).toEqual(['1.0.0 - 1.30.3']);
    expect(spansWhere((release) => sourced('proxy.inboundPort', release, { args: ['-p', '16001'] }).startsWith('16001'))).toEqual([
      '1.0.0 - 1.2.10',
    ]);
    expect(sourced('proxy.inboundPort', '1.2.10', { env: { ENVOY_PORT: '16001' } })).toBe('16001 (default of istio-iptables 1.2.10)');
  });

  it.each<[string, string, SettingKey, readonly string[]]>([
    ['ISTIO_LOCAL_OUTBOUND_PORTS_EXCLUDE', '80', 'outbound.excludePorts', ['1.2.0 - 1.30.3']],
    ['ISTIO_OUTBOUND_PORTS', '80', 'outbound.includePorts', ['1.7.0 - 1.30.3']],
    ['ISTIO_EXCLUDE_INTERFACES', 'eth1', 'interfaces.exclude', ['1.11.3 - 1.30.3']],
    ['KUBE_VIRT_INTERFACES', 'eth1', 'interfaces.reroute', ['1.5.0 - 1.30.3']],
    ['PROXY_UID', '80', 'proxy.uids', ['1.5.0 - 1.30.3']],
    ['ISTIO_INBOUND_TPROXY_MARK', '80', 'tproxy.mark', ['1.0.0 - 1.30.3']],
    ['INBOUND_TPROXY_MARK', '80', 'tproxy.mark', []],
    ['ISTIO_OUTBOUND_OWNER_GROUPS', '80', 'outbound.ownerGroups', ['1.14.0 - 1.30.3']],
    ['ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE', '80', 'outbound.excludeOwnerGroups', ['1.14.0 - 1.30.3']],
    ['ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR', '127.0.0.0/8', 'outbound.loopback', ['1.21.0 - 1.30.3']],
  ])('%s=%s is read for %s in %j', (name, value, key, spans) => {
    expect(spansWhere((release) => sourced(key, release, { env: { [name]: value } }) === `${value} (environment ${name})`)).toEqual(spans);
  });

  it.each<[string, Environment, readonly string[]]>([
    ['the variable that INVALID_DROP should have been', { DROP_INVALID: 'true' }, ['1.12.2 - 1.30.3']],
    ['INVALID_DROP, which no viper build read', { INVALID_DROP: 'true' }, ['1.19.5 - 1.19.10', '1.20.1 - 1.30.3']],
    [
      'INVALID_DROP over its twin where it is read',
      { INVALID_DROP: 'false', DROP_INVALID: 'true' },
      ['1.12.2 - 1.19.4', '1.20.0 - 1.20.0'],
    ],
    ['a text that is neither true nor false', { DROP_INVALID: 'yes' }, []],
    ['an empty text', { DROP_INVALID: '' }, []],
  ])('drops invalid packets by %s: %j in %j', (_, env, spans) => {
    expect(spansWhere((release) => read(release, { env }).settings.dropInvalid.value)).toEqual(spans);
  });

  it('loses against a flag that says no', () => {
    const given = { args: ['--drop-invalid=false'], env: { INVALID_DROP: 'true', DROP_INVALID: 'true' } };
    expect(sourced('dropInvalid', PKG_FLAG, given)).toBe('false (argument --drop-invalid)');
    expect(sourced('dropInvalid', VIPER, given)).toBe('false (argument --drop-invalid)');
  });

  it.each<[Environment, readonly string[]]>([
    [{ ISTIO_AGENT_DUAL_STACK: 'true' }, ['1.17.0 - 1.18.7']],
    [{ ISTIO_DUAL_STACK: 'true' }, ['1.19.0 - 1.30.3']],
    [{ DUAL_STACK: 'true' }, ['1.18.5 - 1.18.7', '1.19.1 - 1.30.3']],
    [{ DUAL_STACK: 'true', ISTIO_DUAL_STACK: 'false' }, ['1.18.5 - 1.18.7', '1.19.1 - 1.19.4', '1.20.0 - 1.20.0']],
    [{ DUAL_STACK: 'false', ISTIO_DUAL_STACK: 'true' }, ['1.19.0 - 1.19.0', '1.19.5 - 1.19.10', '1.20.1 - 1.30.3']],
  ])('looks for a second family by %j in %j', (env, spans) => {
    expect(spansWhere((release) => read(release, { env }).settings.dualStack.value)).toEqual(spans);
  });

  it('is never that of this process', () => {
    const before = process.env['ISTIO_INBOUND_PORTS'];
    process.env['ISTIO_INBOUND_PORTS'] = '80';
    try {
      expect(sourced('inbound.includePorts', PKG_FLAG, {})).toBe(` (default of istio-iptables ${PKG_FLAG})`);
    } finally {
      if (before === undefined) delete process.env['ISTIO_INBOUND_PORTS'];
      else process.env['ISTIO_INBOUND_PORTS'] = before;
    }
  });

  it('holds no names but its own', () => {
    const env = Object.create({ ISTIO_INBOUND_PORTS: '80' }) as Environment;
    expect(sourced('inbound.includePorts', PKG_FLAG, { env })).toBe(` (default of istio-iptables ${PKG_FLAG})`);
  });
});

describe('DNS', () => {
  const captured = (value: string, given: Given): readonly string[] =>
    spansWhere((release) => {
      try {
        return read(release, given).settings['dns.capture'].value === value;
      } catch {
        return false;
      }
    });

  it.each<[string, Given, readonly string[]]>([
    ['servers', { args: ['--redirect-dns'] }, ['1.9.0 - 1.30.3']],
    ['all', { args: ['--redirect-dns', '--capture-all-dns'] }, ['1.11.0 - 1.30.3']],
    ['all', { env: { REDIRECT_DNS: 'true', CAPTURE_ALL_DNS: 'true' } }, ['1.11.0 - 1.30.3']],
    ['servers', { env: { REDIRECT_DNS: 'true' } }, ['1.9.0 - 1.30.3']],
    ['off', { args: ['--capture-all-dns'] }, ['1.11.0 - 1.30.3']],
    ['servers', { env: { ISTIO_META_DNS_CAPTURE: 'true' } }, ['1.9.0 - 1.30.3']],
    ['all', { env: { ISTIO_META_DNS_CAPTURE: 'true' } }, ['1.7.0 - 1.8.6']],
    ['all', { env: { ISTIO_META_DNS_CAPTURE: 'ALL' } }, ['1.7.0 - 1.7.8']],
    ['all', { env: { ISTIO_META_DNS_CAPTURE: 'false' } }, ['1.7.0 - 1.7.8']],
    ['all', { env: { ISTIO_META_DNS_CAPTURE: '' } }, []],
    ['all', { env: { DNS_CAPTURE: 'anything' } }, ['1.6.0 - 1.6.14']],
    ['all', { env: { DNS_AGENT: 'anything' } }, ['1.7.0 - 1.7.8']],
    ['servers', { args: ['--redirect-dns'], env: { ISTIO_META_DNS_CAPTURE: 'false' } }, ['1.9.0 - 1.30.3']],
    ['off', { args: ['--redirect-dns=false'], env: { ISTIO_META_DNS_CAPTURE: 'true' } }, ['1.9.0 - 1.30.3']],
    ['servers', { env: { REDIRECT_DNS: 'true', ISTIO_META_DNS_CAPTURE: 'false' } }, ['1.9.0 - 1.19.4', '1.20.0 - 1.20.0']],
    ['servers', { env: { REDIRECT_DNS: 'false', ISTIO_META_DNS_CAPTURE: 'true' } }, ['1.19.5 - 1.19.10', '1.20.1 - 1.30.3']],
  ])('is captured from "%s" by %j in %j', (value, given, spans) => {
    expect(captured(value, given)).toEqual(spans);
  });

  it.each<[string, Environment, number]>([
    ['1.6.14', { DNS_CAPTURE: 'y' }, 15013],
    ['1.7.8', { ISTIO_META_DNS_CAPTURE: 'y' }, 15013],
    ['1.7.8', { DNS_AGENT: 'y' }, 15053],
    ['1.8.6', { ISTIO_META_DNS_CAPTURE: 'true' }, 15053],
    ['1.30.3', { ISTIO_META_DNS_CAPTURE: 'true' }, 15053],
  ])('in %s goes with %j to port %d', (release, env, port) => {
    expect(read(release, { env }).switches.dnsPort).toBe(port);
  });

  it('names the variable that switched it on', () => {
    expect(sourced('dns.capture', PKG_FLAG, { env: { ISTIO_META_DNS_CAPTURE: 'true' } })).toBe(
      'servers (environment ISTIO_META_DNS_CAPTURE)',
    );
    expect(sourced('dns.capture', '1.6.0', { env: { DNS_CAPTURE: 'x' } })).toBe('all (environment DNS_CAPTURE)');
  });
});

describe('the users of the proxy', () => {
  it('are 1337, and root with it until 1.7', () => {
    expect(spansWhere((release) => shown(read(release, {}).settings, 'proxy.uids') === '1337,0')).toEqual(['1.0.0 - 1.7.8']);
    expect(spansWhere((release) => shown(read(release, {}).settings, 'proxy.uids') === '1337')).toEqual(['1.8.0 - 1.30.3']);
  });

  it('are the user of the image where its number is known', () => {
    const facts = { users: { 'istio-proxy': 1999, envoy: 77 } };
    expect(shown(read('1.7.8', { facts }).settings, 'proxy.uids')).toBe('1999,0');
    expect(shown(read('1.8.0', { facts }).settings, 'proxy.uids')).toBe('1999');
    expect(shown(read('1.8.0', { facts, env: { ENVOY_USER: 'envoy' } }).settings, 'proxy.uids')).toBe('77');
    expect(shown(read('1.8.0', { facts, env: { ENVOY_USER: 'nobody' } }).settings, 'proxy.uids')).toBe('1337');
    expect(shown(read('1.8.0', { facts, env: { ENVOY_USER: 'constructor' } }).settings, 'proxy.uids')).toBe('1337');
    expect(shown(read('1.0.0', { facts, env: { ENVOY_USER: 'envoy' } }).settings, 'proxy.uids')).toBe('77,0');
  });

  it('go without root where they are given', () => {
    expect(shown(read('1.0.0', { args: ['-u', '5'] }).settings, 'proxy.uids')).toBe('5');
  });

  it('are the groups of the proxy, too, where those are not given', () => {
    expect(shown(read('1.7.8', {}).settings, 'proxy.gids')).toBe('1337,0');
    expect(shown(read(PKG_FLAG, { args: ['-u', '5,6'] }).settings, 'proxy.gids')).toBe('5,6');
    expect(shown(read(PKG_FLAG, { args: ['-u', '5', '-g', '7'] }).settings, 'proxy.gids')).toBe('7');
    expect(shown(read(PKG_FLAG, { args: ['-u', '5', '-g', ''] }).settings, 'proxy.gids')).toBe('5');
  });

  it.each<[string, string]>([
    ['1337', '1337'],
    ['0x539', '1337'],
    ['1000-1999', '1000-1999'],
    ['istio-proxy,0', 'istio-proxy,0'],
    ['4294967294', '4294967294'],
  ])('may be %s, as iptables reads it', (text, value) => {
    expect(shown(read(PKG_FLAG, { args: ['-u', text] }).settings, 'proxy.uids')).toBe(value);
  });

  it.each(['4294967295', '080', '2-1', '1-2-3', '-1', '1e3', 'a b', 'x\n-j ACCEPT', '"root"', 'root;id', '1337 -j ACCEPT', '!0', '1337\n'])(
    'may not be %j, said once',
    (text) => {
      expect(problems(PKG_FLAG, { args: ['-u', text] })).toEqual([
        `argument -u proxy.uids: ${JSON.stringify(text)} is not an id or a name`,
      ]);
    },
  );
});

describe('lists of ports', () => {
  const ports = (release: string, text: string): string => {
    try {
      return shown(read(release, { args: ['-b', text] }).settings, 'inbound.includePorts');
    } catch (error) {
      if (error instanceof ProblemError) return 'refused';
      throw error;
    }
  };

  it.each<[string, readonly string[]]>([
    ['80,443,', ['1.5.0 - 1.5.7', '1.6.0 - 1.6.4']],
    ['80,,443', ['1.0.0 - 1.5.7', '1.6.0 - 1.6.4']],
    [',80', ['1.0.0 - 1.5.7', '1.6.0 - 1.6.4']],
    ['80,443,,', ['1.0.0 - 1.5.7', '1.6.0 - 1.6.4']],
    ['80,443', []],
    ['', []],
    ['*', []],
    ['*,80', ['1.0.0 - 1.30.3']],
    ['080', ['1.0.0 - 1.30.3']],
  ])('with %j are refused in %j', (text, spans) => {
    expect(spansWhere((release) => ports(release, text) === 'refused')).toEqual(spans);
  });

  it('say which release makes a rule of an empty item', () => {
    expect(problems('1.6.4', { args: ['-b', '*', '-d', '15090,15021,'] })).toEqual([
      'argument -d inbound.excludePorts: "15090,15021," has an empty item; istio-iptables 1.6.4 makes a rule of it that iptables refuses',
    ]);
    expect(problems('1.6.5', { args: ['-b', '*', '-d', '15090,15021,'] })).toEqual([]);
  });

  it.each<[string, string]>([
    ['*', '*'],
    ['', ''],
    ['80,443', '80,443'],
    ['80, 443', '80,443'],
    ['80\t,443', '80,443'],
    ['8000:8099', '8000:8099'],
    ['8000:', '8000:65535'],
    [':1023', '0:1023'],
    ['80:80', '80'],
    ['http', 'http'],
    ['https-alt,80', 'https-alt,80'],
    ['0x50', '80'],
    ['010', '8'],
    ['0', '0'],
    ['65535', '65535'],
    ['80,80', '80,80'],
  ])('read %j as iptables does: %j', (text, value) => {
    for (const release of [SHELL, VIPER, PKG_FLAG]) expect(ports(release, text), release).toBe(value);
  });

  it.each([
    '080',
    '09',
    '9000:8000',
    '65536',
    '70000',
    '0:65536',
    '99999999999999999999',
    '-1',
    '80a',
    '8 0',
    '1e3',
    '80-90',
    '1:2:3',
    'http alt',
    '80\n',
    '80\n443',
    '80\u00a0',
    '"80"',
    '80 -j ACCEPT',
    '80;id',
    '٨٠',
  ])('refuse %j and say where it stands and what is allowed', (text) => {
    const wanted = `inbound.includePorts: ${JSON.stringify(text)} is not a port (0 to 65535), a range (a:b, a:, :b) or the name of a service`;
    for (const release of [SHELL, VIPER, PKG_FLAG]) {
      expect(problems(release, { args: ['-b', text] }), release).toEqual([`argument -b ${wanted}`]);
      expect(problems(release, { env: { ISTIO_INBOUND_PORTS: text } }), release).toEqual([`environment ISTIO_INBOUND_PORTS ${wanted}`]);
    }
  });

  it('report each item that is wrong, and each list', () => {
    expect(problems(PKG_FLAG, { args: ['-b', '80,080,090', '-o', '70000'] })).toHaveLength(3);
  });

  it('of inbound exclusions are not looked at where inbound ports are listed', () => {
    expect(problems(PKG_FLAG, { args: ['-b', '80', '-d', '080'] })).toEqual([]);
    expect(problems(PKG_FLAG, { args: ['-b', '*', '-d', '080'] })).toHaveLength(1);
  });
});

describe('one port', () => {
  it.each<[string, string, string]>([
    ['-p', 'proxy.port', '70000'],
    ['-p', 'proxy.port', '080'],
    ['-p', 'proxy.port', 'http'],
    ['-p', 'proxy.port', '80:90'],
    ['-p', 'proxy.port', ''],
    ['-p', 'proxy.port', '80,81'],
    ['-z', 'proxy.inboundPort', '15006 -j ACCEPT'],
    ['-e', 'proxy.tunnelPort', '15008\n'],
  ])('%s (%s) may not be %j', (flag, key, text) => {
    expect(problems(PKG_FLAG, { args: [flag, text] })).toEqual([
      `argument ${flag} ${key}: ${JSON.stringify(text)} is not a port (1 to 65535)`,
    ]);
  });

  it('may be hexadecimal, as iptables reads it', () => {
    expect(sourced('proxy.port', PKG_FLAG, { args: ['-p', '0x3a99'] })).toBe('15001 (argument -p)');
  });
});

describe('outbound ranges', () => {
  type Era = '1.1.17' | '1.4.10' | '1.26.8' | '1.30.3';
  const dropped = (release: string, text: string): string =>
    `argument -i warning: outbound.includeRanges: ${JSON.stringify(text)} is not a range; istio-iptables ${release} ignores it`;
  const refused = (_: string, text: string): string =>
    `argument -i outbound.includeRanges: ${JSON.stringify(text)} is not an address range such as 10.0.0.0/8 or 2001:db8::/32`;

  it.each<[string, string, Readonly<Record<Era, string>>]>([
    ['a range', '10.0.0.0/8', { '1.1.17': '10.0.0.0/8', '1.4.10': '10.0.0.0/8', '1.26.8': '10.0.0.0/8', '1.30.3': '10.0.0.0/8' }],
    ['host bits', '10.1.2.3/8', { '1.1.17': '10.0.0.0/8', '1.4.10': '10.0.0.0/8', '1.26.8': '10.0.0.0/8', '1.30.3': '10.0.0.0/8' }],
    ['a bare address', '10.1.2.3', { '1.1.17': '10.1.2.3/32', '1.4.10': '10.1.2.3/32', '1.26.8': 'dropped', '1.30.3': 'refused' }],
    ['too long a prefix', '10.0.0.0/33', { '1.1.17': 'refused', '1.4.10': 'refused', '1.26.8': 'dropped', '1.30.3': 'refused' }],
    ['three numbers', '10.0.0/8', { '1.1.17': 'refused', '1.4.10': 'dropped', '1.26.8': 'dropped', '1.30.3': 'refused' }],
    ['a number above 255', '999.1.1.1/8', { '1.1.17': 'refused', '1.4.10': 'refused', '1.26.8': 'dropped', '1.30.3': 'refused' }],
    ['a leading zero', '010.0.0.0/8', { '1.1.17': 'refused', '1.4.10': 'refused', '1.26.8': 'dropped', '1.30.3': 'refused' }],
    [
      'an IPv6 range',
      '2001:db8::/32',
      { '1.1.17': 'refused', '1.4.10': '2001:db8::/32', '1.26.8': '2001:db8::/32', '1.30.3': '2001:db8::/32' },
    ],
    [
      'an IPv6 range that starts with ::',
      '::1/128',
      { '1.1.17': 'refused', '1.4.10': 'dropped', '1.26.8': '::1/128', '1.30.3': '::1/128' },
    ],
    ['a word', 'everything', { '1.1.17': 'refused', '1.4.10': 'dropped', '1.26.8': 'dropped', '1.30.3': 'refused' }],
    ['a space in front', ' 10.0.0.0/8', { '1.1.17': 'refused', '1.4.10': 'dropped', '1.26.8': 'dropped', '1.30.3': 'refused' }],
    ['a rule behind it', '10.0.0.0/8 -j ACCEPT', { '1.1.17': 'refused', '1.4.10': 'dropped', '1.26.8': 'dropped', '1.30.3': 'refused' }],
    [
      'a line behind it',
      '10.0.0.0/8\n-A INPUT -j ACCEPT',
      { '1.1.17': 'refused', '1.4.10': 'dropped', '1.26.8': 'dropped', '1.30.3': 'refused' },
    ],
    ['an empty text', '', { '1.1.17': '', '1.4.10': '', '1.26.8': '', '1.30.3': '' }],
    ['a comma', ',', { '1.1.17': '', '1.4.10': '', '1.26.8': '', '1.30.3': '' }],
    ['everything', '*', { '1.1.17': '*', '1.4.10': '*', '1.26.8': '*', '1.30.3': '*' }],
  ])('%s: %j', (_, text, eras) => {
    for (const [release, outcome] of Object.entries(eras)) {
      const given = { args: ['-i', text] };
      const wanted = { dropped: [dropped(release, text)], refused: [refused(release, text)] }[outcome] ?? [];
      expect(problems(release, given), release).toEqual(wanted);
      if (outcome !== 'refused')
        expect(shown(read(release, given).settings, 'outbound.includeRanges'), release).toBe(outcome === 'dropped' ? '' : outcome);
    }
  });

  it('are a list with "*" in it where that is not all there is', () => {
    expect(problems('1.26.8', { args: ['-i', '*,10.0.0.0/8'] })).toEqual([dropped('1.26.8', '*')]);
    expect(shown(read('1.26.8', { args: ['-i', '*,10.0.0.0/8'] }).settings, 'outbound.includeRanges')).toBe('10.0.0.0/8');
    expect(problems('1.27.0', { args: ['-i', '*,10.0.0.0/8'] })).toEqual([refused('1.27.0', '*')]);
  });

  it('that are invalid are an error from 1.27 on, a warning before', () => {
    expect(spansWhere((release) => sourced('outbound.excludeRanges', release, { args: ['-x', '10.0.0/8'] }) === 'refused')).toEqual([
      '1.0.0 - 1.1.17',
      '1.27.0 - 1.30.3',
    ]);
  });

  it('can not all be excluded: the script dropped "*" from 1.2 on, the Go program fails', () => {
    expect(spansWhere((release) => sourced('outbound.excludeRanges', release, { args: ['-x', '*'] }) === 'refused')).toEqual([
      '1.0.0 - 1.1.17',
      '1.5.0 - 1.30.3',
    ]);
    expect(problems(PKG_FLAG, { args: ['-x', '*'] })).toEqual([
      'argument -x outbound.excludeRanges: "*" can not be excluded; istio-iptables 1.30.3 fails',
    ]);
    expect(problems('1.26.8', { env: { ISTIO_SERVICE_EXCLUDE_CIDR: '*' } })).toEqual([
      'environment ISTIO_SERVICE_EXCLUDE_CIDR outbound.excludeRanges: "*" can not be excluded; istio-iptables 1.26.8 fails',
    ]);
  });
});

describe('the other texts', () => {
  it.each<[string, string, readonly string[]]>([
    ['', 'REDIRECT', []],
    ['REDIRECT', 'REDIRECT', []],
    ['TPROXY', 'TPROXY', []],
    ['tproxy', 'REDIRECT', ['argument -m warning: mode: "tproxy" is treated as REDIRECT; only TPROXY, in capitals, is another mode']],
    ['NONE', 'REDIRECT', ['argument -m warning: mode: "NONE" is treated as REDIRECT; only TPROXY, in capitals, is another mode']],
    ['TPROXY\n', 'REDIRECT', ['argument -m warning: mode: "TPROXY\\n" is treated as REDIRECT; only TPROXY, in capitals, is another mode']],
  ])('of the mode: %j is %s', (text, mode, warnings) => {
    for (const release of [SHELL, VIPER, PKG_FLAG]) {
      expect(shown(read(release, { args: ['-m', text] }).settings, 'mode')).toBe(mode);
      expect(problems(release, { args: ['-m', text] })).toEqual(warnings);
    }
  });

  it.each(['eth0', 'eth0,eth1', 'veth+', 'eth0.100', 'br-lan', 'abcdefghijklmno', ''])('of interfaces may be %j', (text) => {
    expect(shown(read(PKG_FLAG, { args: ['-k', text] }).settings, 'interfaces.reroute')).toBe(text);
  });

  it.each(['abcdefghijklmnop', 'eth 0', 'eth0 -j ACCEPT', '-j', 'eth0\n', 'eth0\n-A INPUT', '"eth0"', "eth'0", 'eth/0', 'eth0\\', '!eth0'])(
    'of interfaces may not be %j',
    (text) => {
      const refused = `interfaces.exclude: ${JSON.stringify(text)} is not an interface name of 1 to 15 characters`;
      expect(problems(PKG_FLAG, { args: ['-c', text] })).toEqual([`argument -c ${refused}`]);
      expect(problems(PKG_FLAG, { env: { ISTIO_EXCLUDE_INTERFACES: text } })).toEqual([`environment ISTIO_EXCLUDE_INTERFACES ${refused}`]);
    },
  );

  it('of owner groups: "*" is all, nothing is no group where an empty variable counts', () => {
    const groups = (release: string, text: string): string =>
      shown(read(release, { env: { ISTIO_OUTBOUND_OWNER_GROUPS: text } }).settings, 'outbound.ownerGroups');
    expect(groups(VIPER, '*')).toBe('*');
    expect(groups(VIPER, 'java,202')).toBe('java,202');
    expect(groups(VIPER, '')).toBe('*');
    expect(groups(PKG_FLAG, '')).toBe('');
    expect(problems(PKG_FLAG, { env: { ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE: 'a b' } })).toEqual([
      'environment ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE outbound.excludeOwnerGroups: "a b" is not an id or a name',
    ]);
  });

  it.each(['10.0.0.0/8', '127.0.0.0/7', '127.0.0.1', '::1/128', '127.0.0.0/33', '', '127.0.0.1/32 -j ACCEPT'])(
    'of the loopback range may not be %j from 1.21 on',
    (text) => {
      const env = { ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR: text };
      expect(problems('1.20.8', { env })).toEqual([]);
      expect(problems('1.21.0', { env })).toEqual([
        `environment ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR outbound.loopback: ${JSON.stringify(text)} is not an IPv4 loopback range (127.0.0.0/8 to /32)`,
      ]);
    },
  );

  it.each(['x', '1.5', '-1', '4294967296', '0x1ffffffff', '1337/0xff', '1337 '])('of the mark may not be %j', (text) => {
    expect(problems(PKG_FLAG, { args: ['-t', text] })).toEqual([
      `argument -t tproxy.mark: ${JSON.stringify(text)} is not a number (1 to 4294967295)`,
    ]);
  });
});

describe('what flags ask for besides rules', () => {
  it('is kept with its text', () => {
    const { actions } = read(PKG_FLAG, {
      args: ['--dry-run', '--run-validation=true', '--probe-timeout', '7s', '--force-iptables-binary', 'nft', '-p', '80'],
    });
    expect(Object.fromEntries(actions)).toEqual({
      'dry-run': 'true',
      'run-validation': 'true',
      'probe-timeout': '7s',
      'force-binary': 'nft',
    });
  });

  it.each(['-h', '--help'])('makes no rules with %s', (flag) => {
    expect(problems(PKG_FLAG, { args: [flag] })).toEqual([
      `argument ${flag} ${flag} makes istio-iptables 1.30.3 print its help and no rules`,
    ]);
  });

  it('makes rules with --help=false', () => {
    expect(problems(PKG_FLAG, { args: ['--help=false'] })).toEqual([]);
  });

  it.each(['--skip-rule-apply', '--cleanup-only'])('applies none of the rules with %s, and says so', (flag) => {
    expect(problems(PKG_FLAG, { args: [flag] })).toEqual([
      `argument ${flag} warning: ${flag} makes istio-iptables apply none of these rules`,
    ]);
    expect(problems(PKG_FLAG, { args: [`${flag}=false`] })).toEqual([]);
  });

  it('logs what main rules match, by flag or by variable', () => {
    const traced = (given: Given): boolean => read('1.20.8', given).switches.traceLogging;
    expect(traced({ args: ['--iptables-trace-logging'] })).toBe(true);
    expect(traced({ env: { IPTABLES_TRACE_LOGGING: 'true' } })).toBe(true);
    expect(traced({ args: ['--iptables-trace-logging=false'], env: { IPTABLES_TRACE_LOGGING: 'true' } })).toBe(false);
    expect(traced({})).toBe(false);
  });

  it('hears the variables that only programs of their time knew', () => {
    const { switches } = read('1.4.10', { env: { DISABLE_REDIRECTION_ON_LOCAL_LOOPBACK: '1', ENABLE_INBOUND_IPV6: '1' } });
    expect(switches).toMatchObject({ redirectsOwnCalls: false, inbound6: true });
    expect(read('1.4.10', { env: { DISABLE_REDIRECTION_ON_LOCAL_LOOPBACK: '', ENABLE_INBOUND_IPV6: '' } }).switches).toMatchObject({
      redirectsOwnCalls: true,
      inbound6: false,
    });
    expect(read('1.10.6', { env: { ISTIO_META_DNS_CONNTRACK_ZONE: '1' } }).switches.dnsZones).toBe(true);
    expect(read('1.10.6', {}).switches.dnsZones).toBe(false);
  });
});

describe('what makes the program fail', () => {
  it('is thrown with every error, and without the warnings', () => {
    expect(problems('1.26.8', { args: ['-p', '70000', '-b', '080', '--nope', '10', '-i', '10.0.0/8', '-m', 'tproxy'] })).toEqual([
      'istio-iptables "--nope" is not a flag of istio-iptables 1.26.8',
      'argument -p proxy.port: "70000" is not a port (1 to 65535)',
      'argument -b inbound.includePorts: "080" is not a port (0 to 65535), a range (a:b, a:, :b) or the name of a service',
    ]);
  });

  it('never carries a newline or a control character into a message', () => {
    const hostile = '80\n-A INPUT -j ACCEPT\u001b[31m\u2028\u0085';
    for (const { flag, key } of [
      { flag: '-b', key: 'inbound.includePorts' },
      { flag: '-u', key: 'proxy.uids' },
      { flag: '-i', key: 'outbound.includeRanges' },
      { flag: '-c', key: 'interfaces.exclude' },
      { flag: '-t', key: 'tproxy.mark' },
    ]) {
      const [line = '', ...others] = problems(PKG_FLAG, { args: [flag, hostile] });
      expect(others).toEqual([]);
      expect(line).toContain(`argument ${flag} ${key}: `);
      expect(line).toMatch(/^\P{Cc}+$/u);
      expect(line).not.toContain('\u2028');
    }
  });
});

it.each([
  ['-o', '80', 'outbound.excludePorts'],
  ['-d', '80', 'inbound.excludePorts'],
  ['-x', '10.0.0.0/8', 'outbound.excludeRanges'],
  ['-i', '10.0.0.0/8', 'outbound.includeRanges'],
  ['-c', 'eth0', 'interfaces.exclude'],
])('a list of %s with more items than an annotation sensibly has is refused in one line, and 20,000 are read', (flag, item, key) => {
  const list = (count: number): Given => ({ args: ['-b', '*', flag, Array.from({ length: count }, () => item).join(',')] });
  expect(problems('1.30.3', list(20_000))).toEqual([]);
  expect(problems('1.30.3', list(20_001))).toEqual([
    `argument ${flag} ${key}: a list of 20001 items; at most 20000 are taken, for the release makes a rule of each`,
  ]);
});
