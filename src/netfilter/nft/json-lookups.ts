/** Sets, maps and what looks up in them, of nft's JSON, in the words of its text. */

import type { Json } from '../nft-listing.ts';
import { isRecord } from '../nft-listing.ts';
import type { SetElement } from '../rule/nft-set.ts';
import type { Expression } from './expression.ts';
import { expressionsText } from './expression-text.ts';

/** The elements of a set; of a map each is a pair. */
export function jsonElements(elem: unknown): readonly SetElement[] {
  return (Array.isArray(elem) ? elem : []).map((one: unknown): SetElement => {
    const [key, to] = Array.isArray(one) ? one : [one, undefined];
    const inner: Json = isRecord(key) && isRecord(key['elem']) ? key['elem'] : { val: key };
    return {
      value: valueText(inner['val']),
      ...(typeof inner['comment'] === 'string' ? { comment: inner['comment'] } : {}),
      ...(to === undefined ? {} : { to: valueText(to) }),
    };
  });
}

/** A value, a verdict or what is asked of a packet, in words. */
function valueText(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return `${value}`;
  if (!isRecord(value)) throw new RangeError('no value of nft');
  const { prefix, range, concat, set } = value;
  if (isRecord(prefix)) return `${prefix['addr']}/${prefix['len']}`;
  if (Array.isArray(range)) return range.map(valueText).join('-');
  if (Array.isArray(value['|'])) return value['|'].map(valueText).join(' | ');
  if (Array.isArray(concat)) return concat.map(valueText).join(' . ');
  if (Array.isArray(set))
    return `{ ${jsonElements(set)
      .map(({ value: key, to }) => (to === undefined ? key : `${key} : ${to}`))
      .join(', ')} }`;
  if ('numgen' in value && isRecord(value['numgen'])) return `numgen ${value['numgen']['mode']} mod ${value['numgen']['mod']}`;
  if (isRecord(value['map'])) return `${valueText(value['map']['key'])} map ${valueText(value['map']['data'])}`;
  if ('meta' in value || 'payload' in value || 'ct' in value || '&' in value)
    return expressionsText([{ match: { op: 'in', left: value, right: '' } } as unknown as Expression]).trim();
  if (!['accept', 'drop', 'return', 'continue', 'jump', 'goto'].some((verdict) => verdict in value))
    throw new RangeError('no value of nft');
  return expressionsText([value as unknown as Expression]);
}

function logText([option, value]: [string, unknown]): string {
  return option === 'prefix' ? `prefix "${valueText(value)}"` : `${option} ${[value].flat().map(valueText).join(',')}`;
}

/** The words of an expression that looks something up, and of a few others that have no form here; undefined for the rest, or one of another shape than nft's. */
export function lookupText(item: Json): string | undefined {
  try {
    return textOf(item);
  } catch {
    return undefined;
  }
}

function isChoice(right: unknown): boolean {
  return isRecord(right) && Array.isArray(right['|']);
}

function isConcat(left: unknown): boolean {
  return isRecord(left) && 'concat' in left;
}

function textOf({ vmap, match, dnat, snat, mangle, log, ...other }: Json): string | undefined {
  if ('continue' in other) return 'continue';
  if (isRecord(log)) return ['log', ...Object.entries(log).map(logText)].join(' ');
  if (isRecord(match) && (isChoice(match['right']) || isConcat(match['left'])))
    return `${valueText(match['left'])} ${match['op'] === '!=' ? '!= ' : ''}${valueText(match['right'])}`;
  if (isRecord(vmap) && isRecord(vmap['key'])) return `${valueText(vmap['key'])} vmap ${valueText(vmap['data'])}`;
  for (const [kind, nat] of Object.entries({ dnat, snat })) {
    if (isRecord(nat) && isRecord(nat['addr']) && isRecord(nat['addr']['map']))
      return `${kind} ${nat['family'] === undefined ? '' : `${nat['family']} `}to ${valueText(nat['addr'])}`;
  }
  return isRecord(mangle) && isRecord(mangle['value']) && isRecord(mangle['value']['map'])
    ? `${valueText(mangle['key'])} set ${valueText(mangle['value'])}`
    : undefined;
}
