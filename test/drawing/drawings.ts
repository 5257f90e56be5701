/** Drawings for the tests of the writers. */

import fc from 'fast-check';
import type { Drawing, Mark } from '../../src/drawing/drawing.ts';

export const SMALL: Drawing = {
  title: 'two chains',
  description: 'One chain jumps to another.',
  flow: 'right',
  lanes: [{ id: 'nat', title: 'nat (IPv4)' }],
  boxes: [
    { id: 'one', title: 'OUTPUT', kind: 'chain', lane: 'nat', rows: [{ text: '1 -j ISTIO_OUTPUT', about: 'all that leaves' }] },
    { id: 'two', title: 'ISTIO_OUTPUT', kind: 'chain', lane: 'nat', rows: [{ text: '1 -j RETURN', mark: 'added' }], mark: 'good' },
    { id: 'three', title: 'Envoy outbound, 15001', kind: 'actor', lane: 'nat', rows: [] },
  ],
  arrows: [
    { from: 'one', row: 0, to: 'two', label: 'jumps' },
    { from: 'two', to: 'three', mark: 'taken' },
  ],
};

const MARKS: readonly Mark[] = ['added', 'removed', 'moved', 'taken', 'aside', 'good', 'bad'];

// What has a meaning in XML, HTML, Markdown, Mermaid or DOT, or none anywhere.
const PIECES = [
  '<script>alert(1)</script>',
  '"]:::x',
  '`',
  '%%{init: {}}%%',
  ']]>',
  '-->',
  '&lt;',
  '#quot;',
  '\\N',
  '\u0000',
  '\u001b[31m',
  '\u202e',
  '\ud800',
  '\n',
  ' end ',
  ';',
  '{',
  '|',
  '界',
];

const words = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 20 })), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''));

const mark = fc.option(fc.constantFrom(...MARKS), { nil: undefined });

/** Boxes, lanes and arrows by chance, circles included, with any text everywhere. */
export const drawings: fc.Arbitrary<Drawing> = fc
  .record({
    title: words,
    description: words,
    flow: fc.constantFrom('right', 'down'),
    lanes: fc.array(words, { minLength: 1, maxLength: 3 }),
    boxes: fc.array(
      fc.record({
        title: words,
        kind: fc.constantFrom('chain', 'actor', 'event'),
        lane: fc.nat(2),
        rows: fc.array(fc.record({ text: words, about: words, mark }), { maxLength: 4 }),
        mark,
      }),
      { minLength: 1, maxLength: 6 },
    ),
    arrows: fc.array(
      fc.record({
        from: fc.nat(6),
        to: fc.nat(6),
        row: fc.option(fc.nat(3), { nil: undefined }),
        label: fc.option(words, { nil: undefined }),
        mark,
      }),
      { maxLength: 8 },
    ),
  })
  .map(({ title, description, flow, lanes, boxes, arrows }) => ({
    title,
    description,
    flow: flow as Drawing['flow'],
    lanes: lanes.map((name, index) => ({ id: `${index}`, title: name })),
    boxes: boxes.map(
      (box, index) =>
        defined({ ...box, id: `${index}`, lane: `${box.lane % lanes.length}`, rows: box.rows.map(defined) }) as Drawing['boxes'][number],
    ),
    arrows: arrows.map((arrow) => {
      const rows = boxes[arrow.from]?.rows.length ?? 0;
      const row = arrow.row !== undefined && arrow.row < rows ? arrow.row : undefined;
      return defined({ ...arrow, row, from: `${arrow.from}`, to: `${arrow.to}` }) as Drawing['arrows'][number];
    }),
  }));

function defined<V extends object>(value: V): V {
  return Object.fromEntries(Object.entries(value).filter(([, of]) => of !== undefined)) as V;
}
