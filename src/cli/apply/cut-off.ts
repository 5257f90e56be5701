/** Rules that lead to a proxy that is not there cut a machine off from everybody, and from whoever sits at it. */

import { listeningIn } from '../../host/machine/listening.ts';
import { openNamespace } from '../../host/namespace/namespace.ts';
import { programs } from '../../host/run.ts';
import { system } from '../../host/system.ts';
import { badOption } from '../../istio/bad-option.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import { FAMILIES } from '../../netfilter/family.ts';

/** Milliseconds for the program that reads the lists of the kernel. */
const DEADLINE = 10_000;

/**
 * Throws a ProblemError where the plan captures, nothing listens on the ports of the proxy, and nobody says that this is
 * meant: on a terminal its user is asked. What the kernel does not show is no reason to refuse.
 */
export async function refuseCutOff({ settings, ip, ip6 }: CapturePlan): Promise<void> {
  if (FAMILIES.every((family) => ({ ip, ip6 })[family].tables.length === 0)) return;
  const ports = [...new Set([settings['proxy.port'].value, settings['proxy.inboundPort'].value])];
  const namespace = openNamespace({ kind: 'here' }, programs());
  const listening = await listeningIn(namespace, DEADLINE).finally(() => namespace.close());
  if (listening === undefined || ports.some((port) => listening.tcp.has(port))) return;
  const why = `nothing listens on ${ports.join(' and ')} here, so that these rules cut off all TCP of this machine`;
  if (/^y(es)?$/i.test((await system.ask(`${why}. Apply all the same? [y/N] `))?.trim() ?? '')) return;
  throw badOption('--here', `${why}; start the proxy first, or say --before-proxy, as an init container does`);
}
