import { targetFacts } from '../host/facts.ts';
import type { Failure } from '../host/failure/failure.ts';
import { readRights } from '../host/failure/rights.ts';
import { readLive } from '../host/live/live.ts';
import type { Namespace, Target } from '../host/namespace/namespace.ts';
import { openNamespace } from '../host/namespace/namespace.ts';
import { programs } from '../host/run.ts';
import { badOption, unusable } from '../istio/bad-option.ts';
import type { Facts } from '../istio/settings/facts.ts';
import { FAMILIES } from '../netfilter/family.ts';
import type { RuleSource } from './rule-source.ts';

/** Milliseconds for each program that reads: a save of 50,000 rules takes a tenth of it under a small CPU quota. */
const READING = 20_000;

/** The side of a namespace; `given` facts beat those that are found. Throws a ProblemError where nothing can be read. */
export async function liveSource(source: string, target: Target, given: Facts): Promise<RuleSource> {
  const namespace = opened(source, target);
  try {
    const ruleSource = await sourceOf(source, namespace);
    return { ...ruleSource, facts: { ...(await targetFacts(target, source)), ...given } };
  } finally {
    namespace.close();
  }
}

/** What a namespace holds, under the name of the namespace. */
export async function sourceOf(source: string, namespace: Namespace): Promise<RuleSource> {
  const live = await readLive(namespace, READING).catch((error: unknown) => {
    throw unusable(source, error);
  });
  if ('failure' in live) throw badOption(source, `the rules can not be read: ${live.failure.text}; ${fixText(live.failure)}`);
  const { observation, places, nft, warnings } = live;
  const onlyNft = nft.tables.length > 0 && FAMILIES.every((family) => observation[family].tables.every((table) => table.nft !== undefined));
  return {
    name: namespace.name,
    seen: observation,
    places,
    ...(onlyNft && { nft }),
    problems: [],
    notes: warnings.map((text) => `warning: ${text}`),
  };
}

function opened(source: string, target: Target): Namespace {
  try {
    return openNamespace(target, programs());
  } catch (error) {
    throw unusable(source, error);
  }
}

function fixText({ cause, fix }: Failure): string {
  switch (cause) {
    case 'no-net-admin':
      return readRights().root ? 'add the capability NET_ADMIN (kubectl debug --profile=netadmin does)' : 'run as root';
    case 'program-missing':
      return 'install the package iptables';
    default:
      return fix;
  }
}
