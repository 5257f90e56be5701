/** `trace SOURCE 10.20.30.40:3306`: where a packet goes, as an operand. */

import { badOption } from '../../istio/bad-option.ts';
import { readEndpoint } from '../../istio/packets/packet/endpoint.ts';
import { quoted } from '../../istio/problems.ts';
import { isSource } from '../../sources/implicit-source.ts';
import type { TraceWords } from './question.ts';

export interface TraceOperands {
  readonly source: string | undefined;
  readonly to: string | undefined;
}

/** The only operand may be either of the two; what is there is a SOURCE. */
export function operandsOf(first: string | undefined, second: string | undefined): TraceOperands {
  // Either order is understood where it can be only one.
  if (first !== undefined && second !== undefined && isTarget(first) && isSource(second)) return { source: second, to: first };
  if (second !== undefined || first === undefined || !isTarget(first)) return { source: first, to: second };
  return { source: undefined, to: first };
}

/** Throws a ProblemError for a word that is neither of the two, which says more than that something is missing. */
export function refuseNeither({ source, to }: TraceOperands, words: TraceWords): void {
  const isGiven = Object.keys(words).length > 0 || to !== undefined;
  if (isGiven || source === undefined || isSource(source) || /\.\w+$/.test(source.replace(/^[\d.]+$/, ''))) return;
  throw badOption('trace', `${quoted(source)} is neither HOST:PORT, as 10.0.0.5:80 or pod:8080, nor a SOURCE that is there`);
}

/** Whether a word says where a packet goes: with its port, for a file may have any name. */
export function isTarget(word: string): boolean {
  if (isSource(word)) return false;
  const read = readEndpoint(word);
  return typeof read === 'object' && read.port !== undefined;
}

/** Words with a target that was an operand. Throws a ProblemError where an option names one as well. */
export function withTarget(words: TraceWords, to: string): TraceWords {
  if (words.to !== undefined) throw badOption('--to', `${to} is named already`);
  return withSender({ ...words, to });
}

/** Where only the target is named, who sends it is the app, or whoever calls the pod. */
export function withSender<W extends Pick<TraceWords, 'from' | 'to' | 'request'>>(words: W): W {
  const { from, to, request } = words;
  return to === undefined || from !== undefined || request !== undefined ? words : { ...words, from: senderTo(to) };
}

/** What a word that is no target was meant for, as the end of a sentence: an address of a page, an address and a port apart. */
export function nearestTarget(word: string, before: string | undefined): string {
  const [, scheme = '', host = ''] = /^([a-z]+):\/\/([^/?#]+)/i.exec(word) ?? [];
  const [meant] = [
    ...(host === '' ? [] : [/:\d+$/.test(host) ? host : `${host}:${scheme.toLowerCase() === 'http' ? 80 : 443}`]),
    ...(/^\d+$/.test(word) ? [...(before === undefined || isSource(before) ? [] : [`${before}:${word}`]), `pod:${word}`] : []),
  ].filter(isTarget);
  return meant === undefined ? '' : ` (did you mean ${meant}?)`;
}

/** `outside` for a port of the pod itself, else `app`. */
export function senderTo(to: string): string {
  const read = readEndpoint(to);
  return typeof read === 'object' && read.place === 'pod' ? 'outside' : 'app';
}
