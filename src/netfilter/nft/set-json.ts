/** Sets and maps of nft as `nft -j list ruleset` has them. */

import { parseNetwork } from '../address/network.ts';
import type { NftSet, SetElement } from '../rule/nft-set.ts';
import { elementsIn } from './plain-texts.ts';
import { readExpressions } from './read-expressions.ts';

/** The item of a set or a map, under the name of its kind. */
export function setJson({ name, type, data, lines = [], comment, elements }: NftSet, family: string, table: string): object {
  const [, flags] = lines.map((line) => /^flags (.+)$/.exec(line)).find((found) => found !== null) ?? [];
  const [, timeout] = lines.map((line) => /^timeout (\d+)s$/.exec(line)).find((found) => found !== null) ?? [];
  const types = type.split(' . ');
  const item = {
    family,
    name,
    table,
    type: types.length === 1 ? type : types,
    ...(comment === undefined ? {} : { comment }),
    ...(data === undefined ? {} : { map: data }),
    ...(flags === undefined ? {} : { flags: flags.split(/, ?/) }),
    ...(timeout === undefined ? {} : { timeout: Number(timeout) }),
    ...(elements.length === 0 ? {} : { elem: elements.map((one) => elementJson(one, data)) }),
  };
  return data === undefined ? { set: item } : { map: item };
}

function elementJson({ value, comment, to }: SetElement, data: string | undefined): unknown {
  const key = comment === undefined ? valueJson(value) : { elem: { val: valueJson(value), comment } };
  if (to === undefined) return key;
  return [key, data === 'verdict' ? readExpressions(to)[0] : valueJson(to)];
}

function valueJson(text: string): unknown {
  const parts = text.split(' . ');
  if (parts.length > 1) return { concat: parts.map(valueJson) };
  if (/^(?:0x[\da-f]+|\d+)$/i.test(text)) return Number(text);
  const [, addr, len] = /^([\da-f.:]+)\/(\d+)$/i.exec(text) ?? [];
  if (addr !== undefined && len !== undefined) return { prefix: { addr, len: Number(len) } };
  const [first = '', last] = text.split('-');
  const isRange = last !== undefined && [first, last].every((one) => /^\d+$/.test(one) || parseNetwork(one) !== null);
  return isRange ? { range: [valueJson(first), valueJson(last)] } : text.replace(/^"(.*)"$/, '$1');
}

/** `tcp dport vmap @ways`, `ip daddr . tcp dport @services`, `meta mark set tcp dport map { 80 : 0x1 }` as JSON; undefined for other words. */
export function lookupJson(words: string): object | undefined {
  const [, vmapKey, verdicts = ''] = /^(.+) vmap (@\S+|\{.*\})$/.exec(words) ?? [];
  if (vmapKey !== undefined) return whole({ vmap: { key: keyJson(vmapKey), data: namedOrSet(verdicts, 'verdict') } });
  const [, set, mapKey, values = ''] = /^((?:meta|ct) mark) set (.+) map (@\S+|\{.*\})$/.exec(words) ?? [];
  if (set !== undefined && mapKey !== undefined)
    return whole({ mangle: { key: keyJson(set), value: { map: { key: keyJson(mapKey), data: namedOrSet(values, 'value') } } } });
  const [, nat, family, natKey, addresses = ''] = /^([sd]nat) (?:(ip6?) )?to (.+) map (@\S+|\{.*\})$/.exec(words) ?? [];
  if (nat !== undefined && natKey !== undefined)
    return whole({
      [nat]: { ...(family === undefined ? {} : { family }), addr: { map: { key: keyJson(natKey), data: namedOrSet(addresses, 'value') } } },
    });
  const [, key, not, looked = ''] = /^(.+ \. .+?)( !=)? (@\S+|\{.*\})$/.exec(words) ?? [];
  return key === undefined
    ? undefined
    : whole({ match: { op: not === undefined ? '==' : '!=', left: keyJson(key), right: namedOrSet(looked, undefined) } });
}

/** Only where every part is known. */
function whole(json: object): object | undefined {
  return JSON.stringify(json).includes('null,"unknown"') ? undefined : json;
}

function keyJson(text: string): unknown {
  const parts = text.split(' . ');
  if (parts.length > 1) return { concat: parts.map(keyJson) };
  const [, of = '', field = ''] = /^(meta|ct|ip6?|tcp|udp|th) (\w+)$/.exec(text) ?? [];
  if (of === 'meta' || of === 'ct') return { [of]: { key: field } };
  if (of !== '') return { payload: { protocol: of, field } };
  const [, mode, mod] = /^numgen (\w+) mod (\d+)$/.exec(text) ?? [];
  return mode === undefined ? [null, 'unknown'] : { numgen: { mode, mod: Number(mod), offset: 0 } };
}

function namedOrSet(text: string, data: string | undefined): unknown {
  return text.startsWith('@') ? text : { set: elementsIn(text.replace(/^\{|\}$/g, '')).map((one) => elementJson(one, data)) };
}
