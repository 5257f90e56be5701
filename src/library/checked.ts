/** What callers hand over is looked at before it is used, and refused in the words of the program. */

import { badOption } from '../istio/bad-option.ts';
import type { Problem } from '../istio/problems.ts';
import { nearest, ProblemError, quoted } from '../istio/problems.ts';
import type { Facts } from '../istio/settings/facts.ts';
import { parseNetwork } from '../netfilter/address/network.ts';

/** Does what it is told, and names what is wrong as the caller does: no option of a command line was given. Throws what the work throws. */
export function inOwnWords<R>(nameOf: (option: string) => string, work: () => R): R {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    throw new ProblemError(error.problems.map((one) => renamed(one, nameOf)));
  }
}

function renamed({ source, args, ...rest }: Problem, nameOf: (option: string) => string): Problem {
  const { option } = args;
  return {
    ...rest,
    args: option === undefined ? args : { ...args, option: nameOf(option) },
    source: source.kind === 'option' ? { ...source, option: nameOf(source.option) } : source,
  };
}

/** What a value is, in a few words. */
function printedValue(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `${typeof value} ${String(value)}`;
}

/** A text. Throws a ProblemError for anything else. */
export function text(name: string, value: unknown): string {
  if (typeof value !== 'string') throw badOption(name, `${printedValue(value)} is not a text`);
  return value;
}

/** A list of texts. Throws a ProblemError for anything else, a single text among it. */
export function texts(name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw badOption(name, `${printedValue(value)} is not a list of texts`);
  return value.map((one, index) => text(`${name}[${index}]`, one));
}

/** An object with these keys and no other. Throws a ProblemError for anything else. */
export function fields<K extends string>(name: string, value: unknown, keys: readonly K[]): Readonly<Partial<Record<K, unknown>>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badOption(name, `${printedValue(value)} is not an object`);
  const other = Object.keys(value).find((key) => !keys.some((one) => one === key));
  if (other !== undefined) throw badOption(name, `${quoted(other)} is not one of ${keys.join(', ')}${nearest(other, keys)}`);
  return value as Readonly<Partial<Record<K, unknown>>>;
}

/** Texts by name. Throws a ProblemError for anything else. */
export function textsByName(name: string, value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badOption(name, `${printedValue(value)} is not an object`);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, text(`${name}.${key}`, one)]));
}

/** Addresses and nameservers of a pod, where they are given. Throws a ProblemError for what is no address. */
export function factsFrom({ addresses, nameservers }: { readonly addresses?: unknown; readonly nameservers?: unknown }): Facts {
  return {
    ...(addresses === undefined ? {} : { addresses: addressesIn('addresses', addresses, 'an address such as 10.1.2.3 or 2001:db8::7') }),
    ...(nameservers === undefined ? {} : { nameservers: addressesIn('nameservers', nameservers, 'an address such as 10.96.0.10') }),
  };
}

function addressesIn(name: string, value: unknown, allowed: string): readonly string[] {
  const all = texts(name, value);
  const wrong = all.find((one) => parseNetwork(one.replace(/%.*$/s, '')) === null);
  if (wrong !== undefined) throw badOption(name, `${quoted(wrong)} is not ${allowed}`);
  return all;
}
