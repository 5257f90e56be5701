/** The node agent's steps on the node itself. */

import type { Family } from '../../../netfilter/family.ts';
import { FAMILIES } from '../../../netfilter/family.ts';
import type { NftSet, SetElement } from '../../../netfilter/rule/nft-set.ts';
import type { Ruleset } from '../../../netfilter/rule.ts';
import { assemble } from '../assemble.ts';
import { elementsOf, setName, withElements, withoutElements } from './address-sets.ts';
import { hostRules, hostTable } from './host-rules.ts';
import { hasSameIstio, restored, withoutIstio, withRestored } from './istio-chains.ts';
import type { AmbientStep } from './knobs.ts';
import { probeOf } from './knobs.ts';
import { flushedTable, replacedTables, tableNamed, withoutTables, withSets } from './nft-transaction.ts';
import type { AddressSet, Agent, AmbientState } from './state.ts';
import { AmbientFailure } from './state.ts';

/** What a step leaves. Throws an AmbientFailure where it fails. */
export function onNode(state: AmbientState, step: AmbientStep, agent: Agent): AmbientState {
  return agent.knobs.backend === 'nftables' ? byNft(state, step, agent) : byIptables(state, step, agent);
}

function familiesOf({ knobs: { ipv6 = false } }: Agent): readonly Family[] {
  return ipv6 ? FAMILIES : ['ip'];
}

/** Whether a rule asks for an address among the agent's. */
function namesSet({ tables }: Ruleset): boolean {
  return tables.some(({ chains }) =>
    chains.some(({ rules }) =>
      rules.some(({ matches }) =>
        matches.some((match) => match.kind === 'opaque' && match.text.includes('--match-set istio-inpod-probes')),
      ),
    ),
  );
}

type Change = (elements: readonly SetElement[], family: Family) => readonly SetElement[];

/** What the steps make of the elements of a set. */
function changeBy(step: 'set' | 'add' | 'remove' | 'flush', { knobs: { podIPs = [] } }: Agent): Change {
  if (step === 'add') return (elements, family) => withElements(elements, elementsOf(family, podIPs));
  if (step === 'remove') return (elements, family) => withoutElements(elements, elementsOf(family, podIPs));
  return () => [];
}

function byIptables(state: AmbientState, step: AmbientStep, agent: Agent): AmbientState {
  const { profile, knobs } = agent;
  const families = familiesOf(agent);
  const names = families.map((family) => setName(family, profile));
  switch (step) {
    case 'set': {
      const made = families.map((family): AddressSet => {
        const name = setName(family, profile);
        return { name, family, comments: profile.has('ambientSetComments'), elements: [] };
      });
      return { ...state, ipsets: [...state.ipsets.filter(({ name }) => !names.includes(name)), ...made] };
    }
    case 'create':
      return created(state, agent, families);
    case 'delete':
      return { ...state, ip: withoutIstio(state.ip), ...(knobs.ipv6 === true ? { ip6: withoutIstio(state.ip6) } : {}) };
    case 'destroy': {
      if (FAMILIES.some((family) => namesSet(state[family])))
        throw new AmbientFailure(agent, 'a rule names the set of addresses that it destroys', state);
      const missing = names.some((name) => !state.ipsets.some((set) => set.name === name));
      const left = { ...state, ipsets: state.ipsets.filter(({ name }) => !names.includes(name)) };
      if (missing) throw new AmbientFailure(agent, 'there is no set of addresses to destroy', left);
      return left;
    }
    default:
      return withElementsChanged(state, step, agent);
  }
}

function withElementsChanged(state: AmbientState, step: 'add' | 'remove' | 'flush', agent: Agent): AmbientState {
  const { profile, knobs } = agent;
  const change = changeBy(step, agent);
  const own = state.ipsets.filter(({ name, family }) => name === setName(family, profile));
  const ipsets = state.ipsets.map((set) => (own.includes(set) ? { ...set, elements: change(set.elements, set.family) } : set));
  const left = { ...state, ipsets };
  if (own.length === 0) throw new AmbientFailure(agent, 'there is no set of addresses', left);
  const homeless = FAMILIES.some(
    (family) => !own.some((set) => set.family === family) && elementsOf(family, knobs.podIPs ?? []).length > 0,
  );
  if (step === 'add' && homeless) throw new AmbientFailure(agent, 'an IPv6 address does not go into the set of IPv4', left);
  return left;
}

function created(state: AmbientState, agent: Agent, families: readonly Family[]): AmbientState {
  const { profile, knobs } = agent;
  const desired = FAMILIES.map((family) =>
    assemble(family, families.includes(family) ? hostRules(family, probeOf(family, knobs), profile) : []),
  );
  const same = desired.every((ruleset) => hasSameIstio(state[ruleset.family], ruleset));
  if (profile.has('ambientPodKnobs') && same) return state;
  const made = desired.map((ruleset) =>
    restored(state[ruleset.family], ruleset, () =>
      state.ipsets.some(({ name }) => name === setName(ruleset.family, profile))
        ? undefined
        : 'the set of addresses that its rule names is not there',
    ),
  );
  return withRestored(state, agent, made);
}

const TABLE = 'istio-ambient-nat';
const ABOUT_SET = 'UUID of the pods that are part of ambient mesh';

function byNft(state: AmbientState, step: AmbientStep, agent: Agent): AmbientState {
  const { profile, knobs } = agent;
  const { kubelet = 0 } = knobs;
  const sets = tableNamed(state.nft, TABLE)?.sets ?? [];
  switch (step) {
    case 'create': {
      if (kubelet === null) throw new AmbientFailure(agent, 'no process is named kubelet', state);
      const families = profile.has('ambientNftablesByFamily') ? familiesOf(agent) : FAMILIES;
      if (families.some((family) => !sets.some(({ name }) => name === setName(family, profile)))) {
        const off = knobs.ipv6 === true || sets.length === 0 ? '' : 'with IPv6 off ';
        throw new AmbientFailure(agent, `${off}its rule names a set that was not made`, state);
      }
      const nft = replacedTables(state.nft, [hostTable(families, (family) => probeOf(family, knobs), kubelet, profile)]);
      if ('reason' in nft) throw new AmbientFailure(agent, nft.reason, state);
      return { ...state, nft };
    }
    case 'delete':
      return { ...state, nft: flushedTable(state.nft, TABLE) };
    case 'destroy':
      if (tableNamed(state.nft, TABLE) === undefined) throw new AmbientFailure(agent, 'there is no table to destroy', state);
      return { ...state, nft: withoutTables(state.nft, [TABLE]) };
    default:
      return withNftSets(state, step, agent, sets);
  }
}

function withNftSets(state: AmbientState, step: 'set' | 'add' | 'remove' | 'flush', agent: Agent, sets: readonly NftSet[]): AmbientState {
  const change = changeBy(step, agent);
  const changed = familiesOf(agent).flatMap((family): readonly NftSet[] => {
    const name = setName(family, agent.profile);
    const before = sets.find((set) => set.name === name);
    if (before !== undefined) return [{ ...before, elements: change(before.elements, family) }];
    if (step === 'set') return [{ name, type: family === 'ip' ? 'ipv4_addr' : 'ipv6_addr', comment: ABOUT_SET, elements: [] }];
    return [];
  });
  if (changed.length === 0) throw new AmbientFailure(agent, 'there is no set of addresses', state);
  return { ...state, nft: withSets(state.nft, TABLE, changed) };
}
