/** What a concern hands to the plan: a rule, and where it goes. */

import type { Network } from '../../../netfilter/address/network.ts';
import type { Family } from '../../../netfilter/family.ts';
import type { Match } from '../../../netfilter/rule/match.ts';
import type { Target } from '../../../netfilter/rule/target.ts';
import type { Rule } from '../../../netfilter/rule.ts';
import type { Profile } from '../../releases/profile.ts';
import type { SettingKey, SettingValues } from '../../settings/settings.ts';
import type { Switches } from '../../settings/switches.ts';

/** Everything a concern may look at. One value for each family. */
export interface Context {
  readonly family: Family;
  readonly values: SettingValues;
  readonly switches: Switches;
  readonly has: Profile['has'];
  /** Whether the rules are native ones of nft: both families share one table there. */
  readonly native: boolean;
  /** Whether this family is captured with TPROXY: releases before 1.12 gave IPv6 the rules of REDIRECT. */
  readonly tproxy: boolean;
  /** Which DNS is captured in this family. */
  readonly dns: SettingValues['dns.capture'];
  /** The nameservers of this family. */
  readonly servers: readonly Network[];
  /** Whether there is a nameserver of either family. */
  readonly anyServer: boolean;
  /** What counts as loopback in this family. */
  readonly loopback: Network;
  /** The address from which the proxy calls its own pod: 127.0.0.6 or ::6. */
  readonly passthrough: Network;
}

export interface Step {
  readonly table: string;
  readonly chain: string;
  /** 1-based place for an insert; undefined for the end of the chain. */
  readonly at?: number;
  readonly rule: Rule;
  /** The name under which trace logging copies the rule, where it does. */
  readonly trace?: string;
}

/** Why a rule is there: its stable id, a sentence, and the settings that caused it. */
export interface Reason {
  readonly id: string;
  readonly text: string;
  readonly settings: readonly SettingKey[];
  readonly trace?: string;
}

/** A concern: settings and release in, rules out, in the order in which the release's program emits them. */
export type Concern = (context: Context) => readonly Step[];

/** A rule at the end of a chain. */
export function append(table: string, chain: string, matches: readonly Match[], target: Target, reason: Reason): Step {
  const { id, text, settings, trace } = reason;
  const rule: Rule = { matches, target, id, because: { text, settings } };
  return trace === undefined ? { table, chain, rule } : { table, chain, rule, trace };
}

/** A rule at a place of a chain, 1 for the top. */
export function insert(at: number, table: string, chain: string, matches: readonly Match[], target: Target, reason: Reason): Step {
  return { ...append(table, chain, matches, target, reason), at };
}
