/** How init containers ended, from a pod's status. */

import type { YamlNode } from '../../yaml.ts';
import { field, sourceOf, textOf } from '../../yaml-fields.ts';
import type { Reading } from './reading.ts';
import { itemsOf } from './reading.ts';
import type { EndedContainer } from './workload.ts';

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
