/** What the CNI plugin of a release configures for a pod, as arguments of istio-iptables that do the same: one table. */

import { parseGoBool } from '../../arguments/command-line.ts';
import type { Sourced } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import { problem } from '../../problems.ts';
import type { ChangeName, Profile } from '../../releases/profile.ts';
import type { CheckName } from '../annotation-checks.ts';
import { checkProblems } from '../annotation-checks.ts';
import type { AnnotationName } from '../annotations.ts';
import { ANNOTATIONS } from '../annotations.ts';
import type { Texts } from '../manifest/workload.ts';
import type { Layered } from '../mesh/effective.ts';
import type { InjectedArgument, Injection } from './injected.ts';
import { bare, strongest } from './layers.ts';
import { PROXY_ID } from './proxy-user.ts';
import { injectedText } from './template-data.ts';

/** What the plugin looks at (`cni/pkg/plugin/redirect.go`, later `sidecar_redirect.go`). */
export interface PluginData {
  readonly profile: Profile;
  readonly annotations: ReadonlyMap<string, Sourced<string> | Layered>;
  /** Of the container istio-proxy. */
  readonly environment: Texts;
  readonly user?: Sourced<string>;
  readonly group?: Sourced<string>;
  /** Whether the node's plugin was told to use nftables. */
  readonly nativeNftables?: Sourced<string>;
}

interface Row {
  readonly flag: string;
  readonly needs?: ChangeName;
  /** The strongest first. */
  readonly annotations?: readonly {
    readonly name: AnnotationName;
    readonly check?: CheckName;
    readonly needs?: ChangeName;
    readonly unless?: ChangeName;
  }[];
  readonly fallback: string;
  /** Passed even where it is empty. */
  readonly always?: true;
  /** Who gives the value where no annotation does. */
  readonly from?: (data: PluginData) => Sourced<string> | undefined;
  readonly made?: (text: string) => string;
}

const TABLE: readonly Row[] = [
  { flag: '-p', fallback: '15001' },
  { flag: '-u', fallback: PROXY_ID, from: ({ user, profile: { has } }) => (has('pluginTakesProxyUser') ? notRoot(user) : undefined) },
  { flag: '-g', needs: 'pluginTakesProxyUser', fallback: PROXY_ID, from: ({ group }) => notRoot(group) },
  { flag: '-m', annotations: [{ name: 'mode', check: 'plugin mode' }], fallback: 'REDIRECT' },
  { flag: '-i', annotations: [{ name: 'includeRanges', check: 'ranges or *' }], fallback: '*' },
  { flag: '-x', annotations: [{ name: 'excludeRanges', check: 'ranges' }], fallback: '', always: true },
  { flag: '-b', annotations: [{ name: 'includeInboundPorts', check: 'ports or *' }], fallback: '*' },
  { flag: '-d', annotations: [{ name: 'excludeInboundPorts', check: 'plugin ports' }], fallback: '15020', made: withProxyPorts },
  {
    flag: '-q',
    needs: 'pluginIncludesOutboundPorts',
    annotations: [{ name: 'includeOutboundPorts', check: 'ports or *' }],
    fallback: '',
  },
  {
    flag: '-o',
    needs: 'injectsExcludedOutboundPorts',
    annotations: [{ name: 'excludeOutboundPorts', check: 'plugin ports' }],
    fallback: '15020',
  },
  {
    flag: '-k',
    needs: 'injectsReroutedInterfaces',
    annotations: [
      { name: 'rerouteInterfaces', needs: 'injectsReroutedByNewName' },
      { name: 'kubevirtInterfaces', unless: 'reroutedTwice' },
    ],
    fallback: '',
  },
  { flag: '-c', needs: 'pluginExcludesInterfaces', annotations: [{ name: 'excludeInterfaces' }], fallback: '' },
];

/** Variables of istio-proxy that switch flags on. */
const SWITCHES: readonly { readonly variable: string; readonly needs: ChangeName; readonly flags: readonly string[] }[] = [
  // The plugin never reads the pod's list of servers: it captures DNS to all of them.
  { variable: 'ISTIO_META_DNS_CAPTURE', needs: 'pluginCapturesDns', flags: ['--redirect-dns', '--capture-all-dns'] },
  { variable: 'INVALID_DROP', needs: 'dropInvalidFlag', flags: ['--drop-invalid'] },
  { variable: 'ISTIO_AGENT_DUAL_STACK', needs: 'pluginReadsAgentDualStack', flags: ['--dual-stack'] },
  { variable: 'ISTIO_DUAL_STACK', needs: 'pluginReadsDualStack', flags: ['--dual-stack'] },
];

/** The names of the variables that the plugin of a release reads. */
export function pluginVariables({ has }: Profile): readonly string[] {
  return ['DISABLE_ENVOY', ...SWITCHES.filter(({ needs }) => has(needs)).map(({ variable }) => variable)];
}

/** What the plugin makes of a pod. It hands its own environment to the program, never the pod's. */
export function pluginInjection(data: PluginData): Injection {
  const { profile } = data;
  const rows = TABLE.filter(({ needs }) => needs === undefined || profile.has(needs));
  const problems = [...rows.flatMap((row) => refused(row, data)), ...(profile.has('pluginInIstio') ? [] : [otherProgram(profile)])];
  if (problems.some(({ severity }) => severity === 'error')) return { kind: 'refused', installer: 'cni', problems };
  return {
    kind: 'arguments',
    installer: 'cni',
    arguments: [...rows.flatMap((row) => argumentOf(row, data)), ...switchesOf(data)],
    environment: new Map(),
    problems: [...problems, ...ignored(rows, data)],
  };
}

function givenBy({ annotations = [] }: Row, data: PluginData): readonly (Sourced<string> | Layered)[] {
  return annotations
    .filter(({ needs, unless }) => (needs === undefined || data.profile.has(needs)) && (unless === undefined || !data.profile.has(unless)))
    .flatMap(({ name }) => data.annotations.get(ANNOTATIONS[name].key) ?? []);
}

function argumentOf(row: Row, data: PluginData): readonly InjectedArgument[] {
  const made = row.made ?? ((text: string) => text);
  const fallback = injectedText(made(row.fallback), data.profile);
  const { value, source, over } = strongest(...givenBy(row, data), row.from?.(data), fallback) ?? fallback;
  // What the injector wrote for the plugin has the injector's own default below it, which the plugin never sees.
  const lost = source.kind === 'injected' ? [] : [...over.filter((one) => one.source.kind !== 'injected'), bare(fallback)];
  return row.fallback === '' && row.always !== true && value === '' ? [] : [{ flag: row.flag, value: made(value), source, over: lost }];
}

function switchesOf({ environment, profile, nativeNftables }: PluginData): readonly InjectedArgument[] {
  const switched = SWITCHES.filter(({ needs }) => profile.has(needs)).flatMap(({ variable, flags }) => {
    const given = environment.get(variable);
    return given === undefined || parseGoBool(given.value) !== true ? [] : flags.map((flag) => ({ flag, source: given.source, over: [] }));
  });
  const native = nativeNftables !== undefined && profile.has('injectsNativeNftables');
  return [...switched, ...(native ? [{ flag: '--native-nftables', source: nativeNftables.source, over: [] }] : [])];
}

function refused({ annotations = [] }: Row, data: PluginData): readonly Problem[] {
  return annotations.flatMap(({ name, check }) => {
    const { key } = ANNOTATIONS[name];
    const given = data.annotations.get(key);
    return check === undefined || given === undefined ? [] : checkProblems(check, key, given, data.profile);
  });
}

/** The annotations that the injector of this release reads, and its plugin does not. */
function ignored(rows: readonly Row[], data: PluginData): readonly Problem[] {
  const { profile } = data;
  return TABLE.flatMap((row) =>
    (row.annotations ?? []).flatMap(({ name, needs, unless }) => {
      const annotation: { readonly key: string; readonly needs?: ChangeName } = ANNOTATIONS[name];
      const given = data.annotations.get(annotation.key);
      const injectorReads = annotation.needs === undefined || profile.has(annotation.needs);
      const reads = rows.includes(row) && (needs === undefined || profile.has(needs)) && (unless === undefined || !profile.has(unless));
      if (given === undefined || reads || !injectorReads) return [];
      const reason = 'the CNI plugin of that release does not read it';
      return [problem('no-effect', given.source, { name: annotation.key, release: profile.release, reason })];
    }),
  );
}

function otherProgram({ release }: Profile): Problem {
  return problem('plugin-unknown', { kind: 'injected', release }, { release });
}

/** The proxy of a pod in TPROXY mode runs as root; the plugin then takes 1337. */
function notRoot(id: Sourced<string> | undefined): Sourced<string> | undefined {
  return id?.value === '0' ? undefined : id;
}

/** Behind the pod's own ports the proxy's; a port that is there as the very text is not repeated. */
function withProxyPorts(text: string): string {
  const own = text.trim();
  return [...new Set([...(own === '' ? [] : own.split(',')), '15020', '15021', '15090'])].join(',');
}
