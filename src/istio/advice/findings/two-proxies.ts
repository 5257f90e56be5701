/** Two proxies in one pod that send each other's calls to themselves. */

import { FAMILIES } from '../../../netfilter/family.ts';
import { takerOfChain } from '../../found/foreign-programs.ts';
import { podNetworkOfRules } from '../../packets/pod-network.ts';
import { simulateRequest } from '../../packets/stories.ts';
import type { Check, Subject } from './subject.ts';
import { hasSidecar, placeText } from './subject.ts';

/** Found by walking on a call of the application, so that no program has to be known. */
export const twoProxies: Check = (subject) => {
  const { seen, made, desired, facts = {} } = subject;
  const plan = made ?? desired;
  if (plan === undefined) return [];
  const network = podNetworkOfRules(seen, plan, { facts });
  if ((network.ports.others ?? []).length === 0) return [];
  const looping = FAMILIES.filter((family) => hasSidecar(subject, family)).flatMap((family) => {
    const [call] = simulateRequest('app-to-service', network, { family }).calls;
    const ports = call?.outcome.kind === 'loop' ? portsIn(call.hops) : [];
    return ports.length > 1 ? [{ family, ports }] : [];
  });
  const [first] = looping;
  if (first === undefined) return [];
  const whose = [...new Set(takersIn(subject))];
  const args = {
    ports: first.ports.join(' and '),
    where: looping.map(({ family }) => placeText(family, 'nat')).join(', '),
    whose: whose.length === 0 ? '' : `, of ${whose.join(' and ')}`,
  };
  return [{ code: 'two-proxies', args }];
};

function portsIn(hops: ReturnType<typeof simulateRequest>['calls'][number]['hops']): readonly number[] {
  return [...new Set(hops.flatMap(({ trace: { end } }) => (end.kind === 'local' ? (end.port ?? []) : [])))];
}

function takersIn({ seen }: Subject): readonly string[] {
  return FAMILIES.flatMap((family) => seen[family].tables.flatMap(({ chains }) => chains.flatMap(({ name }) => takerOfChain(name) ?? [])));
}
