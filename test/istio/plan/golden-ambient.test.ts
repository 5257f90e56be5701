import { describe, expect, it } from 'vitest';
import { ipsetText } from '../../../src/istio/plan/ambient/address-sets.ts';
import { planAmbient } from '../../../src/istio/plan/ambient/ambient-plan.ts';
import type { AmbientState } from '../../../src/istio/plan/ambient/state.ts';
import { AmbientFailure, EMPTY_STATE } from '../../../src/istio/plan/ambient/state.ts';
import { printRouting } from '../../../src/istio/plan/routing.ts';
import { ProblemError } from '../../../src/istio/problems.ts';
import { nftElements, printNft, printNftRuleset } from '../../../src/netfilter/nft/print.ts';
import { readNft } from '../../../src/netfilter/nft/read.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import { readRules } from '../../../src/netfilter/read.ts';
import type { AmbientCase, AmbientOutcome } from '../../golden-ambient.ts';
import { AMBIENT_CASES, ambientFile, runsOf } from '../../golden-ambient.ts';
import { expandWithCandidate } from '../../golden-nftables.ts';

const UNKNOWN = 'a knob is not known';

const FIRST = '1.21.0';
const ALL = expandWithCandidate([`${FIRST} - 1.31.0-rc.0`]);

/**
 * What stands there before the first run. In three cases iptables-restore refuses the whole text, as a run of it shows
 * ("Need TCP, UDP, SCTP or DCCP with port specification"): a REDIRECT to a port is asked without a protocol.
 */
function before(golden: AmbientCase): AmbientState {
  const { 'before-ip': saved = '', 'before-nft': listed } = golden;
  const loads = !saved.includes('-A APP -j REDIRECT --to-ports');
  const [ip = EMPTY_STATE.ip] = loads ? readRules(saved, { family: 'ip' }).rulesets : [];
  return { ...EMPTY_STATE, ip, nft: listed === undefined ? EMPTY_STATE.nft : (readNft(listed)?.ruleset ?? EMPTY_STATE.nft) };
}

/** The runs of a case, each over what the former left, with their exit codes. */
function played(golden: AmbientCase, release: string): { readonly codes: readonly number[]; readonly state: AmbientState } {
  let state = before(golden);
  const codes = runsOf(golden).map((knobs) => {
    try {
      ({ state } = planAmbient(knobs, { release, before: state }));
      return 0;
    } catch (error) {
      if (!(error instanceof AmbientFailure)) throw error;
      state = error.left;
      return 1;
    }
  });
  return { codes, state };
}

function made(golden: AmbientCase, release: string): unknown {
  try {
    const { codes, state } = played(golden, release);
    const { ip, ip6, nft, ipsets, routing } = state;
    const saved = printSave(ip);
    return {
      codes,
      ip: golden['before-ip'] === undefined ? saved : asRead(saved),
      ip6: printSave(ip6),
      nft: printNftRuleset(nft),
      ipset: ipsetText(ipsets),
      host: printRouting(routing),
    };
  } catch (error) {
    if (error instanceof ProblemError) return UNKNOWN;
    throw error;
  }
}

/**
 * A comment of somebody else's rule stays in the kernel, and the normal form has none; a module that asks nothing is in the
 * agent's own rules, and lost where rules are read.
 */
function asRead(text: string): string {
  return text.replace(/ -m comment --comment "[^"]*"/g, '').replaceAll(' -m tcp -j', ' -j');
}

function expected({ codes, ip = '', ip6 = '', nft = '', ipset = '', host = {} }: AmbientOutcome, over: boolean): unknown {
  return { codes, ip: over ? asRead(ip) : ip, ip6, nft, ipset, host };
}

describe('every release makes what its node agent made, run after run', () => {
  it.each(AMBIENT_CASES.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
    const told = new Set<string>();
    for (const outcome of golden.outcomes) {
      for (const release of expandWithCandidate(outcome.releases)) {
        told.add(release);
        expect(made(golden, release), release).toEqual(expected(outcome, golden['before-ip'] !== undefined));
      }
    }
    for (const release of ALL.filter((one) => !told.has(one))) expect(made(golden, release), release).toBe(UNKNOWN);
  });
});

it('the golden data of the ambient mode holds 127 cases, 29 of them with something before', () => {
  const over = AMBIENT_CASES.filter((one) => one.runs.length > 1 || one['before-ip'] !== undefined || one['before-nft'] !== undefined);
  expect([AMBIENT_CASES.length, over.length, ALL.length]).toEqual([127, 29, 78]);
});

it('releases before the first that puts rules into pods are refused', () => {
  expect(() => planAmbient({}, { release: '1.20' })).toThrow('Istio 1.20.8 puts no rules of the ambient mode into pods');
});

describe('what a run finds', () => {
  const state = (knobs: Parameters<typeof planAmbient>[0], release: string): AmbientState => planAmbient(knobs, { release }).state;

  it('rules of its own make no difference where they are the same, in whatever order', () => {
    const before = state({ dns: true }, '1.30');
    expect(planAmbient({ dns: true }, { release: '1.30', before }).state).toEqual(before);
    expect(() => planAmbient({}, { release: '1.30', before })).toThrow('the chain ISTIO_OUTPUT is in mangle already');
  });

  // AddInpodMarkIPRule of cni/pkg/iptables/iptables_linux.go returns at the first rule that exists.
  it('a policy rule of IPv4 leaves IPv6 without its own, when a pod gets IPv6 later', () => {
    const later = planAmbient({ ipv6: true, reconcile: true }, { release: '1.30', before: state({}, '1.30') });
    expect(printRouting(later.routing)).toEqual({
      'ip rule': ['pref 32764 fwmark 0x111/0xfff lookup 100'],
      'ip route': ['local default dev lo table 100'],
      'ip -6 route': ['local default dev lo table 100'],
    });
    expect(printSave(later.ip6)).toBe(printSave(planAmbient({ ipv6: true }, { release: '1.30' }).ip6));
  });

  it('IPv6 of a pod that had none is made even where IPv4 has its chains already', () => {
    const error = failureOf(() => planAmbient({ ipv6: true }, { release: '1.24', before: state({}, '1.24') }));
    expect(printSave(error.left.ip6)).toBe(printSave(planAmbient({ ipv6: true }, { release: '1.24' }).ip6));
    expect(error.message).toContain('the chain ISTIO_OUTPUT is in mangle already');
  });

  it('tables before the one that is refused stay', () => {
    const { left } = failureOf(() => planAmbient({ virtualInterfaces: ['a'.repeat(16)], dns: true }, { release: '1.30' }));
    expect(left.ip.tables.map(({ name }) => name)).toEqual(['mangle']);
    expect(left.routing.rules.length).toBe(1);
  });

  it('nft refuses a base chain of its name that hangs elsewhere, and changes nothing', () => {
    const text = 'table inet istio-ambient-nat {\n  chain output {\n    type nat hook output priority 0; policy accept;\n  }\n}\n';
    const before = { nft: readNft(text)?.ruleset ?? EMPTY_STATE.nft };
    const { left } = failureOf(() => planAmbient({ backend: 'nftables' }, { release: '1.30', before }));
    expect(left).toEqual({ ...EMPTY_STATE, ...before });
  });

  it('what others have in a table of its name stays, without their rules', () => {
    const text =
      'table inet istio-ambient-nat {\n  set mine {\n    type ipv4_addr\n  }\n\n  chain mine {\n    tcp dport 1 accept\n  }\n}\n';
    const before = { nft: readNft(text)?.ruleset ?? EMPTY_STATE.nft };
    const { nft } = planAmbient({ backend: 'nftables' }, { release: '1.30', before });
    const [table] = nft?.tables ?? [];
    expect(table?.sets.map(({ name }) => name)).toEqual(['mine']);
    expect(table?.chains.map(({ name, rules }) => [name, rules.length])).toEqual([
      ['mine', 0],
      ['prerouting', 1],
      ['output', 1],
      ['istio-prerouting', 2],
      ['istio-output', 4],
    ]);
  });

  it("the node's sets keep the pods of earlier runs, and lose those that are removed", () => {
    const first = state({ where: 'host', podIPs: ['10.244.1.9'] }, '1.30');
    const second = planAmbient({ where: 'host', steps: ['add'], podIPs: ['10.244.1.5'] }, { release: '1.30', before: first });
    expect(second.ipset).toContain('add istio-inpod-probes-v4 10.244.1.5 comment "uid-of-the-pod"\nadd istio-inpod-probes-v4 10.244.1.9');
    const third = planAmbient(
      { where: 'host', steps: ['remove'], podIPs: ['::ffff:10.244.1.9'] },
      { release: '1.30', before: second.state },
    );
    expect(third.ipset).not.toContain('10.244.1.9');
  });

  it('a set that a rule names is not destroyed', () => {
    const before = state({ where: 'host' }, '1.30');
    const { left } = failureOf(() => planAmbient({ where: 'host', steps: ['destroy'] }, { release: '1.30', before }));
    expect(left).toEqual(before);
  });

  it('rules of others that have counted packets are no hindrance', () => {
    const [counted] = readRules('*nat\n:PREROUTING ACCEPT [1:60]\n[7:420] -A PREROUTING -j ACCEPT\nCOMMIT\n', { family: 'ip' }).rulesets;
    const before = { ...state({ where: 'host', steps: ['set'] }, '1.30'), ip: counted ?? EMPTY_STATE.ip };
    const destroyed = planAmbient({ where: 'host', steps: ['destroy'] }, { release: '1.30', before });
    expect(destroyed.state.ipsets).toEqual([]);
  });

  it('the tables of nft go with all that is in them', () => {
    const before = state({ where: 'host', backend: 'nftables', podIPs: ['10.244.1.9'] }, '1.30');
    expect(printNft(planAmbient({ where: 'host', backend: 'nftables', steps: ['destroy'] }, { release: '1.30', before }))).toBe('');
  });
});

function failureOf(run: () => unknown): AmbientFailure {
  try {
    run();
  } catch (error) {
    if (error instanceof AmbientFailure) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

const IN_JSON = AMBIENT_CASES.flatMap((golden) =>
  ['1.28.0', '1.30.3'].flatMap((release) => {
    try {
      return [[`${golden.name}-${release}`, golden, release, JSON.parse(ambientFile(`nft-json/${golden.name}-${release}.json`))] as const];
    } catch {
      return [];
    }
  }),
);

it.each(IN_JSON)('the JSON of %s is that of nft -j list ruleset', (_, golden, release, wanted) => {
  expect(nftElements(played(golden, release).state.nft)).toEqual(wanted);
});

it('four cases have their JSON in two releases', () => {
  expect(IN_JSON.length).toBe(8);
});
