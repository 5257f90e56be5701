/** What ends the work after the first look, before anything is changed. */

import type { Failure } from '../failure/failure.ts';
import { plainFailure } from '../failure/failure.ts';
import { readRights } from '../failure/rights.ts';
import { hasIp6, holdsOurs } from './backend.ts';
import type { Refusal, Work } from './convergence.ts';
import type { DesiredState } from './desired-state.ts';
import { capturesIp6 } from './desired-state.ts';
import { hiddenTable } from './hidden-tables.ts';
import type { ObservedState } from './observe.ts';
import type { ApplyOptions } from './options.ts';

/** In the order in which a person wants to hear of them. */
export function refusalBefore(desired: DesiredState, options: ApplyOptions, signal: AbortSignal | undefined): Work['stop'] {
  return async (view, planned, steps): Promise<Refusal | undefined> => {
    if (signal?.aborted === true) return { outcome: 'interrupted' };
    if (options.host !== true && isNode(view)) return { outcome: 'refused', failure: await failureOf('node') };
    if (capturesIp6(desired) && !hasIp6(view)) return { outcome: 'failed', failure: { ...(await failureOf('no-ip6')), family: 'ip6' } };
    const hidden = hiddenTable(view, steps);
    if (hidden !== undefined) return { outcome: 'failed', failure: hidden };
    const [conflict] = planned.change.native.conflicts;
    if (conflict !== undefined) return { outcome: 'failed', failure: conflictFailure(conflict) };
    if (steps.length === 0) return undefined;
    if (options.dryRun === true) return { outcome: 'planned' };
    const ours = holdsOurs(view.choice.snapshot) || view.native.nft.tables.length > 0;
    const drifted = desired.clean === undefined && (ours || planned.routing.after.length > 0);
    if (drifted && options.onDrift === 'report') return { outcome: 'drifted' };
    if (drifted && options.onDrift === 'fail') return { outcome: 'refused', failure: await failureOf('drift') };
    return undefined;
  };
}

function conflictFailure(chain: string): Failure {
  const text = `a base chain that no release of Istio makes stands where its own is to be: ${chain} has another type, hook, priority or policy`;
  return plainFailure('refused', text, `remove it with: nft delete table ${chain.replace(/ \S+$/, '')}; and run again`);
}

async function failureOf(cause: 'node' | 'no-ip6' | 'drift'): Promise<Failure> {
  const { explainCause } = await import('../../istio/found/runs/cause-and-fix.ts');
  const { text, fix } = explainCause(cause, { program: '', family: 'ip6', modules: [], rights: readRights(), message: '' });
  return plainFailure(cause, text, fix);
}

/** kube-proxy's chains, or its table of nft, are in a node's namespace and in no pod's, but in one with hostNetwork: which is never injected. */
function isNode({ choice: { snapshot, other }, nftTables }: ObservedState): boolean {
  if (nftTables.listed.some(({ name }) => name === 'kube-proxy')) return true;
  const rulesets = [snapshot, other].flatMap((state) => (state === undefined ? [] : [state.ip, state.ip6]));
  return rulesets.some(({ tables }) => tables.some(({ chains }) => chains.some(({ name }) => name.startsWith('KUBE-'))));
}
