/** Finds what is asked for. */

import { readEndpoint } from '../../istio/packets/packet/endpoint.ts';
import { packetFromWords } from '../../istio/packets/packet/words.ts';
import type { Scene } from '../../istio/packets/pod-network.ts';
import { conditionsOf, traceIn, verdictIn, whereConditionsHold } from '../../istio/packets/pod-network.ts';
import { waysOf, whatTells } from '../../istio/packets/possible-verdicts.ts';
import { endsAtPort, packetsAtRules } from '../../istio/packets/reachability.ts';
import { tellStory } from '../../istio/packets/stories.ts';
import { hostOf } from '../../istio/packets/trace-plan.ts';
import { nearest, quoted } from '../../istio/problems.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { RulePlace } from '../../netfilter/trace/result.ts';
import { badOption } from '../../sources/bad-option.ts';
import type { TraceSetting } from './pod-network.ts';
import type { Asked } from './question.ts';
import type { Found } from './report.ts';

/** Traces what is asked for in a setting. Throws a ProblemError where it makes no sense there. */
export function find(setting: TraceSetting, asked: Asked, family: Family | undefined): Found {
  switch (asked.kind) {
    case 'packet':
      return packetFound(setting, asked, family);
    case 'story':
      return storyFound(setting, asked, family);
    case 'port':
      return portFound(setting, asked, family);
    case 'rule':
      return ruleFound(setting, asked, family);
    default:
      return asked satisfies never;
  }
}

type AskedOf<K extends Asked['kind']> = Extract<Asked, { kind: K }>;

function packetFound({ scene, twin }: TraceSetting, { words }: AskedOf<'packet'>, family: Family | undefined): Found {
  const spoken = packetFromWords({ ...words, family }, scene.pod, hostOf(scene.plan, scene.facts, scene.state));
  const way = traceIn(scene, spoken.packet);
  const tells = whatTells(way);
  const twins = twin === undefined || tells.length === 0 ? [] : [`${twin} in place of the source, which makes exactly these rules`];
  return { kind: 'packet', spoken, trace: way, verdict: verdictIn(scene, way), ways: waysOf(scene, way), tells: [...tells, ...twins] };
}

function storyFound({ scene }: TraceSetting, asked: AskedOf<'story'>, given: Family | undefined): Found {
  const to = asked.to === undefined ? undefined : readEndpoint(asked.to);
  if (typeof to === 'string') throw badOption('--to', to);
  const place = typeof to?.place === 'object' ? to.place : undefined;
  const family = given ?? place?.family ?? 'ip';
  if (place !== undefined && place.family !== family) throw badOption('--family', `${place.address} is an address of ${place.family}`);
  return { kind: 'story', told: tellStory(asked.id, scene, { family, ...(to && { to }) }) };
}

function portFound({ scene }: TraceSetting, { port }: AskedOf<'port'>, family: Family | undefined): Found {
  const families = familiesOf(scene, family);
  const ends = families.map((one) => [one, endsAtPort(whereConditionsHold(scene), one, port)] as const);
  return { kind: 'port', port, ends, conditions: conditionsIn(scene, families) };
}

/** Rules by their id, or by their place as `nat/ISTIO_OUTPUT/9`. */
function ruleFound(setting: TraceSetting, { rule }: AskedOf<'rule'>, family: Family | undefined): Found {
  const { scene, idOf } = setting;
  const families = familiesOf(scene, family);
  const known = [...new Set(families.flatMap((one) => placesIn(scene, one)).map((place) => idOf(place) ?? placeName(place)))];
  const isWanted = (place: RulePlace): boolean => idOf(place) === rule || placeName(place) === rule;
  if (!families.some((one) => placesIn(scene, one).some(isWanted)))
    throw badOption('--rule', `${quoted(rule)} is no rule there; there are ${known.join(', ')}${nearest(rule, known)}`);
  const found = families.map((one) => [one, packetsAtRules(whereConditionsHold(scene), one, isWanted)] as const);
  return {
    kind: 'rule',
    rule,
    found: found.map(([one, rules]) => [one, withUnmet(rules, placesIn(scene, one).filter(isWanted))]),
    conditions: conditionsIn(scene, families),
  };
}

type Rules = ReturnType<typeof packetsAtRules>;

/** A rule that no packet comes to is one as well. */
function withUnmet(rules: Rules, places: readonly RulePlace[]): Rules {
  if (rules === null) return null;
  const unmet = places.filter((place) => !rules.some((one) => placeName(one.place) === placeName(place)));
  return [...rules, ...unmet.map((place) => ({ place, packets: [] }))];
}

function placesIn({ plan }: Scene, family: Family): readonly RulePlace[] {
  return plan[family].tables.flatMap(({ name: table, chains }) =>
    chains.flatMap(({ name: chain, rules }) => rules.map((rule, index): RulePlace => ({ table, chain, position: index + 1, rule }))),
  );
}

function placeName({ table, chain, position }: RulePlace): string {
  return `${table}/${chain}/${position}`;
}

/** The one that is asked for, or those that have rules. */
function familiesOf({ plan }: Scene, family: Family | undefined): readonly Family[] {
  if (family !== undefined) return [family];
  const ruled = FAMILIES.filter((one) => plan[one].tables.some(({ chains }) => chains.some(({ rules }) => rules.length > 0)));
  return ruled.length === 0 ? ['ip'] : ruled;
}

function conditionsIn(scene: Scene, families: readonly Family[]): readonly string[] {
  return [...new Set(families.flatMap((family) => conditionsOf(scene, family)))];
}
