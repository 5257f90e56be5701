/** What the injection templates of all releases pass to istio-iptables, and what they make each argument of. */

import { ANNOTATIONS } from '../annotations.ts';
import type { MeshValue } from './mesh.ts';

export interface StockArgument {
  /** Annotations and template data of which some release makes the argument. */
  readonly of: readonly string[];
  /** Texts that some release writes beside them, or in their place. */
  readonly written: readonly string[];
  /** Whether every release passes it. */
  readonly always?: true;
  /** Whether it is made of an annotation in every release, never written out. */
  readonly byAnnotation?: true;
}

const MODE = [ANNOTATIONS.mode.key, '.ProxyConfig.InterceptionMode'];
const CNI = ['.Values.istio_cni.enabled', '.Values.pilot.cni.enabled'];

/** `install/kubernetes/helm/istio/files/injection-template.yaml` and its followers in istio/istio, 1.0 to 1.30. */
export const STOCK_ARGUMENTS: Readonly<Record<string, StockArgument>> = {
  '-p': { of: ['.MeshConfig.ProxyListenPort'], written: ['15001'], always: true },
  '-z': { of: ['.MeshConfig.ProxyInboundListenPort'], written: ['15006'] },
  '-u': { of: ['.ProxyUID', ...MODE], written: ['1337'], always: true },
  '-m': { of: MODE, written: [], always: true, byAnnotation: true },
  '-i': { of: [ANNOTATIONS.includeRanges.key, '.Values.global.proxy.includeIPRanges'], written: [], always: true, byAnnotation: true },
  '-x': { of: [ANNOTATIONS.excludeRanges.key, '.Values.global.proxy.excludeIPRanges'], written: [], always: true, byAnnotation: true },
  '-b': {
    of: [ANNOTATIONS.includeInboundPorts.key, '.Values.global.proxy.includeInboundPorts', '.Spec.Containers'],
    written: [],
    always: true,
    byAnnotation: true,
  },
  '-d': {
    of: [
      ANNOTATIONS.statusPort.key,
      ANNOTATIONS.excludeInboundPorts.key,
      '.Values.global.proxy.statusPort',
      '.Values.global.proxy.excludeInboundPorts',
    ],
    written: ['15090,', '15090,15021,', '15090,15021'],
    always: true,
    byAnnotation: true,
  },
  '-q': { of: [ANNOTATIONS.includeOutboundPorts.key, '.Values.global.proxy.includeOutboundPorts'], written: [], byAnnotation: true },
  '-o': { of: [ANNOTATIONS.excludeOutboundPorts.key, '.Values.global.proxy.excludeOutboundPorts'], written: [], byAnnotation: true },
  '-k': { of: [ANNOTATIONS.kubevirtInterfaces.key, ANNOTATIONS.rerouteInterfaces.key], written: [], byAnnotation: true },
  '-c': { of: [ANNOTATIONS.excludeInterfaces.key], written: [], byAnnotation: true },
  '--log_output_level': { of: [ANNOTATIONS.logLevel.key, '.Values.global.logging.level'], written: [], byAnnotation: true },
  '--log_as_json': { of: ['.Values.global.logAsJson'], written: [] },
  '--run-validation': { of: CNI, written: [] },
  '--skip-rule-apply': { of: CNI, written: [] },
  '--force-apply': { of: ['.Values.global.proxy_init.forceApplyIptables', ...CNI], written: [] },
  '--native-nftables': { of: ['.Values.global.nativeNftables'], written: [] },
};

/** Texts within an expression that say what it would be without them. */
export const STOCK_TEXTS: readonly string[] = ['', '*', '0', '15001', '15006', '1337', 'NONE', 'REDIRECT', 'TPROXY'];

/** Variables of the init container: those of proxyMetadata, and one that 1.2 set. */
export const STOCK_VARIABLES: readonly string[] = ['{{ $key }}', 'INBOUND_CAPTURE_PORT'];

export const PROGRAMS: readonly string[] = ['istio-iptables', 'istio-iptables-go'];

/** Where Helm wrote values into the template itself, before `.Values` were in it: the value beside its annotation. */
export const WRITTEN_VALUES: Readonly<Record<string, MeshValue>> = {
  [ANNOTATIONS.includeRanges.key]: 'global.proxy.includeIPRanges',
  [ANNOTATIONS.excludeRanges.key]: 'global.proxy.excludeIPRanges',
  [ANNOTATIONS.excludeInboundPorts.key]: 'global.proxy.excludeInboundPorts',
  [ANNOTATIONS.excludeOutboundPorts.key]: 'global.proxy.excludeOutboundPorts',
  [ANNOTATIONS.statusPort.key]: 'global.proxy.statusPort',
};
