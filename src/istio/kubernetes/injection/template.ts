/** The arguments of the init container, as the releases' injection templates pass them: one table. */

import type { Sourced } from '../../origin.ts';
import type { ChangeName, Profile } from '../../releases/profile.ts';
import type { Layered } from '../mesh/effective.ts';
import type { MeshValue } from '../mesh/mesh.ts';
import { excludedInbound, includedInbound } from './inbound-ports.ts';
import type { InjectedArgument } from './injected.ts';
import { strongest } from './layers.ts';
import { PROXY_ID } from './proxy-user.ts';
import type { TemplateData, TemplateText } from './template-data.ts';
import { annotationOf, injectedText, meshSwitch, modeOf, templateText } from './template-data.ts';

interface Row {
  readonly flag: string;
  /** The change that brought the argument. */
  readonly needs?: ChangeName;
  /** What it is passed with: a text, or whatever a function makes of it: nothing, one value, or two. */
  readonly text: TemplateText | ((data: TemplateData) => Layered | readonly Layered[] | undefined);
  readonly joined?: true;
}

interface Switch {
  readonly flag: string;
  readonly needs?: ChangeName;
  /** Who switches it on. */
  readonly when: (data: TemplateData) => Sourced<string> | undefined;
}

/** In the order of the templates, from 1.0 (`sidecar-injector-configmap.yaml`) to 1.30 (`injection-template.yaml`). */
const TEMPLATE: readonly (Row | Switch)[] = [
  { flag: '-p', text: (data) => listenPort(data, { port: 'proxyListenPort', needs: 'injectsProxyListenPort', standard: '15001' }) },
  {
    flag: '-z',
    needs: 'injectsInboundPort',
    text: (data) => listenPort(data, { port: 'proxyInboundListenPort', needs: 'injectsInboundListenPort', standard: '15006' }),
  },
  { flag: '-u', text: proxyUser },
  { flag: '-m', text: modeOf },
  { flag: '-i', text: { annotation: 'includeRanges', value: 'global.proxy.includeIPRanges', fallback: '*' } },
  { flag: '-x', text: { annotation: 'excludeRanges', value: 'global.proxy.excludeIPRanges', fallback: '' } },
  { flag: '-b', text: includedInbound },
  { flag: '-d', text: excludedInbound },
  {
    flag: '-q',
    needs: 'injectsIncludedOutboundPorts',
    text: { annotation: 'includeOutboundPorts', value: 'global.proxy.includeOutboundPorts' },
  },
  {
    flag: '-o',
    needs: 'injectsExcludedOutboundPorts',
    text: { annotation: 'excludeOutboundPorts', value: 'global.proxy.excludeOutboundPorts' },
  },
  { flag: '-k', needs: 'injectsReroutedInterfaces', text: rerouted },
  { flag: '-c', needs: 'injectsExcludedInterfaces', text: { annotation: 'excludeInterfaces' } },
  {
    flag: '--log_output_level',
    needs: 'injectsLogFlags',
    text: { annotation: 'logLevel', value: 'global.logging.level', fallback: 'default:info' },
    joined: true,
  },
  { flag: '--log_as_json', needs: 'injectsLogFlags', when: (data) => meshSwitch(data, 'global.logAsJson') },
  { flag: '--run-validation', needs: 'injectsValidation', when: cniValue },
  { flag: '--skip-rule-apply', needs: 'injectsValidation', when: cniValue },
  {
    flag: '--force-apply',
    needs: 'injectsForceApply',
    when: (data) => (cniValue(data) === undefined ? meshSwitch(data, 'global.proxy_init.forceApplyIptables') : undefined),
  },
  { flag: '--native-nftables', needs: 'injectsNativeNftables', when: (data) => meshSwitch(data, 'global.nativeNftables') },
];

/** The arguments that a release's template passes. */
export function templateArguments(data: TemplateData): readonly InjectedArgument[] {
  return TEMPLATE.filter(({ needs }) => needs === undefined || data.profile.has(needs)).flatMap((row): readonly InjectedArgument[] => {
    if ('when' in row) {
      const on = row.when(data);
      return on === undefined ? [] : [{ flag: row.flag, source: on.source, over: [] }];
    }
    const made = typeof row.text === 'function' ? row.text(data) : templateText(data, row.text);
    const values: readonly Layered[] = made === undefined ? [] : 'value' in made ? [made] : made;
    return values.map((value) => ({ flag: row.flag, ...value, ...(row.joined === undefined ? {} : { joined: true }) }));
  });
}

const CNI_VALUES: readonly { readonly value: MeshValue; readonly needs: ChangeName }[] = [
  { value: 'pilot.cni.enabled', needs: 'cniByPilotValue' },
  { value: 'istio_cni.enabled', needs: 'cniByOlderValue' },
];

/** The mesh value that tells the release's injector of the CNI plugin; undefined where none does. */
export function cniValue({
  mesh,
  profile,
}: {
  readonly mesh: TemplateData['mesh'];
  readonly profile: Profile;
}): Sourced<string> | undefined {
  const given = CNI_VALUES.filter(({ needs }) => profile.has(needs)).flatMap(({ value }) => mesh.values.get(value) ?? []);
  const on = given.find(({ value }) => value !== '' && value !== 'false');
  return on ?? (given.length > 0 ? undefined : broughtCni(mesh, profile));
}

/** The plugin that OpenShift's platform, or its profile, brings where no value says otherwise. */
function broughtCni({ values }: TemplateData['mesh'], { has }: Profile): Sourced<string> | undefined {
  const platform = values.get('global.platform');
  if (has('platformBringsCni')) return platform?.value === 'openshift' ? platform : undefined;
  const profile = values.get('profile');
  return has('profileBringsOpenShift') && /^openshift(?:-ambient)?$/.test(profile?.value ?? '') ? profile : undefined;
}

interface ListenPort {
  readonly port: 'proxyListenPort' | 'proxyInboundListenPort';
  /** The change since which the mesh decides. */
  readonly needs: ChangeName;
  readonly standard: string;
}

function listenPort({ mesh, profile }: TemplateData, { port, needs, standard }: ListenPort): Layered | undefined {
  const given = profile.has(needs) ? mesh[port] : undefined;
  // Protobuf has no unset number: 0 is none.
  return strongest(given !== undefined && ['', '0'].includes(given.value) ? undefined : given, injectedText(standard, profile));
}

function proxyUser(data: TemplateData): Layered {
  const standsFor1337 = data.profile.has('injectsTproxyUser') && modeOf(data).value === 'TPROXY';
  return standsFor1337 ? injectedText(PROXY_ID, data.profile) : data.proxyUser;
}

/** By two names: the newer one wins, and of two `-k` the last one counts. */
function rerouted(data: TemplateData): readonly Layered[] {
  const [older, newer] = [annotationOf(data, 'kubevirtInterfaces'), annotationOf(data, 'rerouteInterfaces')];
  const both = strongest(newer, older);
  if (both === undefined) return [];
  return data.profile.has('reroutedTwice') && older !== undefined && newer !== undefined ? [{ ...older, over: [] }, both] : [both];
}
