/** The parts of a rule as nft's JSON names them (libnftables-json(5)): what text and JSON of nft have in common. */

/** What a match looks at, or a statement changes. */
export type Selector =
  | { readonly meta: { readonly key: string } }
  | { readonly payload: { readonly protocol: string; readonly field: string } }
  | { readonly ct: { readonly key: string } };

/** A selector with some of its bits. */
export type Masking = { readonly '&': readonly [Selector, number] };

export type Left = Selector | Masking;

export type Right =
  | number
  | string
  | { readonly prefix: { readonly addr: string; readonly len: number } }
  | { readonly range: readonly [Right, Right] }
  | { readonly set: readonly Right[] }
  | readonly string[];

export interface MatchExpression {
  readonly match: { readonly op: string; readonly left: Left; readonly right: Right };
}

/** What a mark or a zone is set to. */
export type Assigned = number | Left | { readonly '|': readonly [Left, number] } | { readonly '^': readonly [Left, number] };

/** An expression that is understood, or the words of one that is not. */
export type Expression =
  | MatchExpression
  | { readonly counter: { readonly packets: number; readonly bytes: number } | null }
  | { readonly jump: { readonly target: string } }
  | { readonly goto: { readonly target: string } }
  | { readonly accept: null }
  | { readonly drop: null }
  | { readonly return: null }
  | { readonly queue: null }
  | { readonly redirect: { readonly port: Right } | null }
  | { readonly tproxy: { readonly family?: string; readonly addr?: string; readonly port?: number } }
  | { readonly snat: { readonly family?: string; readonly addr: string } }
  | { readonly dnat: { readonly family?: string; readonly addr: string; readonly port?: number } }
  | { readonly mangle: { readonly key: Selector; readonly value: Assigned } }
  | { readonly xt: { readonly type: string; readonly name: string } }
  | { readonly words: string };

export const META = (key: string): Selector => ({ meta: { key } });
export const CT = (key: string): Selector => ({ ct: { key } });
export const PAYLOAD = (protocol: string, field: string): Selector => ({ payload: { protocol, field } });

/** `==`, and what says so without a word. */
export function matchOf(left: Left, right: Right, negated = false): MatchExpression {
  return { match: { op: negated ? '!=' : '==', left, right } };
}
