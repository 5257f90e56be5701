/** What the runtime's own parser makes of an object of JSON, if nothing of it is lost. */

import { isAscii, isUtf8 } from 'node:buffer';
import type { PodValues } from '../../istio/kubernetes/plain-pod.ts';
import type { Values } from '../../istio/value-nodes.ts';
import { keysIn } from '../../istio/value-nodes.ts';
import type { JsonSpan } from './json-span.ts';

/** A pod that was told by its values, without them. */
export interface KnownPod extends Pick<JsonSpan, 'end' | 'lines'> {
  readonly values: PodValues;
  readonly tail: number;
}

export interface MadeValues {
  readonly values: Values;
  /** UTF-16 units of its last line. */
  readonly tail: number;
}

/**
 * Undefined where only reading token by token tells what an object holds: what is no JSON, a key that stands twice, a number
 * of which the runtime loses what was written, a List.
 */
export function valuesIn(bytes: Buffer, { plain, keys }: JsonSpan): MadeValues | undefined {
  const text = plain ? textIn(bytes) : undefined;
  const values = text === undefined ? undefined : parsed(text);
  if (text === undefined || values === undefined || keysIn(values) !== keys || Array.isArray(values['items'])) return undefined;
  return { values, tail: text.length - text.lastIndexOf('\n') - 1 };
}

/** Undefined for what is no UTF-8. What is ASCII alone is a text at half the cost. */
function textIn(bytes: Buffer): string | undefined {
  if (isAscii(bytes)) return bytes.toString('latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

export function parsed(text: string): Values | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
