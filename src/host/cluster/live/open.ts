/** Goes one of the ways into a pod, and clears up behind it. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Target } from '../../namespace/namespace.ts';
import type { ClusterAccess } from '../access.ts';
import { accessWords } from '../access.ts';
import type { ClusterCause } from '../failure.ts';
import { ClusterFailure } from '../failure.ts';
import { kubectl } from '../kubectl.ts';
import type { AccessMethod, Call } from './access-method.ts';
import { callText, LIFETIME } from './access-method.ts';
import type { LivePod } from './pods.ts';
import { untilRuns } from './ready.ts';
import { remoteNamespace } from './remote-namespace.ts';

export interface OpenedNamespace {
  readonly target: Extract<Target, { kind: 'opened' }>;
  /** Ends what was created. Resolves to sentences about what stays; never throws. */
  readonly end: () => Promise<readonly string[]>;
}

/** Opens the namespace. Throws a ClusterFailure; what was created is ended then, and `say` is told what stays. */
export async function openNamespace(
  pod: LivePod,
  method: AccessMethod,
  access: ClusterAccess,
  note: (line: string) => void,
): Promise<OpenedNamespace> {
  const end = async (): Promise<readonly string[]> => (method.creates === undefined ? [] : ended(method.creates, access));
  try {
    if (method.creates !== undefined) {
      await called(method.creates.create, access);
      await untilRuns(method.place, access);
    }
    const name = `Pod ${pod.namespace}/${pod.name}`;
    return { target: await remoteNamespace(name, method.place, method.entry, access), end };
  } catch (error) {
    // What was answered else does not tell whether something was made: a request may have arrived whose answer did not.
    const failure = error instanceof ClusterFailure ? error.failure : 'other';
    const { stays = '' } = method.creates ?? {};
    if (failure === 'ended' && stays !== '') note(`note: ${stays}`);
    else if (!REFUSALS.includes(failure)) for (const line of await end()) note(line);
    throw error;
  }
}

/** Said before anything is made. */
const REFUSALS: readonly ClusterCause[] = [
  'no kubectl',
  'old kubectl',
  'no context',
  'no cluster',
  'unauthorized',
  'forbidden',
  'no such resource',
];

async function called({ words, input, file }: Call, access: ClusterAccess): Promise<void> {
  if (file === undefined) {
    await kubectl(words, access, input);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'istio-init-'));
  try {
    const path = join(folder, 'custom.json');
    writeFileSync(path, file.text);
    const at = words.indexOf('--');
    await kubectl([...words.slice(0, at), `${file.option}=${path}`, ...words.slice(at)], access);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const SECONDS_TO_END = 20;

/** The user's own stop does not stop this, nor a second one: it is what is due then. */
async function ended({ end, stays, what }: NonNullable<AccessMethod['creates']>, access: ClusterAccess): Promise<readonly string[]> {
  const { signal: _, ...rest } = access;
  try {
    await called(end, { ...rest, seconds: SECONDS_TO_END, apart: true });
  } catch (error) {
    if (!(error instanceof ClusterFailure)) throw error;
    if (error.failure === 'no such object') return [];
    return [
      `warning: ${what} could not be ended (${error.message}): it ends by itself within ${LIFETIME} s of its start; ${callText(end, accessWords(access))}`,
    ];
  }
  return stays === '' ? [] : [`note: ${stays}`];
}
