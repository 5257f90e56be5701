/** The ways into a pod's network namespace, as data: the same words are shown and run. */

import { quoteForShell } from '../../../netfilter/words.ts';
import type { LivePod } from './pods.ts';
import type { ExecPlace } from './remote-namespace.ts';
import type { Right } from './rights.ts';
import type { Entry } from './script.ts';
import { NO_ENTRY } from './script.ts';

/** A call of kubectl that changes something. */
export interface Call {
  readonly words: readonly string[];
  readonly input?: string;
  /** A file that an option names: its text goes into one that is thrown away. */
  readonly file?: { readonly option: string; readonly text: string };
}

export interface AccessMethod {
  readonly kind: 'audit pod' | 'ephemeral container' | 'debug pod';
  readonly place: ExecPlace;
  readonly entry: Entry;
  readonly rights: readonly Right[];
  /** Undefined where nothing has to be created. */
  readonly creates?: {
    /** `an ephemeral container in the pod shop/web-1`. */
    readonly what: string;
    readonly create: Call;
    /** What ends it. */
    readonly end: Call;
    /** What stays, whatever is done. */
    readonly stays: string;
  };
}

/** Seconds after which what was created ends by itself. */
export const LIFETIME = 300;

// tail and timeout are in every image that has a shell; the trap lets process 1 hear the signal at all.
const STAY = `trap 'kill $!; exit 0' TERM; timeout ${LIFETIME} tail -f /dev/null & wait $!`;
// Found by the name that is the last word of its command line: a pod may share its processes, and process 1 be another.
// And by its wait, which this line does not have as it is written: what runs this very line has the name as well.
// Behind the shell, which would else be killed with its container before it could say that all is well.
const END = `for p in /proc/[0-9]*; do [ "\${p#/proc/}" = $$ ] || { grep -qs '[w]ait' $p/cmdline && grep -qs -e "$1" $p/cmdline && kill "\${p#/proc/}"; }; done >/dev/null 2>&1 </dev/null & exit 0`;

/** A pod of the DaemonSet that audits the node. */
export function throughAuditPod(pod: LivePod, place: ExecPlace): AccessMethod {
  return {
    kind: 'audit pod',
    place,
    entry: fromNode(pod),
    rights: [{ verb: 'create', resource: 'pods', subresource: 'exec', namespace: place.namespace }],
  };
}

/** A container in the pod itself, with the two capabilities that listing rules takes. */
export function throughEphemeralContainer(pod: LivePod, container: string, image: string): AccessMethod {
  const { namespace, name, isNotRoot } = pod;
  const place = { namespace, pod: name, container };
  const root = { securityContext: { runAsUser: 0, runAsNonRoot: false } };
  return {
    kind: 'ephemeral container',
    place,
    entry: NO_ENTRY,
    rights: [
      { verb: 'patch', resource: 'pods', subresource: 'ephemeralcontainers', namespace },
      { verb: 'create', resource: 'pods', subresource: 'exec', namespace },
    ],
    creates: {
      what: `an ephemeral container of ${image} in the pod ${namespace}/${name}, with NET_ADMIN and NET_RAW`,
      create: {
        words: [
          'debug',
          '-n',
          namespace,
          `pod/${name}`,
          '--profile=netadmin',
          `--image=${image}`,
          '-c',
          container,
          '--',
          'sh',
          '-c',
          STAY,
          container,
        ],
        ...(isNotRoot && { file: { option: '--custom', text: JSON.stringify(root) } }),
      },
      end: { words: ['exec', '-n', namespace, name, '-c', container, '--', 'sh', '-c', END, 'sh', container] },
      stays: `the ephemeral container ${container} can not be removed from the pod ${namespace}/${name}: it has ended, and is listed there as long as the pod lives`,
    },
  };
}

/** A pod of ours on the node, with the five capabilities that the audit's have, and nothing else of the node. */
export function throughDebugPod(pod: LivePod, name: string, image: string, namespace: string): AccessMethod {
  return {
    kind: 'debug pod',
    place: { namespace, pod: name, container: CONTAINER },
    entry: fromNode(pod),
    rights: [
      { verb: 'create', resource: 'pods', namespace },
      { verb: 'create', resource: 'pods', subresource: 'exec', namespace },
      { verb: 'delete', resource: 'pods', namespace },
    ],
    creates: {
      what: `a pod of ${image} on the node ${pod.node} (${namespace}/${name}), which sees the node's processes and has SYS_ADMIN, SYS_PTRACE, DAC_READ_SEARCH, NET_ADMIN and NET_RAW`,
      create: {
        // What an older server does not know of it, it leaves out.
        words: ['create', '--validate=false', '-n', namespace, '-f', '-'],
        input: `${JSON.stringify(debugPod(pod, name, image, namespace))}\n`,
      },
      end: { words: ['delete', 'pod', '-n', namespace, name, '--wait=false', '--ignore-not-found', '--grace-period=1'] },
      stays: '',
    },
  };
}

const CONTAINER = 'look';

function debugPod({ node }: LivePod, name: string, image: string, namespace: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: { app: 'istio-init-live', 'sidecar.istio.io/inject': 'false' },
      annotations: {
        'sidecar.istio.io/inject': 'false',
        // Before Kubernetes 1.30, in place of the container's own field.
        [`container.apparmor.security.beta.kubernetes.io/${CONTAINER}`]: 'unconfined',
      },
    },
    spec: {
      nodeName: node,
      hostPID: true,
      restartPolicy: 'Never',
      // Ends it also where nobody is left to delete it.
      activeDeadlineSeconds: LIFETIME,
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: CONTAINER,
          image,
          command: ['sh', '-c', STAY, name],
          securityContext: {
            runAsUser: 0,
            runAsGroup: 0,
            privileged: false,
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'], add: ['SYS_ADMIN', 'SYS_PTRACE', 'DAC_READ_SEARCH', 'NET_ADMIN', 'NET_RAW'] },
            appArmorProfile: { type: 'Unconfined' },
            seLinuxOptions: { type: 'spc_t' },
          },
        },
      ],
    },
  };
}

/**
 * From the node: the pod's processes are those whose control group has its UID, which is the kernel's word; of these the
 * one with the lowest number is the oldest, which holds the pod's namespaces. The namespace is entered through an open
 * handle, and the group is looked at again behind it: a number that was handed on meanwhile leads nowhere else.
 */
function fromNode({ uid, namespace, name }: LivePod): Entry {
  const signs = `-e ${quoteForShell(`pod${uid}`)} -e ${quoteForShell(`pod${uid.replaceAll('-', '_')}`)}`;
  const gone = `{ echo ${quoteForShell(`the pod ${namespace}/${name} has no process on this node`)} >&2; exit 66; }`;
  const lines = [
    `set -- $(grep -lsF ${signs} /proc/[0-9]*/cgroup); m=`,
    `for f; do f=\${f#/proc/}; f=\${f%/cgroup}; [ -n "$m" ] && [ "$m" -lt "$f" ] || m=$f; done`,
    `[ -n "$m" ] && exec 3</proc/$m/ns/net && grep -qsF ${signs} /proc/$m/cgroup || ${gone}`,
    `[ ! /proc/$m/ns/net -ef /proc/1/ns/net ] || ${gone}`,
  ];
  return { lines: lines.join('\n'), prefix: ['nsenter', '--net=/proc/self/fd/3'] };
}

/** A call as it would be typed. */
export function callText({ words, input, file }: Call, access: readonly string[]): string {
  const [verb = '', ...rest] = words;
  const [name, text] = file === undefined ? [undefined, input] : ['custom.json', file.text];
  const option = file === undefined ? [] : [`${file.option}=${name}`];
  const at = rest.indexOf('--');
  const behind = at < 0 ? [...rest, ...option] : [...rest.slice(0, at), ...option, ...rest.slice(at)];
  const command = ['kubectl', ...access, verb, ...behind].map(quoteForShell).join(' ');
  if (text === undefined) return command;
  return file === undefined ? `${command} <<'END'\n${text}END` : `printf %s ${quoteForShell(text)} >${name}\n${command}`;
}
