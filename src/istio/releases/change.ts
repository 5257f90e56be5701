import type { Spans } from './known.ts';

/** Whose traffic, or what else, a change touches. */
export type Touches =
  | 'all'
  | 'inbound'
  | 'outbound'
  | 'dns'
  | 'ipv6'
  | 'routing'
  | 'arguments'
  | 'injection'
  | 'apply'
  | 'logging'
  /** The text of the rules, not what they do. */
  | 'spelling';

/** A named difference between releases. */
export interface Change {
  readonly spans: Spans;
  /** Istio's commits that made it, or undid it; empty where they are not known here. */
  readonly commits: readonly string[];
  readonly touches: Touches;
  readonly what: string;
}
