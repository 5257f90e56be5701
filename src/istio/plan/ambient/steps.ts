/** What the agent's steps leave, one after the other, where nothing was before; a step that fails ends them. */

import type { Profile } from '../../releases/profile.ts';
import { elementsOf } from './host-rules.ts';
import type { AmbientKnobs, AmbientStep } from './knobs.ts';
import { agentFails } from './knobs.ts';

export interface AmbientState {
  /** `empty`: the chain is there, and has no rule any more. */
  readonly rules: 'none' | 'empty' | 'full';
  /** Whether the sets of addresses are there, and whether the pods are in them. */
  readonly sets: boolean;
  readonly filled: boolean;
}

const BEFORE: AmbientState = { rules: 'none', sets: false, filled: false };

/** What brings the rules about. */
const ORDINARY: Readonly<Record<'pod' | 'host', readonly AmbientStep[]>> = { pod: ['create'], host: ['set', 'create', 'add'] };

/** Throws a ProblemError where a step fails. */
export function afterSteps(knobs: AmbientKnobs, profile: Profile): AmbientState {
  const { where = 'pod', steps = ORDINARY[where] } = knobs;
  return steps.reduce((state, step) => (where === 'pod' ? inPod : onNode)(state, step, knobs, profile), BEFORE);
}

function inPod(state: AmbientState, step: AmbientStep, knobs: AmbientKnobs, profile: Profile): AmbientState {
  const { release, has } = profile;
  if (step === 'create') {
    const again = state.rules === 'full' && knobs.backend !== 'nftables' && !has('ambientPodKnobs');
    if (again) throw agentFails(release, 'its chains are there already');
    return { ...state, rules: 'full' };
  }
  if (step !== 'delete') throw agentFails(release, `${step} is a step of the node`);
  if (state.rules !== 'full') throw agentFails(release, 'there are no rules to delete');
  const { dns = false, tproxy = !has('ambientRedirectByDefault') } = knobs;
  if (knobs.backend !== 'nftables' && has('ambientStrictDelete') && (!dns || tproxy))
    throw agentFails(release, 'a chain that it deletes was never there');
  return BEFORE;
}

function onNode(state: AmbientState, step: AmbientStep, knobs: AmbientKnobs, { release, has }: Profile): AmbientState {
  const native = knobs.backend === 'nftables';
  switch (step) {
    case 'set':
      return { ...state, sets: true, filled: false };
    case 'create':
      if (!state.sets) throw agentFails(release, 'the set of addresses that its rule names is not there');
      if (native && knobs.kubelet === null) throw agentFails(release, 'no process is named kubelet');
      if (native && knobs.ipv6 !== true && !has('ambientNftablesByFamily'))
        throw agentFails(release, 'with IPv6 off its rule names a set that was not made');
      if (!native && state.rules === 'full' && !has('ambientPodKnobs')) throw agentFails(release, 'its chain is there already');
      return { ...state, rules: 'full' };
    case 'delete':
      return { ...state, rules: native && state.rules !== 'none' ? 'empty' : 'none' };
    case 'add':
      if (!native && knobs.ipv6 !== true && elementsOf('ip6', knobs.podIPs ?? []).length > 0)
        throw agentFails(release, 'an IPv6 address does not go into the set of IPv4');
      return { ...state, filled: true };
    case 'remove':
    case 'flush':
      return { ...state, filled: false };
    case 'destroy':
      return BEFORE;
    default:
      step satisfies never;
      return state;
  }
}
