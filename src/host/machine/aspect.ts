/** One thing about a machine, judged: what it is, whether that is as Istio's rules need it, and what to do if not. */

export type Topic =
  | 'kernel'
  | 'container'
  | 'rights'
  | 'iptables-nft'
  | 'iptables-legacy'
  | 'iptables'
  | 'backend'
  | 'programs'
  | 'modules'
  | 'xtables lock'
  | 'own lock'
  | 'IPv6'
  | 'root';

export interface Aspect {
  readonly topic: Topic;
  /** `warn` where it keeps rules from being made or seen in some way that people use. */
  readonly state: 'ok' | 'warn';
  readonly text: string;
  /** What to do about it; only with `warn`. */
  readonly fix?: string;
}

/** It is as it should be. */
export function fine(topic: Topic, text: string): Aspect {
  return { topic, state: 'ok', text };
}

/** It stands in the way of something. */
export function warning(topic: Topic, text: string, fix: string): Aspect {
  return { topic, state: 'warn', text, fix };
}
