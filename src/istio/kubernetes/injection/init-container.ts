/** The init container that a release's injector makes: its template's, with the pod's own and other templates laid over it. */

import type { Sourced } from '../../origin.ts';
import type { YamlNode } from '../../yaml.ts';
import { readYaml } from '../../yaml.ts';
import { field, textOf } from '../../yaml-fields.ts';
import { dataOf } from '../go-text.ts';
import type { Container, Texts, Workload } from '../manifest/workload.ts';
import type { Mesh } from '../mesh/mesh.ts';
import { proxyImage } from './image.ts';
import type { InitContainer, Variable } from './injected.ts';
import { foundArguments, programOfWords } from './observed-arguments.ts';
import { ownProxyIds } from './proxy-user.ts';
import { merged, mergedByName } from './strategic-merge.ts';
import { cniValue, templateArguments } from './template.ts';
import type { TemplateData } from './template-data.ts';
import { meshSwitch, modeOf } from './template-data.ts';

export interface Making {
  readonly workload: Workload;
  readonly mesh: Mesh;
  readonly data: TemplateData;
  readonly environment: Texts;
  /** Texts of other templates. */
  readonly overlays: readonly string[];
}

/** Throws nothing; what of the pod's own can't be read is as if it were not there. */
export function initContainer(making: Making): InitContainer {
  const { workload, data, overlays } = making;
  const { has } = data.profile;
  const made = fromTemplate(making);
  const withTemplates = overlays
    .flatMap((text) => containersIn(text, made.name))
    .reduce((below, { container, node }) => laidOver(below, container, node, data), made);
  const own = has('injectsOwnContainers') ? ownContainer(workload, made.name, data) : undefined;
  const whole = own?.node === undefined ? withTemplates : laidOver(withTemplates, own, own.node, data);
  return has('injectsOwnProxyUser') ? withProxyUser(whole, making) : whole;
}

function fromTemplate({ mesh, data, environment, workload }: Making): InitContainer {
  const { has } = data.profile;
  const validates = has('injectsValidation') && cniValue({ mesh, profile: data.profile }) !== undefined;
  const privileged = meshSwitch({ mesh }, 'global.proxy.privileged') !== undefined;
  const named = has('initImageApart') ? [] : ['istio-iptables'];
  const seccomp = has('injectsSeccompProfile') ? mesh.values.get('global.proxy.seccompProfile')?.value : undefined;
  const rights = validates
    ? { drop: ['ALL'] }
    : has('dropsAllCapabilities')
      ? { add: ['NET_ADMIN', 'NET_RAW'], drop: ['ALL'] }
      : { add: ['NET_ADMIN'] };
  return {
    name: validates ? 'istio-validation' : 'istio-init',
    image: proxyImage(workload.pod, mesh, data.profile),
    command: has('initByCommand') ? named : [],
    program: has('initByCommand') ? [] : named,
    arguments: templateArguments(data),
    environment,
    variables: [...environment].map(([name, { value }]) => ({ name, value })),
    securityContext: has('dropsAllCapabilities')
      ? {
          allowPrivilegeEscalation: privileged,
          capabilities: rights,
          privileged,
          readOnlyRootFilesystem: validates,
          runAsGroup: validates ? Number(data.proxyGroup.value) : 0,
          runAsNonRoot: validates,
          runAsUser: validates ? Number(data.proxyUser.value) : 0,
          ...(seccomp === undefined || seccomp === 'null' || seccomp === '{}' ? {} : { seccompProfile: JSON.parse(seccomp) as unknown }),
        }
      : { capabilities: rights, ...(privileged ? { privileged } : {}) },
  };
}

/** The pod's own container of that name; one that its earlier injector made is none, unless the release keeps it. */
function ownContainer({ pod }: Workload, name: string, { profile: { has } }: TemplateData): Container | undefined {
  const places = [...pod.initContainers, ...(has('overlaysAnyContainer') ? pod.containers : [])];
  const own = places.find((container) => container.name.value === name);
  if (own === undefined || has('keepsInjectedInit')) return own;
  return wasInjected(pod.annotations, name) ? undefined : own;
}

const STATUS = 'sidecar.istio.io/status';

/** Whether the status that an injector wrote names an init container. */
export function wasInjected(annotations: Texts, name: string): boolean {
  const status = annotations.get(STATUS);
  if (status === undefined) return false;
  try {
    const { initContainers } = JSON.parse(status.value) as { readonly initContainers?: unknown };
    return Array.isArray(initContainers) && initContainers.includes(name);
  } catch {
    return false;
  }
}

interface Laid {
  readonly container: Pick<Container, 'command' | 'args' | 'env'>;
  readonly node: YamlNode;
}

/** The init containers of that name in the text of a template. */
function containersIn(text: string, name: string): readonly Laid[] {
  const documents = readYaml(text);
  if ('reason' in documents) return [];
  const list = field(documents[0], 'spec', 'initContainers');
  if (list?.kind !== 'sequence') return [];
  return list.items
    .filter((node) => textOf(field(node, 'name')) === name)
    .map((node) => ({ node, container: { command: wordsAt(node, 'command'), args: wordsAt(node, 'args'), env: new Map() } }));
}

function wordsAt(node: YamlNode, key: string): readonly Sourced<string>[] {
  const list = field(node, key);
  const source = { kind: 'option', option: '--values' } as const;
  return list?.kind === 'sequence'
    ? list.items.flatMap((item) => (textOf(item) === undefined ? [] : [{ value: textOf(item) ?? '', source }]))
    : [];
}

/** A strategic merge of Kubernetes: lists of words take the place of others, variables are merged by name, the rest by key. */
function laidOver(
  below: InitContainer,
  { command, args, env }: Pick<Container, 'command' | 'args' | 'env'>,
  node: YamlNode,
  { profile }: TemplateData,
): InitContainer {
  const image = textOf(field(node, 'image')) ?? '';
  const context = field(node, 'securityContext');
  const restartPolicy = textOf(field(node, 'restartPolicy'));
  const own = variablesOf(field(node, 'env'));
  const words = args.length === 0 ? undefined : programOfWords(args);
  const commanded = command.length === 0 ? undefined : programOfWords([...command, ...args]);
  const [first] = command.length > 0 ? command : args;
  const other = (commanded ?? words)?.length === 0 ? first : undefined;
  return {
    ...below,
    ...(image === '' || image === 'auto' ? {} : { image }),
    ...(command.length === 0 ? {} : { command: command.map(({ value }) => value) }),
    ...(words === undefined
      ? {}
      : {
          program: args.slice(0, words.length).map(({ value }) => value),
          arguments: foundArguments(args.slice(words.length), profile),
        }),
    environment: new Map([
      ...below.environment,
      ...own.flatMap((one) =>
        'value' in one
          ? [[one.name, env.get(one.name) ?? { value: one.value, source: { kind: 'option', option: '--values' } }] as const]
          : [],
      ),
    ]),
    variables: mergedByName(below.variables, own),
    securityContext: context === undefined ? below.securityContext : merged(below.securityContext, dataOf(context)),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    ...(other === undefined ? {} : { otherProgram: other }),
  };
}

function variablesOf(list: YamlNode | undefined): readonly Variable[] {
  if (list?.kind !== 'sequence') return [];
  return list.items.flatMap((item): readonly Variable[] => {
    const name = textOf(field(item, 'name'));
    const from = field(item, 'valueFrom');
    if (name === undefined) return [];
    return [from === undefined ? { name, value: textOf(field(item, 'value')) ?? '' } : { name, from: dataOf(from) }];
  });
}

/** The ids of the pod's own istio-proxy: its user stands for the one behind `-u`, and what only validates runs as both say. */
function withProxyUser(made: InitContainer, { workload: { pod }, mesh, data }: Making): InitContainer {
  const { runAsUser: user, runAsGroup: group } = ownProxyIds(pod, mesh, data.profile);
  const asProxy = made.name === 'istio-validation' && modeOf(data).value !== 'TPROXY';
  const securityContext = asProxy
    ? {
        ...made.securityContext,
        ...(user === undefined ? {} : { runAsUser: Number(user.value) }),
        ...(group === undefined ? {} : { runAsGroup: Number(group.value) }),
      }
    : made.securityContext;
  const at = user === undefined || Number(user.value) === 0 ? -1 : made.arguments.findIndex(({ flag }) => flag === '-u');
  const args = made.arguments.map((argument, index) => {
    if (index !== at || user === undefined) return argument;
    const lost = argument.value === undefined ? [] : [{ value: argument.value, source: argument.source }];
    return { ...argument, value: user.value, source: user.source, over: [...lost, ...argument.over] };
  });
  return { ...made, securityContext, arguments: args };
}
