/** The address of the kubelet that the rules of a node's ambient pods let pass: the agent has one for the whole node. */

import type { AuditedPod } from './line.ts';

const KNOBS = ['probeV4', 'probeV6'] as const;

/** Fewer pods that agree tell nothing of the node. */
const LEAST = 2;

/** The pods, of which those whose rules name another address than most others on the node are not as they should be. */
export function comparedByProbe(pods: readonly AuditedPod[]): readonly AuditedPod[] {
  return KNOBS.reduce((all, knob) => comparedBy(all, knob), pods);
}

function comparedBy(pods: readonly AuditedPod[], knob: (typeof KNOBS)[number]): readonly AuditedPod[] {
  const ambient = pods.filter((pod) => pod.verdict === 'ambient' && pod.release !== undefined);
  const named = ambient.map((pod) => addressIn(pod, knob));
  const usual = named.find((address) => named.filter((one) => one === address).length * 2 > named.length);
  const agreeing = named.filter((one) => one === usual).length;
  if (usual === undefined || agreeing < LEAST) return pods;
  return pods.map((pod): AuditedPod => {
    const address = addressIn(pod, knob);
    if (!ambient.includes(pod) || address === usual) return pod;
    const reason = `its rules let health checks of the kubelet pass from ${addressText(address)}, and those of ${agreeing} other ambient pods here from ${addressText(usual)}: an agent has one address for its node, so these are of an agent with other settings, or of another pod; create the pod again`;
    return { ...pod, verdict: 'not as it should be', reason };
  });
}

const DEFAULT = 'default';

function addressText(address: string): string {
  return address === DEFAULT ? 'the default address' : address;
}

function addressIn({ knobs = '' }: AuditedPod, knob: string): string {
  return new RegExp(`(?:^| )${knob}=(\\S+)`).exec(knobs)?.[1] ?? DEFAULT;
}
