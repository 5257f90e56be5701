/** The probe of a plan, and its result in words. */

import type { ProbeRequest, ProbeResult } from '../../host/probe/probe.ts';
import { probe } from '../../host/probe/probe.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import type { OwnerRange } from '../../netfilter/numbers.ts';
import type { Ruleset } from '../../netfilter/rule.ts';

/** Istio's exit code for a validation that failed: the CNI's repair controller looks for it. */
export const PROBE_FAILED = 126;

export interface Probed {
  readonly lines: readonly string[];
  readonly failed: boolean;
  readonly results: readonly ProbeResult[];
}

/** Proves the redirection of a plan, in this namespace or with another's `call`. Times are milliseconds. */
export async function probePlan(
  plan: CapturePlan,
  probePort: number,
  timeout: number,
  call: (request: ProbeRequest) => Promise<readonly ProbeResult[]> = probe,
): Promise<Probed> {
  const { settings } = plan;
  const results = await call({
    rulesets: probedOf(plan),
    probePort,
    timeout,
    proxy: { uid: firstId(settings['proxy.uids'].value), gid: firstId(settings['proxy.gids'].value) },
  });
  return { results, lines: results.map(inWords), failed: results.some(({ verdict }) => verdict.kind === 'missed') };
}

/** The families to be proved: those with rules of nat. Tables of nft have rules of IPv6 even where it is off, and then it has no ::6. */
function probedOf({ ip, ip6, nft, routing }: CapturePlan): readonly Ruleset[] {
  if (nft === undefined) return [ip, ip6].filter(({ tables }) => tables.some(({ name }) => name === 'nat'));
  const has6 = routing.addresses.some(({ family }) => family === 'ip6');
  return nft.tables.length === 0 ? [] : has6 ? [ip, ip6] : [ip];
}

/** The first of some owners; 1337, the id of Istio's proxy, where that is a name without a number. */
function firstId(owners: readonly OwnerRange[]): number {
  const [first] = owners;
  return first !== undefined && 'first' in first ? first.first : 1337;
}

function inWords({ family, path, verdict }: ProbeResult): string {
  const what = `${family === 'ip' ? 'IPv4' : 'IPv6'} ${path}`;
  switch (verdict.kind) {
    case 'redirected':
      return `${what}: redirected`;
    case 'missed':
      return `${what}: NOT redirected: ${verdict.how}`;
    case 'not tested':
      return `${what}: not tested: ${verdict.why}`;
    default:
      return verdict satisfies never;
  }
}
