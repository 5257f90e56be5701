/** What becomes of a request, in one sentence. */

import type { OwnerRange } from '../../../netfilter/numbers.ts';
import { ownerText } from '../packet/text.ts';
import { isCaught } from '../verdict.ts';
import type { Chain, Ending } from './follow.ts';
import type { Answered } from './replies.ts';
import type { Stage } from './stage.ts';
import type { Story } from './story.ts';

export interface Outcome {
  readonly kind: 'answered' | 'answer lost' | Exclude<Ending, 'arrives'>;
  /** Who gets it, one after the other: `Envoy inbound`, `the application`. */
  readonly path: readonly string[];
  readonly proxied: boolean;
  /** Whether it is as the story is told: through the proxy, or past it. */
  readonly asMeant: boolean;
  /** A sentence without a full stop. */
  readonly words: string;
}

/** The outcome of a chain and its answers. */
export function outcomeOf(stage: Stage, { meant }: Story, chain: Chain, answers: readonly Answered[]): Outcome {
  const { followed, ending } = chain;
  const lost = answers.find((answer) => answer.lost !== undefined);
  const doubtful = answers.find((answer) => answer.doubtful);
  const came = lost !== undefined ? 'answer lost' : doubtful === undefined ? 'answered' : 'unknown';
  const kind = ending === 'arrives' ? came : ending;
  const proxied = followed.some(({ connection, verdict }) => connection.pod === 'this' && isCaught(verdict));
  return {
    kind,
    path: pathOf(chain),
    proxied,
    asMeant: kind === 'answered' && (meant === 'either' || (meant === 'proxied') === proxied),
    words: wordsOf(kind, chain, lost ?? doubtful, { past: pastProxy(meant, proxied), stranger: strangerIn(stage) }),
  };
}

function pathOf({ followed }: Chain): readonly string[] {
  return followed.map(({ receiver }) => receiver.name).filter((name) => name !== 'nobody');
}

/** What is said of a request that the proxy of this pod does not see. */
function pastProxy(meant: Story['meant'], proxied: boolean): string {
  return proxied ? '' : meant === 'proxied' ? 'BYPASSES the proxy: it ' : 'is not captured: it ';
}

/** A proxy that runs as somebody else than the rules let through is what most loops come from. */
function strangerIn({ here: { pod }, values }: Stage): string {
  const isIn = (ranges: readonly OwnerRange[], id: number | undefined): boolean =>
    id === undefined || ranges.some((range) => !('first' in range) || (range.first <= id && id <= range.last));
  const known = isIn(values['proxy.uids'], pod.proxy.uid) || isIn(values['proxy.gids'], pod.proxy.gid);
  return known ? '' : `; the proxy runs as${ownerText(pod.proxy).replace(/[()]/g, '')}, which no rule lets through`;
}

function wordsOf(
  kind: Outcome['kind'],
  chain: Chain,
  lost: Answered | undefined,
  { past, stranger }: { readonly past: string; readonly stranger: string },
): string {
  const last = chain.followed.at(-1);
  const chains = pathOf(chain).join(', then ');
  switch (kind) {
    case 'answered':
      return `${past}comes to ${chains}; the answers come back`;
    case 'answer lost':
      return `${past}comes to ${chains}, but an ANSWER IS LOST: ${lost?.label}, and it ${lost?.lost}`;
    case 'loop': {
      const { between = [] } = chain;
      const ports = between.length < 2 ? '' : ` between ${between.slice(0, -1).join(', ')} and ${between.at(-1)}`;
      return `LOOPS${ports}: what ${last?.connection.opener.name} opens comes back to ${last?.receiver.name}, which opens it again, without end${stranger}`;
    }
    case 'refused':
      return `is REFUSED: it is ${last?.verdict.words}`;
    case 'dropped':
      return `is LOST: ${last?.verdict.words}`;
    case 'misled':
      return 'FAILS: it comes to Envoy inbound, which calls nobody but this pod';
    case 'unknown':
      if (chain.ending === 'arrives')
        return `${past}comes to ${chains}; whether the answers come back is not known: ${lost?.label}, ${lost?.verdict.words}`;
      return `is UNKNOWN: ${last?.verdict.words}`;
    default:
      return kind satisfies never;
  }
}
