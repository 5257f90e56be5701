/** What the mesh is installed with: values that the release does not read, and native nftables. */

import { ARGUMENTS } from '../../arguments/arguments.ts';
import type { Mesh, MeshValue } from '../../kubernetes/mesh/mesh.ts';
import type { Sourced } from '../../origin.ts';
import type { ChangeName } from '../../releases/profile.ts';
import type { Raised, WorkloadCheck } from './subject.ts';

/** The change since which a release's template reads a value; the others it always read. */
const SINCE: Partial<Readonly<Record<MeshValue, ChangeName>>> = {
  'global.proxy.includeInboundPorts': 'injectsIncludedInboundValue',
  'global.proxy.includeOutboundPorts': 'injectsIncludedOutboundPorts',
  'global.proxy.excludeOutboundPorts': 'injectsExcludedOutboundPorts',
  'global.proxy_init.forceApplyIptables': 'injectsForceApply',
  'global.nativeNftables': 'injectsNativeNftables',
};

// Nothing, and what stands there in any case.
const IDLE = ['', 'false', '*', '0', '15001', '15006'];

export const valuesNotRead: WorkloadCheck = ({ mesh, made, profile }) => {
  if (made === undefined || made.found || made.injection.kind === 'none') return [];
  return given(mesh)
    .filter(([, { value }, since]) => !IDLE.includes(value) && since !== undefined && !profile.has(since))
    .map(([name, { source }]) => ({ code: 'value-not-read', source, args: { name, release: profile.release } }));
};

function given({
  values,
  proxyListenPort,
  proxyInboundListenPort,
}: Mesh): readonly (readonly [string, Sourced<string>, ChangeName | undefined])[] {
  return [
    ...[...values].map(([name, text]) => [name, text, SINCE[name]] as const),
    ...(proxyListenPort === undefined ? [] : [['meshConfig.proxyListenPort', proxyListenPort, 'injectsProxyListenPort'] as const]),
    ...(proxyInboundListenPort === undefined
      ? []
      : [['meshConfig.proxyInboundListenPort', proxyInboundListenPort, 'injectsInboundListenPort'] as const]),
  ];
}

const NATIVE_FLAG = `--${ARGUMENTS.find(({ action }) => action === 'native-nftables')?.flag}`;

/** Who looks for the rules with iptables finds none. */
export const nativeNftables: WorkloadCheck = ({ made }) => {
  const nativeFlag = made?.injection.kind === 'arguments' ? made.injection.arguments.find(({ flag }) => flag === NATIVE_FLAG) : undefined;
  if (nativeFlag === undefined || nativeFlag.value === 'false') return [];
  const { source } = nativeFlag;
  const name = (source.kind === 'file' ? source.key : undefined) ?? NATIVE_FLAG;
  return [{ code: 'native-nftables', source, args: { name } }] satisfies readonly Raised[];
};
