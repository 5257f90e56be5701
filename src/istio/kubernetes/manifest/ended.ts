/** How init containers ended, from a pod's status. */

import type { YamlNode } from '../../yaml.ts';
import { field, sourceOf, textOf } from '../../yaml-fields.ts';
import type { Reading } from './reading.ts';
import { itemsOf } from './reading.ts';
import type { EndedContainer, UnendedContainer } from './workload.ts';

/** Why a container waits that nothing is wrong with; every other reason of the kubelet is a failure. */
const BEFORE_ITS_START = ['PodInitializing', 'ContainerCreating'];

/**
 * The last end of each init container: `state.terminated`, and where it waits or runs again, `lastState.terminated`. A
 * container that waits in a back-off has ended, whatever else is lost.
 */
export function endedContainers(status: YamlNode | undefined, reading: Reading): readonly EndedContainer[] {
  return itemsOf(field(status, 'initContainerStatuses'), 'initContainerStatuses', reading).flatMap((item) => {
    const ended = field(item, 'state', 'terminated') ?? field(item, 'lastState', 'terminated');
    const waiting = textOf(field(item, 'state', 'waiting', 'reason')) ?? '';
    const name = textOf(field(item, 'name'));
    const backOff = waiting !== '' && !BEFORE_ITS_START.includes(waiting);
    if (name === undefined || (ended === undefined && !backOff)) return [];
    const reasons = [textOf(field(ended, 'reason')) ?? '', backOff ? waiting : ''].filter((reason) => reason !== '');
    return [
      {
        name,
        exitCode: ended === undefined ? 1 : Number(textOf(field(ended, 'exitCode')) ?? 1),
        reason: reasons.join(', '),
        message: textOf(field(ended, 'message')) ?? textOf(field(item, 'state', 'waiting', 'message')) ?? '',
        source: sourceOf(ended ?? item, reading.file),
      },
    ];
  });
}

/** The init containers of these names that have not ended: those that wait, and the one that runs; all of a pod that is on no node yet. */
export function unendedContainers(status: YamlNode | undefined, names: readonly string[], reading: Reading): readonly UnendedContainer[] {
  const statuses = itemsOf(field(status, 'initContainerStatuses'), 'initContainerStatuses', reading);
  if (statuses.length === 0 && status !== undefined && textOf(field(status, 'phase')) === 'Pending')
    return names.map((name) => ({ name, waits: 'Pending', source: sourceOf(status, reading.file) }));
  return statuses.flatMap((item) => {
    const name = textOf(field(item, 'name'));
    const waits = textOf(field(item, 'state', 'waiting', 'reason')) ?? '';
    const isWaiting = field(item, 'state', 'waiting') !== undefined;
    if (name === undefined || (!isWaiting && field(item, 'state', 'running') === undefined)) return [];
    return [{ name, waits: isWaiting ? waits || 'waiting' : '', source: sourceOf(item, reading.file) }];
  });
}
