/** All init containers of a pod as a release makes it, in their order. */

import { parseGoBool } from '../../arguments/command-line.ts';
import type { Profile } from '../../releases/profile.ts';
import { field } from '../../yaml-fields.ts';
import { dataOf } from '../go-text.ts';
import type { Container, Workload } from '../manifest/workload.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { InitContainer, Injection, Variable } from './injected.ts';
import { wordsOf } from './injected.ts';
import { nativeSidecar } from './native-sidecar.ts';
import { ownProxyIds } from './proxy-user.ts';
import { merged } from './strategic-merge.ts';
import { meshSwitch, modeOf } from './template-data.ts';
import { templateDataOf } from './template-data-of.ts';

/** One that Istio makes, or one of the pod's own by its name. */
export interface ContainerLine {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly Variable[];
  readonly restartPolicy?: string;
  readonly securityContext?: Readonly<Record<string, unknown>>;
}

const CORE_DUMP = 'enable-core-dump';
/** The minor of Kubernetes that has native sidecars by default; where nothing is said of the nodes they are older. */
const NATIVE_SINCE = 33;

/** Those of a pod that is injected; none of one that is not. `nodes` is the version of the oldest kubelet. */
export function initContainersOf(
  injection: Injection,
  workload: Workload,
  mesh: Mesh,
  profile: Profile,
  nodes?: string,
): readonly ContainerLine[] {
  const { container } = injection;
  if (container === undefined) return [];
  const { pod } = workload;
  const nativeRequest = nativeSidecar(pod, mesh, profile);
  const native =
    nativeRequest === 'yes' || (nativeRequest === 'by kubelet' && Number(/^v?1\.(\d+)/.exec(nodes ?? '')?.[1] ?? 0) >= NATIVE_SINCE);
  const own = pod.initContainers.filter(({ name }) => name.value !== container.name && !(native && name.value === PROXY));
  const proxyAmong = own.find(({ name }) => name.value === PROXY);
  const listed = own.filter((one) => one !== proxyAmong).map((one) => ownContainer(one, profile));
  const made = containerLine(container);
  const dump = enablesCoreDump(workload, mesh, profile) ? [{ name: CORE_DUMP }] : [];
  const proxy = native ? [proxyContainer(workload, mesh, profile)] : proxyAmong === undefined ? [] : [ownContainer(proxyAmong, profile)];
  // Beside a proxy among the init containers, rules come first; up to then, they come last, so that the pod's own are not captured.
  if (native || (proxyAmong !== undefined && profile.has('injectsNativeSidecars'))) return [made, ...proxy, ...dump, ...listed];
  const others = pod.initContainers.filter(({ name }) => name.value !== container.name).map((one) => ownContainer(one, profile));
  return container.name === 'istio-validation' ? [made, ...others, ...dump] : [...others, made, ...dump];
}

const PROXY = 'istio-proxy';

/** As a container that could be pasted: what it has none of is left out. */
function containerLine(made: InitContainer): ContainerLine {
  const { name, image, command, variables, restartPolicy, securityContext } = made;
  const args = [...made.program, ...wordsOf(made.arguments)];
  return {
    name,
    image,
    ...(command.length === 0 ? {} : { command }),
    args,
    ...(variables.length === 0 ? {} : { env: variables }),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    securityContext,
  };
}

/** One of a pod that is injected already. */
export function observedContainer({ name, image, command, args, env, restartPolicy, node }: Container): ContainerLine {
  const context = field(node, 'securityContext');
  const words = (list: Container['args']): readonly string[] => list.map(({ value }) => value);
  return {
    name: name.value,
    ...(image === undefined ? {} : { image: image.value }),
    ...(command.length === 0 ? {} : { command: words(command) }),
    ...(args.length === 0 ? {} : { args: words(args) }),
    ...(env.size === 0 ? {} : { env: [...env].map(([key, { value }]) => ({ name: key, value })) }),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    ...(context === undefined ? {} : { securityContext: dataOf(context) as ContainerLine['securityContext'] & object }),
  };
}

function ownContainer(container: Container, profile: Profile): ContainerLine {
  const { name, image, args, restartPolicy } = container;
  if (name.value === PROXY) {
    const context = field(container.node, 'securityContext');
    return {
      name: PROXY,
      // Older injectors do not know the field, and lose it.
      ...(restartPolicy === undefined || !profile.has('injectsNativeSidecars') ? {} : { restartPolicy }),
      ...(context === undefined ? {} : { securityContext: dataOf(context) as ContainerLine['securityContext'] & object }),
    };
  }
  // Beside the one that only validates stands what the pod itself calls istio-init.
  return name.value === 'istio-init'
    ? { name: name.value, ...(image === undefined ? {} : { image: image.value }), args: args.map(({ value }) => value) }
    : { name: name.value };
}

function proxyContainer(workload: Workload, mesh: Mesh, profile: Profile): ContainerLine {
  const data = templateDataOf(workload, mesh, profile);
  const tproxy = modeOf(data).value === 'TPROXY';
  const binds = workload.pod.annotations.get('sidecar.istio.io/capNetBindService')?.value === 'true';
  const privileged = meshSwitch({ mesh }, 'global.proxy.privileged') !== undefined;
  const seccomp = profile.has('injectsSeccompProfile') ? mesh.values.get('global.proxy.seccompProfile')?.value : undefined;
  const add = [...(tproxy ? ['NET_ADMIN'] : []), ...(binds ? ['NET_BIND_SERVICE'] : [])];
  const root = tproxy || binds;
  const made = {
    allowPrivilegeEscalation: privileged,
    capabilities: { ...(add.length === 0 ? {} : { add }), drop: ['ALL'] },
    privileged,
    readOnlyRootFilesystem: true,
    runAsGroup: root ? 1337 : Number(data.proxyGroup.value),
    runAsNonRoot: !root,
    runAsUser: root ? 0 : Number(data.proxyUser.value),
    ...(seccomp === undefined || seccomp === 'null' ? {} : { seccompProfile: JSON.parse(seccomp) as unknown }),
  };
  const own = [...workload.pod.initContainers, ...workload.pod.containers].find(({ name }) => name.value === PROXY);
  const context = field(own?.node, 'securityContext');
  const ids = ownProxyIds(workload.pod, mesh, profile);
  const whole =
    context === undefined || (own?.ids.runAsUser !== undefined && ids.runAsUser === undefined) ? made : merged(made, dataOf(context));
  return { name: PROXY, restartPolicy: 'Always', securityContext: tproxy ? { ...whole, runAsUser: 0 } : whole };
}

function enablesCoreDump({ pod }: Workload, mesh: Mesh, profile: Profile): boolean {
  if (!profile.has('injectsCoreDump')) return false;
  const own = profile.has('coreDumpByAnnotation') ? pod.annotations.get('sidecar.istio.io/enableCoreDump') : undefined;
  return own === undefined ? meshSwitch({ mesh }, 'global.proxy.enableCoreDump') !== undefined : parseGoBool(own.value) === true;
}
