/** What a command line asks to trace. */

import { badOption, oneOf } from '../../istio/bad-option.ts';
import { readPort } from '../../istio/packets/packet/endpoint.ts';
import type { PacketWords } from '../../istio/packets/packet/words.ts';
import { STORY_IDS } from '../../istio/packets/stories.ts';
import { quoted } from '../../istio/problems.ts';

type GivenWords = Omit<PacketWords, 'family'>;

/** The options, as they were given. */
export interface TraceWords extends GivenWords {
  /** The name of a story. */
  readonly request?: string;
  readonly port?: string;
  /** A rule's id, or its place. */
  readonly rule?: string;
}

export type Question =
  | { readonly kind: 'packet'; readonly words: GivenWords }
  | { readonly kind: 'story'; readonly id: string; readonly to: string | undefined }
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'rule'; readonly rule: string };

const EXAMPLES =
  'nothing is asked: say where a packet goes, as 10.0.0.5:80 from the app or pod:8080 from outside, or a whole request, as --request client-to-app';

/** What is asked for: one thing, and nothing that says nothing about it. Throws a ProblemError for anything else. */
export function readQuestion({ request, port, rule, ...words }: TraceWords): Question {
  if (request !== undefined) {
    const id = oneOf('--request', request, STORY_IDS);
    const { to, ...others } = words;
    refuseOthers({ port, rule, ...others }, '--request, which sets all of it but --to');
    return { kind: 'story', id, to };
  }
  if (port !== undefined) {
    refuseOthers({ rule, ...words }, '--port, which is about all packets to it');
    const number = readPort(port);
    if (number === null) throw badOption('--port', `${quoted(port)} is not a port: 1 to 65535, or the name of a service such as https`);
    return { kind: 'port', port: number };
  }
  if (rule !== undefined) {
    refuseOthers({ ...words }, '--rule, which is about all packets that it matches');
    return { kind: 'rule', rule };
  }
  if (words.from === undefined && words.to === undefined) throw badOption('trace', EXAMPLES);
  return { kind: 'packet', words };
}

function refuseOthers(others: Readonly<Record<string, string | undefined>>, what: string): void {
  const [stray] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (stray !== undefined) throw badOption(`--${stray}`, `does not go with ${what}`);
}
