/** Small inputs are read as a whole, so that what touches their workloads can be looked for first. */

import { isPage } from '../../istio/found/page-signs.ts';
import type { Problem } from '../../istio/problems.ts';
import { reasonOf, unreadable } from '../failure/unreadable.ts';
import { whyNoText } from '../text-bytes.ts';
import type { Input } from './inputs.ts';

/** In bytes, of all inputs together. */
const MOST = 16_000_000;

export interface OpenedInput {
  readonly input: Input;
  /** What was read of it. */
  readonly head: readonly Buffer[];
  /** What follows; undefined where `head` is all. */
  readonly rest?: AsyncIterator<Buffer>;
  /** Why nothing follows that should. */
  readonly problem?: Problem;
}

/** Reads of each input what there is still room for; of a file that is larger than that, nothing. */
export async function openInputs(inputs: readonly (Input | Problem)[]): Promise<readonly (OpenedInput | Problem)[]> {
  const opened: (OpenedInput | Problem)[] = [];
  let room = MOST;
  for (const input of inputs) {
    const one = 'code' in input ? input : await openInput(input, room);
    if ('head' in one) room -= one.head.reduce((sum, { length }) => sum + length, 0);
    opened.push(one);
  }
  return opened;
}

async function openInput(input: Input, room: number): Promise<OpenedInput> {
  const rest = input.open()[Symbol.asyncIterator]();
  const head: Buffer[] = [];
  if ((input.size ?? 0) > room) return { input, head, rest };
  try {
    for (let length = 0; length <= room; ) {
      const { done, value } = await rest.next();
      if (done === true) return { input, head: await withoutRules(head) };
      const why = head.length === 0 ? whyNoText(value, input.file) : undefined;
      if (why !== undefined) return { input, head, problem: unreadable(input.file, why) };
      head.push(value);
      length += value.length;
    }
    return { input, head, rest };
  } catch (error) {
    return { input, head, problem: unreadable(input.file, reasonOf(error)) };
  }
}

/** The manifests of a page that has rules beside them; their lines stay what they are. */
async function withoutRules(head: readonly Buffer[]): Promise<readonly Buffer[]> {
  const text = head.map(String).join('');
  if (!isPage(text)) return head;
  const { manifestsOf } = await import('../../istio/found/page.ts');
  return [Buffer.from(manifestsOf(text))];
}

/** The bytes of an input, from its start. Throws what the system throws. */
export async function* chunksOf({ head, rest }: OpenedInput): AsyncGenerator<Buffer> {
  yield* head;
  if (rest !== undefined) yield* { [Symbol.asyncIterator]: () => rest };
}
