/** Interfaces that a comparison has to know of: those of the hosts, those that rules name, and one that no rule names. */

import type { Ruleset } from '../rule.ts';
import { rulesIn } from '../rule.ts';
import type { Host, Interface } from '../trace/host.ts';

/** The host with an interface for each that the rules name or that is listed, and with one that no rule names. */
export function withInterfaces(host: Host, rulesets: readonly Ruleset[], names: readonly string[] = []): Host {
  const patterns = rulesets.flatMap(patternsIn);
  const interfaces = [...new Set([...names, ...host.interfaces.map(({ name }) => name), ...patterns.map(instanceOf)])];
  const others = interfaces.filter((name) => name !== 'lo');
  const free = others.some((name) => !patterns.some((pattern) => fits(name, pattern)));
  const all = free ? interfaces : [...interfaces, unnamed([...patterns, ...interfaces])];
  const known = new Map(host.interfaces.map((one) => [one.name, one]));
  return { ...host, interfaces: all.map((name, index) => known.get(name) ?? placeholder(name, index)) };
}

function patternsIn(ruleset: Ruleset): readonly string[] {
  const matches = rulesIn(ruleset).flatMap((rule) => rule.matches);
  return [...new Set(matches.flatMap((match) => (match.kind === 'in-interface' || match.kind === 'out-interface' ? [match.value] : [])))];
}

/** A name that the pattern stands for, and that no other pattern is likely to name. */
function instanceOf(pattern: string): string {
  return pattern.endsWith('+') ? `${pattern.slice(0, -1)}99` : pattern;
}

function fits(name: string, pattern: string): boolean {
  return pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function unnamed(patterns: readonly string[]): string {
  for (let number = 0; ; number += 1) {
    const name = ['eth', 'ens', 'other', 'x']
      .map((stem) => `${stem}${number}`)
      .find((one) => !patterns.some((pattern) => fits(one, pattern)));
    if (name !== undefined) return name;
    // Every name is taken by a pattern such as `+`.
    if (number > patterns.length) return 'other';
  }
}

// Addresses that documents use (RFC 5737, RFC 3849).
function placeholder(name: string, index: number): Interface {
  return { name, addresses: name === 'lo' ? [] : [`198.51.100.${index + 1}`, `2001:db8:2::${index + 1}`] };
}
