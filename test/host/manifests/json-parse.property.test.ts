import fc from 'fast-check';
import { describe, expect } from 'vitest';
import type { ManifestItem } from '../../../src/istio/kubernetes/manifest/item.ts';
import { property } from '../../property.ts';
import { rounds } from '../../trials.ts';
import { rawItems, textItems, told } from './reading.ts';

const runs = { numRuns: rounds(400) };

/** JSON as nobody would write it: blanks anywhere, numbers and strings in all their spellings, keys twice. */
const blank = fc.constantFrom('', '', ' ', '\n', '\t', '\r\n', '  \n ');
const word = fc.constantFrom('0', '-0', '80', '1.0', '1e3', '1E+2', '123456789012345678901', 'true', 'false', 'null');
const string = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => JSON.stringify(text)),
  fc.constantFrom('"\\u0061"', '"\\/"', '"\\ud83d"', '"😀é"', '"{\\"a\\":1}"', '"a: b"', '"\\\\"', '""'),
);
const key = fc.oneof(string, fc.constantFrom('"a"', '"b"', '"0"', '"__proto__"', '"items"', '"kind"'));
const { value } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, word, string, tie('list'), tie('object')),
  list: fc.array(fc.tuple(blank, tie('value'), blank), { maxLength: 3 }).map((all) => `[${all.map((one) => one.join('')).join(',')}]`),
  object: fc
    .array(fc.tuple(blank, key, blank, fc.constant(':'), blank, tie('value'), blank), { maxLength: 4 })
    .map((all) => `{${all.map((one) => one.join('')).join(',')}}`),
}));
const container = fc.tuple(key, value).map(([name, of]) => `{"name":"c",${name}:${of},"ports":[{"containerPort":${of}}]}`);
const pod = fc
  .tuple(blank, key, value, fc.array(container, { maxLength: 2 }), key, value)
  .map(
    ([gap, name, of, containers, other, more]) =>
      `{"kind":"Pod",${gap}"metadata":{"annotations":{${name}:${of}},${gap}"labels":{"x":"y"},${other}:${more}},"spec":{"containers":[${containers.join(',')}]}}`,
  );

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const broken = (items: readonly ManifestItem[]): boolean =>
  items.some((item) => item.kind === 'problem' && item.problem.code === 'bad-yaml');

describe('an object of JSON', () => {
  property([pod], runs)('that the runtime parsed has the texts and the places that reading token by token finds', (text) => {
    // A key that stands twice in what nobody reads makes a text be read token by token, and changes nothing of what is read.
    const byTokens = text.replace(/\}$/, ',"unread":{"a":1,"a":2}}');
    expect(told(rawItems(text))).toEqual(told(textItems(byTokens)));
  });

  property([pod, fc.nat(9999), fc.constantFrom('', '"', '}', '{', ',', ':', '\\', 'x', '\n', '01')], runs)(
    'is refused where JSON.parse refuses it, and only there',
    (text, part, instead) => {
      const at = 8 + Math.floor((part / 10_000) * (text.length - 8));
      for (const changed of [`${text.slice(0, at)}${instead}${text.slice(at + 1)}`, text.slice(0, at)]) {
        // Two objects behind one another are two documents.
        const list = `[${changed}\n]`;
        expect(broken(textItems(list))).toBe(!parses(list));
      }
    },
  );

  property([fc.array(pod, { maxLength: 4 }), fc.integer({ min: 1, max: 40 })], { numRuns: rounds(100) })(
    'is found in a List, in lines and behind one another, in pieces of any size',
    (pods, size) => {
      for (const text of [`{"items":[${pods.join(',')}],"kind":"List"}`, pods.join('\n'), pods.join('')]) {
        const whole = textItems(text);
        expect(textItems(text, size)).toEqual(whole);
        expect(whole.filter(({ kind }) => kind === 'workload')).toHaveLength(pods.length);
      }
    },
  );
});
