/** Pods as they come, change and go. Nothing is kept but who is there, so that those that went unseen are told as well. */

import { setTimeout as pause } from 'node:timers/promises';
import { PODS } from '../../istio/kubernetes/cluster/resources.ts';
import type { ClusterAccess } from './access.ts';
import { ClusterFailure } from './failure.ts';
import { kubectlLines } from './kubectl.ts';
import type { ListSelection } from './list.ts';
import { pages, pathOf } from './list.ts';
import type { KubeObject } from './object.ts';
import { hasEnded, objectIn } from './object.ts';

export type PodEvent =
  | { readonly kind: 'there'; readonly object: KubeObject }
  | { readonly kind: 'gone'; readonly uid: string }
  /** All that was there at the beginning has been told, or again after a new list. */
  | { readonly kind: 'listed' }
  /** The cluster does not answer; it is asked again. */
  | { readonly kind: 'unseen'; readonly reason: string };

interface WatchEvent {
  readonly type?: string;
  readonly object?: KubeObject & { readonly code?: number; readonly message?: string };
}

/** A server ends a watch after some minutes anyway. */
const SECONDS = 300;
const LONGEST_PAUSE = 30_000;
/** So often the first list is begun anew that became too old while it was read. */
const MOST_RESTARTS = 3;

/** Lists, then watches from there; what became too old (410) is listed anew. Ends when the access' signal says so. Throws a ClusterFailure where the first list fails. */
export async function* watchPods(selection: ListSelection, access: ClusterAccess, firstPause = 1000): AsyncGenerator<PodEvent> {
  const there = new Set<string>();
  let version: string | undefined;
  let wait = firstPause;
  let begun = false;
  let rounds = 0;
  let lastCut = false;
  while (access.signal?.aborted !== true) {
    try {
      if (version === undefined) {
        version = yield* listed(selection, access, there);
        begun = true;
        yield { kind: 'listed' };
      }
      for await (const line of kubectlLines(['get', '--raw', watchPath(selection, version)], access)) {
        const event = (JSON.parse(line) ?? {}) as WatchEvent;
        if (event.type === 'ERROR')
          throw new ClusterFailure(event.object?.code === 410 ? 'expired' : 'other', String(event.object?.message));
        if (event.object !== undefined && event.type !== 'BOOKMARK') objectIn(event.object);
        version = event.object?.metadata?.resourceVersion ?? version;
        [wait, lastCut] = [firstPause, false];
        yield* eventsOf(event, there);
      }
    } catch (error) {
      const failure = ours(error);
      if (failure.failure === 'stopped') return;
      rounds += 1;
      if (!begun && (failure.failure !== 'expired' || rounds === MOST_RESTARTS)) throw failure;
      if (failure.failure === 'expired') {
        version = undefined;
        // At once the first time: a server that calls each of its own lists too old is asked no faster than any other.
        const isFirst = wait === firstPause;
        wait = Math.min(wait * 2, LONGEST_PAUSE);
        if (isFirst) continue;
      }
      // A watch that ended in the middle of a word goes on behind the last one that was whole, unless nothing whole comes at all.
      const isCut = failure.failure === 'cut';
      if (failure.failure === 'expired' || (isCut && !lastCut)) lastCut = isCut;
      else {
        yield { kind: 'unseen', reason: failure.message };
        wait = Math.min(wait * 2, LONGEST_PAUSE);
      }
    }
    await pause(wait, undefined, { ...(access.signal && { signal: access.signal }) }).catch(() => undefined);
  }
}

function ours(error: unknown): ClusterFailure {
  if (error instanceof ClusterFailure) return error;
  if (error instanceof SyntaxError) return new ClusterFailure('cut', 'the answer was cut off');
  throw error;
}

function watchPath(selection: ListSelection, version: string): string {
  const query = new URLSearchParams({
    watch: '1',
    resourceVersion: version,
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(SECONDS),
    ...(selection.labels === undefined ? {} : { labelSelector: selection.labels }),
  });
  return `${pathOf('api/v1', PODS, selection)}?${query}`;
}

/** All pods of now, and those that went since the last list; the version that the list shows. */
async function* listed(selection: ListSelection, access: ClusterAccess, there: Set<string>): AsyncGenerator<PodEvent, string> {
  const now = new Set<string>();
  let version = '';
  for await (const page of pages(PODS, selection, access)) {
    version = page.version;
    for (const object of page.objects) {
      now.add(object.metadata?.uid ?? '');
      yield* eventsOf({ type: 'ADDED', object }, there);
    }
  }
  for (const uid of there)
    if (!now.has(uid)) {
      there.delete(uid);
      yield { kind: 'gone', uid };
    }
  return version;
}

function* eventsOf({ type, object }: WatchEvent, there: Set<string>): Generator<PodEvent> {
  const uid = object?.metadata?.uid;
  if (object === undefined || uid === undefined || type === 'BOOKMARK') return;
  if (type === 'DELETED' || hasEnded(object)) {
    if (there.delete(uid)) yield { kind: 'gone', uid };
    return;
  }
  there.add(uid);
  yield { kind: 'there', object: { kind: 'Pod', apiVersion: 'v1', ...object } };
}
