/** An istio-init that may not change the packet filter: it inherits the user of its pod, or drops NET_ADMIN. */

import { field, itemsIn, sourceOf, textOf } from '../../yaml-fields.ts';
import type { Raised, WorkloadCheck } from './subject.ts';

/**
 * A container that says nothing of its user has the pod's, and a user that is not root gets none of the capabilities that
 * are added (capabilities(7): they are cleared from the permitted set when a program is started by another user than root).
 */
export const initRights: WorkloadCheck = ({ workload, made }) => {
  if (made?.found !== true || made.injection.kind !== 'arguments' || made.injection.installer !== 'init') return [];
  const { pod } = workload;
  const container = pod.initContainers.find(({ name }) => name.value === 'istio-init');
  if (container === undefined) return [];
  const user = container.ids.runAsUser ?? pod.ids.runAsUser;
  const context = field(container.node, 'securityContext');
  const privileged = textOf(field(context, 'privileged')) === 'true';
  const raise = (source: Raised['source'], what: string, fix: string): Raised => ({
    code: 'init-without-rights',
    source,
    args: { what, fix },
  });
  if (user !== undefined && user.value !== '0') {
    const whose = container.ids.runAsUser === undefined ? ', the user of its pod' : '';
    return [
      raise(
        user.source,
        `runs as user ${user.value}${whose}, to whom the kernel gives no NET_ADMIN`,
        'give it runAsUser: 0 and runAsNonRoot: false',
      ),
    ];
  }
  const nonRoot = field(context, 'runAsNonRoot');
  if (textOf(nonRoot) === 'true' && nonRoot !== undefined)
    return [
      raise(
        placeOf(nonRoot, workload.source),
        'is root and says runAsNonRoot: true, so that it is not started',
        'give it runAsNonRoot: false',
      ),
    ];
  const readOnly = field(context, 'readOnlyRootFilesystem');
  if (textOf(readOnly) === 'true' && readOnly !== undefined && !mountsRun(container.node))
    return [{ code: 'init-read-only-root', source: placeOf(readOnly, workload.source), args: {} }];
  // A page may show a part of the container only; what is dropped is said.
  const drops = namesIn(field(context, 'capabilities', 'drop'));
  const adds = namesIn(field(context, 'capabilities', 'add'));
  if (privileged || !drops.includes('ALL') || adds.some((name) => ['NET_ADMIN', 'ALL'].includes(name))) return [];
  return [
    raise(
      container.name.source,
      'drops all capabilities and adds no NET_ADMIN',
      'add NET_ADMIN and NET_RAW to its securityContext.capabilities.add',
    ),
  ];
};

/** Whether something that can be written stands where iptables-legacy makes its lock, /run/xtables.lock. */
function mountsRun(container: ReturnType<typeof field>): boolean {
  return itemsIn(field(container, 'volumeMounts')).some((mount) => /^\/(?:var\/)?run\/?$/.test(textOf(field(mount, 'mountPath')) ?? ''));
}

function namesIn(list: ReturnType<typeof field>): readonly string[] {
  return itemsIn(list).map((item) => (textOf(item) ?? '').toUpperCase().replace(/^CAP_/, ''));
}

function placeOf(node: Parameters<typeof sourceOf>[0], source: Raised['source']): Raised['source'] {
  return source.kind === 'file' ? sourceOf(node, source.file) : source;
}
