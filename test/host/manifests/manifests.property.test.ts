import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ManifestItem } from '../../../src/istio/kubernetes/manifest/item.ts';
import { formatProblem } from '../../../src/istio/problems.ts';
import { writeYaml } from '../../../src/istio/yaml.ts';
import { property } from '../../property.ts';
import { rounds } from '../../trials.ts';
import { textItems } from './reading.ts';

const runs = { numRuns: rounds(150) };

// ---- manifests as they are, and as nobody would write them ----

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom(
    '',
    'true',
    'null',
    '80',
    '0x50',
    '- a',
    '---',
    '...',
    'a: b',
    '#',
    '\n',
    'x\n---\ny',
    '"',
    '\\',
    '{',
    '\u2028',
    '\ud83d',
    '😀',
  ),
);
const name = fc.constantFrom('a', 'reviews-v1', 'é', '😀');
const texts = fc.dictionary(
  fc.oneof(fc.constantFrom('traffic.sidecar.istio.io/includeInboundPorts', 'sidecar.istio.io/inject'), text),
  text,
  {
    maxKeys: 3,
  },
);
const metadata = fc.record({ name, namespace: name, annotations: texts, labels: texts }, { requiredKeys: ['name'] });
const container = fc.record(
  {
    name,
    image: text,
    args: fc.array(text, { maxLength: 3 }),
    env: fc.array(fc.record({ name, value: text }), { maxLength: 2 }),
    ports: fc.array(fc.record({ containerPort: fc.nat(65535) }), { maxLength: 2 }),
    securityContext: fc.record({ runAsUser: fc.nat(70_000) }),
  },
  { requiredKeys: ['name'] },
);
const spec = fc.record(
  { hostNetwork: fc.boolean(), containers: fc.array(container, { maxLength: 2 }), initContainers: fc.array(container, { maxLength: 1 }) },
  { requiredKeys: ['containers'] },
);
const object = fc.oneof(
  fc.record({ apiVersion: fc.constant('v1'), kind: fc.constant('Pod'), metadata, spec }),
  fc.record({
    apiVersion: fc.constant('apps/v1'),
    kind: fc.constant('Deployment'),
    metadata,
    spec: fc.record({ template: fc.record({ metadata, spec }) }),
  }),
  fc.record({ apiVersion: fc.constant('v1'), kind: fc.constantFrom('Service', 'Namespace'), metadata }),
);
const objects = fc.array(object, { minLength: 1, maxLength: 4 });

const FORMS: Readonly<Record<string, (objects: readonly object[]) => string>> = {
  'documents of YAML': (all) => all.map((one) => `---\n${writeYaml(one)}`).join(''),
  'a List of YAML': (all) => writeYaml({ apiVersion: 'v1', items: all, kind: 'List' }),
  'a List of JSON': (all) => JSON.stringify({ apiVersion: 'v1', items: all, kind: 'List' }, null, 2),
  'lines of JSON': (all) => all.map((one) => `${JSON.stringify(one)}\n`).join(''),
};
const writtenAs = (forms: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...forms), objects).map(([form, all]) => FORMS[form]?.(all) ?? '');
const written = writtenAs(Object.keys(FORMS));
// A short List of YAML is one document: it is broken as a whole.
const parted = writtenAs(Object.keys(FORMS).filter((form) => form !== 'a List of YAML'));
const partOf = fc.nat(9999).map((part) => part / 10_000);

/** An item without its places and quotes, so that two forms of the same can be compared. */
function withoutPlaces(items: readonly ManifestItem[]): unknown {
  const plain = (_: string, value: unknown): unknown => (value instanceof Map ? [...value] : value);
  return JSON.parse(JSON.stringify(items, plain), (key, value) =>
    /^(?:source|line|column|plain|indent)$|At$/.test(key) ? undefined : value,
  );
}

/** The items that are no problems, and for each where its last value stands. */
function upTo(items: readonly ManifestItem[], line: number, column: number): readonly string[] {
  return items
    .map((item) => JSON.stringify(item, (_, value) => (value instanceof Map ? [...value] : value)))
    .filter((item) => {
      const places = [...item.matchAll(/"line":(\d+),"column":(\d+)/g)].map(([, l, c]) => [Number(l), Number(c)] as const);
      return places.length > 0 && places.every(([l, c]) => l < line || (l === line && c < column));
    });
}

function linesOf(item: string): readonly number[] {
  return [...item.matchAll(/"line":(\d+)/g)].map(([, line]) => Number(line));
}

/** What stands in quotes at a place, read by itself. */
function quotedAt(lines: readonly string[], { line, column }: { readonly line: number; readonly column: number }): unknown {
  const at = lines[line - 1]?.slice(column - 1) ?? '';
  const [found] = /^"(?:[^"\\]|\\.)*"/.exec(at) ?? ['null'];
  return JSON.parse(found);
}

describe('a place', () => {
  const inJson = writtenAs(['a List of JSON', 'lines of JSON']);

  property([inJson, fc.integer({ min: 1, max: 300 })], runs)(
    'of an annotation is where its text stands, whatever the pieces',
    (manifest, size) => {
      const lines = manifest.split('\n');
      for (const item of textItems(manifest, size)) {
        if (item.kind !== 'workload') continue;
        for (const { value, source } of item.workload.pod.annotations.values())
          expect(source.kind === 'file' && quotedAt(lines, source)).toBe(value);
      }
    },
  );

  it('is exact behind many pieces, in JSON and in YAML', () => {
    const pods = Array.from({ length: 2000 }, (_, index) => {
      const annotations = { [`ä${index}`]: `😀 ${index}`, escaped: `"\\\u0001${'é'.repeat(index % 7)}`, z: `"${index}"` };
      return { kind: 'Pod', metadata: { name: `p${index}`, annotations }, filling: '€'.repeat(index % 100) };
    });
    for (const [form, write] of Object.entries(FORMS)) {
      const manifest = write(pods);
      const lines = manifest.split('\n');
      const items = textItems(manifest);
      expect(items).toHaveLength(2000);
      for (const [index, item] of items.entries()) {
        const source = item.kind === 'workload' ? item.workload.pod.annotations.get('z')?.source : undefined;
        const at = source?.kind === 'file' ? lines[source.line - 1]?.slice(source.column - 1) : undefined;
        expect(at?.replace(/\}.*$/, '')).toBe(form.includes('JSON') ? JSON.stringify(`"${index}"`) : `'"${index}"'`);
      }
    }
  });
});

describe('a manifest', () => {
  property([objects], runs)('says the same as YAML and as JSON, but for places and quotes', (all) => {
    // YAML has no way to write half a surrogate.
    const whole = JSON.parse(JSON.stringify(all).replace(/\\ud[89a-f]../g, '?')) as readonly object[];
    const [first, ...others] = Object.values(FORMS).map((write) => withoutPlaces(textItems(write(whole))));
    for (const other of others) expect(other).toEqual(first);
    expect(JSON.stringify(first)).not.toContain('bad-yaml');
  });

  property([written, fc.integer({ min: 1, max: 7 })], runs)('is the same in pieces of any size', (manifest, size) => {
    expect(textItems(manifest, size)).toEqual(textItems(manifest));
  });

  property([parted, partOf, text], { numRuns: rounds(300) })(
    'that is cut or changed anywhere never throws, and what ends before is the same',
    (manifest, part, instead) => {
      const at = Math.floor(part * manifest.length);
      const before = manifest.slice(0, at);
      const items = textItems(manifest);
      for (const changed of [
        before,
        `${before}${instead}${manifest.slice(at + 1)}`,
        `${before}${instead}`,
        `${before}${manifest.slice(at + 3)}`,
      ]) {
        const now = textItems(changed);
        for (const item of now) if (item.kind === 'problem') expect(formatProblem(item.problem)).toMatch(/^m(?::\d+:\d+)? \S[^\n]*$/);
        // An item is complete where one begins behind it: a change in the last object's own text may change all items of that.
        const lines = before.split('\n');
        const begun = upTo(items, lines.length, (lines.at(-1)?.length ?? 0) + 1);
        const complete = begun.filter((item, index) =>
          begun.slice(index + 1).some((later) => Math.min(...linesOf(later)) > Math.max(...linesOf(item))),
        );
        expect(upTo(now, Number.POSITIVE_INFINITY, 0).slice(0, complete.length)).toEqual(complete);
      }
    },
  );

  property(
    [
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.string({ unit: 'binary', maxLength: 200 }).map((raw) => Buffer.from(raw)),
      ),
    ],
    runs,
  )('may be any bytes at all', (bytes) => {
    const whole = textItems(Buffer.from(bytes));
    for (const item of whole) if (item.kind === 'problem') expect(formatProblem(item.problem)).toMatch(/^m(?::\d+:\d+)? \S[^\n]*$/);
    if (!bytes.includes(0)) expect(textItems(Buffer.from(bytes), 1)).toEqual(whole);
  });
});
