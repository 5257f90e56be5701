import { describe, expect, it } from 'vitest';
import type { Rights } from '../../../src/host/failure/rights.ts';
import type { BackendReading } from '../../../src/host/machine/backends.ts';
import { backendAspect } from '../../../src/host/machine/backends.ts';
import { readStatus, rightsAspect } from '../../../src/host/machine/capabilities.ts';
import { ip6Aspect } from '../../../src/host/machine/ip6.ts';
import { containerAspect, containerHints } from '../../../src/host/machine/kernel.ts';
import type { Evidence } from '../../../src/host/machine/kernel-has.ts';
import { moduleState } from '../../../src/host/machine/kernel-has.ts';
import { parseListening } from '../../../src/host/machine/listening.ts';
import { modulesAspect, modulesOf } from '../../../src/host/machine/modules.ts';
import { findProgram, programsAspect } from '../../../src/host/machine/programs.ts';
import { isReadOnly } from '../../../src/host/machine/root.ts';
import { holderOf } from '../../../src/host/machine/xtables-lock.ts';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';

const NOTHING: Evidence = { loaded: undefined, builtIn: undefined, loadable: undefined, registered: undefined, inSys: () => false };
const RIGHTS: Rights = { has: () => undefined, root: true, modules: undefined };

function status(effective: string, bounding: string, more = ''): string {
  return `Name:\tnode\nCapInh:\t0000000000000000\nCapEff:\t${effective}\nCapBnd:\t${bounding}\nNoNewPrivs:\t0\nSeccomp:\t0\n${more}`;
}

describe('the rights of a process', () => {
  // Bit 12 is NET_ADMIN and bit 13 NET_RAW.
  it.each([
    ['0000000000003000', '0000000000003000', 'ok', 'root, NET_ADMIN yes, NET_RAW yes'],
    ['0000000000001000', '0000000000003000', 'ok', 'NET_RAW no (its bounding set would allow it)'],
    ['0000000000002000', '0000000000003000', 'warn', 'NET_ADMIN no (its bounding set would allow it)'],
    ['0000000000000000', '0000000000000400', 'warn', 'NET_ADMIN no, and its bounding set forbids it'],
  ])('effective %s of %s is %s: %s', (effective, bounding, state, text) => {
    const aspect = rightsAspect(readStatus(status(effective, bounding)), 0, RIGHTS);
    expect(aspect).toMatchObject({ topic: 'rights', state });
    expect(aspect.text).toContain(text);
    expect(aspect.fix === undefined).toBe(state === 'ok');
  });

  it('no_new_privs, a seccomp profile and the user are told', () => {
    const text = status('0', '0').replace('NoNewPrivs:\t0', 'NoNewPrivs:\t1').replace('Seccomp:\t0', 'Seccomp:\t2');
    expect(rightsAspect(readStatus(text), 1337, RIGHTS).text).toMatch(/^user 1337, .*no_new_privs set, a seccomp profile$/);
  });

  it('where /proc does not tell, nothing is blamed', () => {
    expect(rightsAspect(readStatus(''), 0, RIGHTS)).toEqual({
      topic: 'rights',
      state: 'ok',
      text: 'unknown: not in /proc/self/status',
    });
  });
});

describe('a kernel module', () => {
  const lists: Evidence = {
    ...NOTHING,
    loaded: new Set(['xt_owner']),
    builtIn: new Set(['nf_tables']),
    loadable: new Set(['xt_TPROXY']),
    registered: new Set(['conntrack', 'DNAT']),
  };
  it.each([
    ['xt_owner', lists, 'there'],
    ['nf_tables', lists, 'there'],
    ['xt_conntrack', lists, 'there'],
    ['xt_nat', lists, 'there'],
    ['xt_TPROXY', lists, 'can be loaded'],
    ['xt_CT', lists, 'absent'],
    ['xt_CT', { ...NOTHING, inSys: (name: string) => name === 'xt_CT' }, 'there'],
    ['xt_CT', NOTHING, 'unknown'],
    // A kernel without modules has what is registered and nothing else; of tables no such list tells.
    ['xt_CT', { ...NOTHING, registered: new Set(['owner']) }, 'absent'],
    ['nft_compat', { ...NOTHING, registered: new Set(['owner']) }, 'unknown'],
  ] as const)('%s by %o is %s', (module, evidence, state) => {
    expect(moduleState(module, evidence)).toBe(state);
  });

  it('what TPROXY needs that is not loaded is named, with what loads it', () => {
    const plan = planFromSettings({ sets: ['mode=TPROXY'], release: { value: '1.23', source: { kind: 'option', option: '--release' } } });
    expect(modulesOf(plan, false)).toEqual(
      expect.arrayContaining([
        'nf_tables',
        'nft_compat',
        'nft_chain_nat',
        'xt_TPROXY',
        'xt_conntrack',
        'xt_mark',
        'xt_connmark',
        'xt_owner',
      ]),
    );
    expect(modulesOf(plan, true)).toEqual(expect.arrayContaining(['iptable_nat', 'iptable_mangle']));
    const aspect = modulesAspect(plan, lists, true);
    expect(aspect.state).toBe('warn');
    expect(aspect.text).toContain('not loaded: xt_TPROXY');
    expect(aspect.fix).toMatch(/modprobe -a .*xt_TPROXY/);
    // Where iptables-nft shows rules, its own modules are there, though no file tells of them.
    expect(modulesAspect(plan, NOTHING, false).text).toMatch(/^not known: nf_tables, nft_compat, /);
    expect(modulesAspect(plan, NOTHING, true).text).toMatch(/^not known: xt_/);
    const whole = { ...NOTHING, inSys: () => true };
    expect(modulesAspect(plan, whole, false).state).toBe('ok');
  });
});

describe('a backend', () => {
  const look = (more: Partial<BackendReading>): BackendReading => ({
    backend: 'nft',
    version: 'v1.8.9 (nf_tables)',
    lacking: [],
    reads: 'yes',
    ...more,
  });
  it('that shows rules is as it should be', () => {
    expect(backendAspect(look({}), false, NOTHING)).toEqual({
      topic: 'iptables-nft',
      state: 'ok',
      text: 'v1.8.9 (nf_tables): shows rules',
    });
  });
  it('that fails says why, and what to do', () => {
    const failed = backendAspect(look({ reads: { text: 'it is not here', fix: 'bring it' } }), true, NOTHING);
    expect(failed).toEqual({ topic: 'iptables-nft', state: 'warn', text: 'v1.8.9 (nf_tables): it is not here', fix: 'bring it' });
  });
  it('that is missing matters where there is no other', () => {
    expect(backendAspect(look({ version: undefined, backend: 'legacy' }), true, NOTHING).state).toBe('ok');
    expect(backendAspect(look({ version: undefined, backend: 'legacy' }), false, NOTHING).state).toBe('warn');
  });
  it('that lacks a program of a family names it', () => {
    expect(backendAspect(look({ lacking: ['ip6tables-nft-save'] }), true, NOTHING)).toMatchObject({
      state: 'warn',
      text: expect.stringContaining('ip6tables-nft-save'),
    });
  });
  it('of legacy tells of its nat table', () => {
    const loadable = { ...NOTHING, loadable: new Set(['iptable_nat']) };
    expect(backendAspect(look({ backend: 'legacy', reads: 'nothing there' }), true, loadable).text).toContain('iptable_nat is not loaded');
  });
});

describe('the lock of iptables-legacy', () => {
  const locks = `1: FLOCK  ADVISORY  WRITE 11920 fe:00:16637956 0 EOF
1: -> FLOCK  ADVISORY  WRITE 12000 fe:00:16637956 0 EOF
2: POSIX  ADVISORY  WRITE 77 00:1b:16637956 0 EOF
`;
  it('is held by the process that /proc/locks names, not by one that waits', () => {
    expect(holderOf(locks, 16637956, 0xfe00)).toBe(11920);
    expect(holderOf(locks, 16637956, 0x1b)).toBe(77);
  });
  it('is free where the file is another one', () => {
    expect(holderOf(locks, 16637957, 0xfe00)).toBeUndefined();
  });
});

it('what listens is read for both families: connections and what they come from are none of it', () => {
  const text = `==> /proc/net/tcp <==
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:3A99 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1337        0 4711 1 0 100 0 0 10 0
   1: 0100007F:D2F0 0100007F:3A9E 01 00000000:00000000 02:000AF0B3 00000000  1337        0 4712 2 0 20 4 30 10 -1

==> /proc/net/tcp6 <==
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:3A9E 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1337        0 4713 1 0 100 0 0 10 0

==> /proc/net/udp <==
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 1234: 0100007F:3ACD 00000000:0000 07 00000000:00000000 00:00000000 00000000  1337        0 4714 2 0 0
`;
  expect(parseListening(text)).toEqual({ tcp: new Set([15001, 15006]), udp: new Set([15053]) });
});

it('a root that was mounted over counts as it was mounted last', () => {
  expect(isReadOnly('/dev/a / ext4 rw,relatime 0 0\noverlay / overlay ro,relatime 0 0\n')).toBe(true);
  expect(isReadOnly('/dev/a / ext4 ro 0 0\noverlay / overlay rw,errors=remount-ro 0 0\nx /ro tmpfs ro 0 0\n')).toBe(false);
});

it.each([
  [undefined, undefined, 'this kernel has none'],
  ['', '1', 'switched off here by sysctl'],
  ['fe80000000000000000000fffe000001 04 40 20 80     eth0\n', '0', 'but link-local ones'],
  ['fd000001000000000000000000000003 04 40 00 82     eth0\n', '0', 'on: fd00:1::3'],
  ['00000000000000000000000000000006 01 80 00 80       lo\n', '0', 'on, without an address'],
])('IPv6 by if_inet6 %j and disable_ipv6 %j: %s', (interfaces, disabled, text) => {
  expect(ip6Aspect({ interfaces, disabled }).text).toContain(text);
});

describe('a container', () => {
  const around = { environment: {}, exists: () => false, cgroups: '0::/init.scope\n', uidMap: '         0          0 4294967295\n' };
  it('leaves signs', () => {
    const pod = { ...around, environment: { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, cgroups: '0::/kubepods/besteffort/pod1\n' };
    expect(containerHints(pod)).toEqual(['KUBERNETES_SERVICE_HOST', 'cgroup kubepods']);
    expect(containerHints(around)).toEqual([]);
  });
  it('with users of its own may not own the network', () => {
    expect(containerAspect(around).state).toBe('ok');
    expect(containerAspect({ ...around, uidMap: '         0     100000      65536\n' }).state).toBe('warn');
  });
});

it('a program is found on the PATH, and one that is missing is named with its use', () => {
  expect(findProgram('sh', '/nowhere:/bin')).toBe('/bin/sh');
  expect(findProgram('sh', '/nowhere')).toBeUndefined();
  expect(programsAspect((name) => (name === 'nft' ? undefined : `/bin/${name}`))).toMatchObject({
    state: 'warn',
    text: expect.stringContaining('no nft (for native tables of Istio)'),
  });
});
