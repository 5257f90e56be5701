import { describe, expect, it } from 'vitest';
import { printSource } from '../../../src/istio/origin.ts';
import { said } from '../../istio/kubernetes/manifest/reading.ts';
import { textItems } from './reading.ts';

const read = (text: string | Buffer): readonly string[] => said(textItems(text));

const pod = (name: string): string => `kind: Pod\nmetadata:\n  name: ${name}\n`;

/** Workloads with the places where they begin. */
function placesOf(text: string): readonly string[] {
  return textItems(text).flatMap((item) => (item.kind === 'workload' ? `${item.workload.name} ${printSource(item.workload.source)}` : []));
}

describe('documents of YAML', () => {
  it('are split at their marks, and know their lines', () => {
    const text = `# first\n${pod('a')}---\n${pod('b')}--- # comment\n${pod('c')}...\n# behind\n${pod('d')}---\t\n${pod('e')}`;
    expect(placesOf(text)).toEqual(['a m:2:1', 'b m:6:1', 'c m:10:1', 'd m:15:1', 'e m:19:1']);
  });

  it('may begin as JSON does', () => {
    expect(placesOf('{kind: Pod, metadata: {name: a}}')).toEqual(['a m:1:1']);
    expect(placesOf('[{kind: Pod, metadata: {name: a}}]')).toEqual(['a m:1:2']);
    expect(placesOf('[ {"kind": "Pod", "metadata": {"name": "a"}}]')).toEqual(['a m:1:3']);
  });

  it('begin on the line of their mark', () => {
    expect(placesOf('--- {kind: Pod, metadata: {name: a}}\n--- {"kind": "Pod", "metadata": {"name": "b"}}\n')).toEqual([
      'a m:1:5',
      'b m:2:5',
    ]);
    expect(read('--- |\n  text\n---\nkind: Service')).toEqual([
      expect.stringContaining('the document: found "text\\n", expected a mapping'),
      'skipped Service',
    ]);
  });

  it('have CRLF, a byte order mark, or no line break at their end', () => {
    const text = `\ufeff${pod('a')}---\n${pod('b')}`.replaceAll('\n', '\r\n').trimEnd();
    expect(placesOf(text)).toEqual(['a m:1:1', 'b m:5:1']);
  });

  it('have what only looks like a mark', () => {
    const text = 'kind: Pod\nmetadata:\n  annotations:\n    a: |\n      ---\n      ...\n    b: --- c\n  name: x\n----: 1\n....: 2\n';
    expect(read(text)).toEqual(['Pod default/x']);
  });

  it('have directives, which belong to the mark behind them', () => {
    expect(read(`%YAML 1.2\n# c\n---\n${pod('a')}...\n%YAML 1.2\n---\n${pod('b')}---\n${pod('c')}`)).toEqual([
      'Pod default/a',
      'Pod default/b',
      'Pod default/c',
    ]);
  });

  it('may be empty or only comments', () => {
    expect(read('---\n---\n# nothing\n---\n...\n...\n---\n')).toEqual([]);
    expect(read('# only a comment\n')).toEqual([]);
  });

  it('know anchors of their own only', () => {
    expect(read(`x: &l {a: b}\n${pod('a')}  labels: *l\n---\n${pod('b')}  labels: *l\n`)).toEqual([
      'Pod default/a',
      'm:10:11 *l refers to nothing',
    ]);
  });

  it('share what aliases share, behind other documents as well', () => {
    const shared = `kind: Pod\nmetadata: {name: x, labels: &l {a: b}, annotations: *l}\n`;
    const [, second] = textItems(`${shared}---\n${shared}`);
    if (second?.kind !== 'workload') throw new Error('no workload');
    expect(second.workload.pod.annotations.get('a')?.source).toMatchObject({ line: 5, column: 36 });
    expect(second.workload.pod.labels.get('a')?.source).toMatchObject({ line: 5, column: 36 });
  });

  it('are the same in pieces of any size', () => {
    const text = `\ufeff%YAML 1.2\n---\r\n${pod('é😀')}--- # c\n${pod('b')}...\n${pod('c')}---\n{"kind":"Pod"}\n---\na: [\n--- \n${pod('d')}--`;
    const whole = textItems(text);
    expect(whole).toHaveLength(6);
    for (let size = 1; size <= 7; size++) expect(textItems(text, size)).toEqual(whole);
  });
});

describe('a broken document of YAML', () => {
  it.each([
    ['kind: [Pod', '6:1 this line stands too far to the left, or a bracket or a quote above it is not closed'],
    ['kind: Pod\nmetadata:\n\tname: b', '7:1 a tab stands in the indentation; YAML takes only spaces there'],
    ['kind: Pod\nmetadata:\n  name: b\n \tlabels: {}', '8:3 a tab stands in the indentation; YAML takes only spaces there'],
    ['kind: Pod\n name: b', '6:6 bad indentation of a mapping entry'],
    ['kind: "Pod', '6:1 this line'],
    [`a: ${'['.repeat(200)}`, '5:103 is nested deeper than 100 levels'],
  ])('in the middle is one problem with its place, and the rest goes on: %j', (broken, problem) => {
    const items = read(`${pod('a')}---\n${broken}\n---\n${pod('c')}`);
    expect([items.length, items[0], items[2]]).toEqual([3, 'Pod default/a', 'Pod default/c']);
    expect(items[1]?.startsWith(`m:${problem}`), items[1]).toBe(true);
  });

  it('is one that is no UTF-8', () => {
    const text = Buffer.from(`${pod('a')}---\nkind: Service\n# f?r\n---\n${pod('b')}`);
    text[text.indexOf('?')] = 0xfc;
    expect(read(text)).toEqual(['Pod default/a', 'm:6:4 what stands here is no UTF-8', 'Pod default/b']);
  });

  it.each(['{', '[ # a', '"'])('may have only begun: %s', (text) => {
    expect(read(text)).toEqual([expect.stringMatching(/^m:\d:\d /)]);
    expect(read(`---\n${text}\n---\n${pod('b')}`)).toEqual([expect.stringMatching(/^m:\d:\d /), 'Pod default/b']);
  });

  it('has no line of its own behind another one that is broken', () => {
    expect(read('a: [\n---\nb: [\n---\nkind: Service\n')).toEqual([
      expect.stringMatching(/^m:2:1 /),
      expect.stringMatching(/^m:4:1 /),
      'skipped Service',
    ]);
  });
});

describe('a long List of YAML', () => {
  // Long enough to be read item by item.
  const comment = `    # ${'x'.repeat(5000)}\n`;
  const item = (name: string, indent: string): string =>
    `- kind: Pod\n  metadata:\n${comment}    name: ${name}\n    annotations:\n      text: |\n        - kind: x\n\n        kind: y\n      b: "1"\n`.replaceAll(
      /^(?=.)/gm,
      indent,
    );
  const list = (count: number, indent: string, name = (index: number): string => `p${index}`): string =>
    Array.from({ length: count }, (_, index) => item(name(index), indent)).join('');

  it.each([
    ['at the left edge, as kubectl writes it', 'apiVersion: v1\nitems:\n', '', 'kind: List\nmetadata:\n  resourceVersion: ""\n'],
    ['indented', '# c\n---\n# d\napiVersion: v1\nmetadata:\n  a: b\n\nkind: List\nitems: # all\n# more\n\n', '  ', ''],
    ['indented, with more behind', 'items:\n', '    ', '# end\nkind: List\n'],
  ])('is read as a short one is: %s', (_, head, indent, tail) => {
    const [short, long] = [2, 250].map((count) => textItems(`${head}${list(count, indent)}${tail}`));
    expect(long).toHaveLength(250);
    expect(long?.slice(0, 2)).toEqual(short);
    const lines = (list(1, indent).match(/\n/g) ?? []).length;
    const at = (index: number): unknown => {
      const of = long?.[index];
      return of?.kind === 'workload' ? of.workload.pod.annotations.get('b')?.source : of;
    };
    const first = at(0) as { line: number; column: number };
    expect(at(249)).toMatchObject({ line: first.line + 249 * lines, column: first.column });
  });

  it('says what is wrong in one item with its place, and the rest goes on', () => {
    const text = `apiVersion: v1\nitems:\n${list(300, '', (index) => (index === 100 ? '[' : index === 101 ? '1\n    name: b' : `p${index}`))}kind: List\n`;
    const items = textItems(text);
    expect(items).toHaveLength(301);
    expect(said(items.slice(99, 104))).toEqual([
      'Pod default/p99',
      'm:1007:5 this line stands too far to the left, or a bracket or a quote above it is not closed',
      'm:1017:5 "name" stands here a second time; the first is at line 1016',
      'Pod default/b',
      'Pod default/p102',
    ]);
  });

  it('says what is wrong around its items', () => {
    const items = said(textItems(`apiVersion: v1\nitems:\n${list(250, '')}kind: List\nkind: [\n`));
    expect(items).toHaveLength(251);
    expect(items.at(-1)).toMatch(/^m:2505:1 this line stands too far/);
  });

  it('gives its items their kind', () => {
    const items = textItems(`kind: PodList\nitems:\n${list(250, '').replaceAll('- kind: Pod', '-')}`);
    expect(said(items.slice(-1))).toEqual(['Pod default/p249']);
  });

  it('is the same in pieces of any size', () => {
    const text = `items:\n${list(260, ' ')}kind: List\n`;
    const whole = textItems(text);
    for (const size of [999, 4096, 100_003]) expect(textItems(text, size)).toEqual(whole);
  });

  it('says why its items know no anchors of each other', () => {
    const shared = list(250, '').replaceAll('name: p0\n', 'name: &n p0\n').replaceAll('name: p7\n', 'name: *n\n');
    expect(said(textItems(`items:\n${shared}kind: List\n`))).toContain(
      'm:75:11 *n refers to nothing; in a list this long, items know only anchors of their own',
    );
  });

  it('has no UTF-8 in one item: the others are read', () => {
    const text = Buffer.from(`items:\n${list(250, '')}kind: List\n`);
    text[text.indexOf('p7\n')] = 0xfc;
    const items = said(textItems(text));
    expect([items.length, items[7]]).toEqual([250, 'm:75:11 what stands here is no UTF-8']);
  });

  it('that is something else is read as a whole', () => {
    const text = `--- |\nitems:\n- kind: Pod\n${'- kind: Pod\n'.repeat(100_000)}`;
    expect(read(text)).toEqual([expect.stringContaining('the document: found "items:')]);
  });
});
