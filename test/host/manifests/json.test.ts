import { describe, expect, it } from 'vitest';
import { ManifestText } from '../../../src/host/manifests/text.ts';
import type { Texts } from '../../../src/istio/kubernetes/manifest/workload.ts';
import { placedWorkload } from '../../../src/istio/kubernetes/manifest/workload.ts';
import { placedTexts, said } from '../../istio/kubernetes/manifest/reading.ts';
import { rawItems, textItems } from './reading.ts';

const read = (text: string | Buffer): readonly string[] => said(textItems(text));

/** The annotations of the first workload in a text. */
function annotationsOf(text: string): Texts {
  const item = textItems(text).find(({ kind }) => kind === 'workload');
  if (item?.kind !== 'workload') throw new Error(`no workload: ${read(text).join('\n')}`);
  return item.workload.pod.annotations;
}

const POD = '{"kind": "Pod", "metadata": {"name": "a"}}';

describe('a List of JSON', () => {
  it('is read item by item, though kubectl writes its kind behind them', () => {
    const text = `{"apiVersion": "v1", "items": [${POD}, {"kind": "Service"}], "kind": "List", "metadata": {"resourceVersion": ""}}`;
    expect(read(text)).toEqual(['Pod default/a', 'skipped Service']);
  });

  it('gives its items their kind where its own comes first, as the API server writes it', () => {
    expect(read('{"kind": "PodList", "apiVersion": "v1", "items": [{"metadata": {"name": "a"}}]}')).toEqual(['Pod default/a']);
    expect(read('{"kind": "List", "items": [{"metadata": {"name": "a"}}]}')).toEqual([
      expect.stringContaining('m:1:28 kind: found nothing'),
    ]);
  });

  it('gives its items no kind where its own comes last, but what has containers is a Pod', () => {
    const text = '{"items": [{"metadata": {"name": "a"}, "spec": {"containers": []}}, {"metadata": {"name": "b"}}], "kind": "PodList"}';
    expect(read(text)).toEqual(['Pod default/a', expect.stringContaining('m:1:69 kind: found nothing')]);
  });

  it('with something else for items is told', () => {
    expect(read('{"kind": "List",\n"items": {"a": 1}}')).toEqual(['m:2:10 items: found a mapping, expected a list']);
  });

  it('within others is read item by item too, with the kind of the innermost', () => {
    const reader = new ManifestText('m');
    const text = '[{"kind": "List", "items": [{"kind": "PodList", "items": [{"metadata": {"name": "a"}},';
    expect(said([...reader.push(Buffer.from(text))])).toEqual(['Pod default/a']);
    expect(said([...reader.push(Buffer.from('{"kind": "Service"}]}]}]')), ...reader.end()])).toEqual(['skipped Service']);
  });

  it('is not what an object has for items', () => {
    const volumes = '"spec": {"volumes": [{"configMap": {"items": [{"key": "a", "path": "b"}]}}]}';
    expect(read(`{"items": [{"kind": "Pod", ${volumes}}], "kind": "List"}`)).toEqual(['Pod default/']);
  });

  it('within a list is read as well', () => {
    expect(read(`{"items": [{"kind": "List", "items": [${POD}]}], "kind": "List"}`)).toEqual(['Pod default/a']);
  });

  it('may be empty', () => {
    expect(read('{"items": [], "kind": "List"}')).toEqual([]);
    expect(read('{"items": null, "kind": "List"}')).toEqual([]);
  });

  it('knows which settings of a mesh are only among the rest', () => {
    const map = '{"kind": "ConfigMap", "metadata": {"name": "istio"}, "data": {"mesh": ""}}';
    expect(read(`{"items": [${map}], "kind": "List"}`)[0]).toContain('warning: ');
    expect(read(map)[0]).not.toContain('warning: ');
  });
});

describe('other texts of JSON', () => {
  it('several documents stand behind one another, on one line or on many', () => {
    expect(read(`${POD}${POD}`)).toEqual(['Pod default/a', 'Pod default/a']);
    expect(read(`${POD}\n${POD}\n\n${POD}\n`)).toHaveLength(3);
  });

  it('what jq -s makes is read', () => {
    expect(read(`[${POD},\n${POD}]`)).toEqual(['Pod default/a', 'Pod default/a']);
    expect(read('[]')).toEqual([]);
  });

  it('marks of YAML stand between them', () => {
    expect(read(`---\n${POD}\n---\n{"kind": "Service"}\n...\n--- ${POD}`)).toEqual(['Pod default/a', 'skipped Service', 'Pod default/a']);
  });

  it('comments stand in front, and a byte order mark', () => {
    expect(read(`\ufeff# from the cluster\n \n${POD}`)).toEqual(['Pod default/a']);
  });

  it('a flow of YAML is no JSON', () => {
    expect(read('{kind: Pod, metadata: {name: a}}')).toEqual(['Pod default/a']);
    expect(read('{ # comment\n"kind": Pod}')).toEqual(['Pod default/']);
    expect(read('[kind, Pod]').join()).toContain('found "kind", expected a mapping');
  });

  it('numbers keep their source text, and are no strings', () => {
    const [, first] = textItems('{"kind": "Pod", "metadata": {"annotations": {"a": 1.50e+03}}}');
    expect(first?.kind === 'workload' && first.workload.pod.annotations.get('a')?.value).toBe('1.50e+03');
    expect(read('{"kind": "Pod", "metadata": {"annotations": {"a": 80, "b": true, "c": null, "d": "80"}}}')).toEqual([
      expect.stringContaining('m:1:51 a: "80" is a number'),
      expect.stringContaining('m:1:60 b: "true" is true or false'),
      expect.stringContaining('m:1:71 c: "null" is null'),
      'Pod default/',
    ]);
  });

  it('a key that stands twice is told', () => {
    expect(read('{"kind": "Pod", "metadata": {"name": "a",\n"name": "b"}}')).toEqual([
      'm:2:1 "name" stands here a second time; the first is at line 1',
      'Pod default/b',
    ]);
  });
});

describe('positions in JSON', () => {
  const annotated = (texts: string): string => `{"kind":"Pod","metadata":{"annotations":${texts}}}`;

  it.each([
    ['on one line', '{"a":"1","b":"2"}', { a: '1 m:1:46', b: '2 m:1:54' }],
    ['on many lines', '{\n  "a": "1",\n\n\t"b": "2"}', { a: '1 m:2:8', b: '2 m:4:7' }],
    ['behind CRLF', '{\r\n  "a": "1",\r\n  "b": "2"}', { a: '1 m:2:8', b: '2 m:3:8' }],
    ['behind letters of two and three bytes', '{"ä€": "ü", "b": "2"}', { 'ä€': 'ü m:1:48', b: '2 m:1:58' }],
    ['behind a character of four, which is two units', '{"a": "😀", "b": "2"}', { a: '😀 m:1:47', b: '2 m:1:58' }],
    ['behind escapes', String.raw`{"a": "\u00e4\n\"\\", "b": "2"}`, { a: 'ä\n"\\ m:1:47', b: '2 m:1:68' }],
    ['behind escaped surrogates', String.raw`{"a": "\ud83d\ude00", "b": "2"}`, { a: '😀 m:1:47', b: '2 m:1:68' }],
    ['behind half a surrogate', String.raw`{"a": "\ud83d!", "b": "2"}`, { a: '\ud83d! m:1:47', b: '2 m:1:63' }],
    ['within an escaped JSON', String.raw`{"a": "{\"x\":\"y\"}", "b": "2"}`, { a: '{"x":"y"} m:1:47', b: '2 m:1:69' }],
  ])('are exact %s', (_, texts, expected) => {
    expect(placedTexts(annotationsOf(annotated(texts)))).toEqual(expected);
  });

  it('are found of what was read, not of a copy that somebody changed', () => {
    const [item] = rawItems(annotated('{"a":"1"}'));
    if (item?.kind !== 'workload') throw new Error('no workload');
    const { workload } = item;
    expect(placedTexts(placedWorkload(workload).pod.annotations)).toEqual({ a: '1 m:1:46' });
    expect(placedWorkload(workload).placed).toBeUndefined();
    const copy = { ...workload, name: 'other' };
    expect(placedWorkload(copy)).toBe(copy);
  });

  it('are those of the file behind a mark and a comment', () => {
    const text = `# ä\n---\n# b\n  ${annotated('{"a":"1"}')}`;
    expect(placedTexts(annotationsOf(text))).toEqual({ a: '1 m:4:48' });
  });

  it('are exact for all tokens whatever the pieces', () => {
    const text = `{"items": [\n  {"kind": "Pod", "metadata": {"name": "é😀", "annotations": {"a": "€", "b":\n"\\u20ac"}}, "spec": {"containers": [{"name": "x", "ports": [{"containerPort": 80}]}]}}\n], "kind": "List"}`;
    const whole = textItems(text);
    for (let size = 1; size <= 7; size++) expect(textItems(text, size)).toEqual(whole);
  });
});

describe('a broken JSON', () => {
  const around = (inner: string): string => `{"items": [\n${POD},\n${inner}`;

  it.each([
    ['a cut', '{"kind": "Po', '3:10 this text in quotes is not closed, or has a character or an escape that JSON does not allow'],
    ['a cut between tokens', '{"kind": "Pod"', '3:15 ends before its last bracket is closed'],
    ['a cut word', '{"kind": nul', '3:10 this is neither a number nor true, false or null'],
    ['a comma too many', '{"kind": "Pod",}]}', '3:16 found } where JSON has a key in quotes'],
    ['a comma too few', '{"kind": "Pod" "metadata": {}}]}', '3:16 found a text in quotes where JSON has , or }'],
    ['a colon too few', '{"kind" "Pod"}]}', '3:9 found a text in quotes where JSON has :'],
    ['no value', '{"kind": }]}', '3:10 found } where JSON has a value'],
    ['a key that is no text', '{1: 2}]}', '3:2 found 1 where JSON has a key in quotes or }'],
    ['the wrong bracket', '{"a": [1}]}', '3:9 found } where JSON has , or ]'],
    ['a bracket too many', `${POD}]}}`, '3:45 found } where JSON has a value'],
    ['a comment', '{"kind": # no\n"Pod"}]}', '3:10 found "#" where JSON has a value'],
    ['a single quote', "{'kind': 1}]}", `3:2 found "'" where JSON has a key in quotes or }`],
    ['a word of another language', '{"kind": None}]}', '3:10 found "N" where JSON has a value'],
    ['a line break in a text', '{"kind": "Po\nd"}]}', '3:10 this text in quotes is not closed'],
    ['a bad escape', String.raw`{"é\"": "é", "kind": "\x41"}]}`, '3:22 this text in quotes is not closed'],
    ['a number with a zero in front', '{"a": 01}]}', '3:8 found 1 where JSON has , or }'],
    ['half a number', '{"a": 1.}]}', '3:7 this is neither a number nor true, false or null'],
  ])('%s is told with its place, and what stands before counts', (_, inner, problem) => {
    const items = read(around(inner));
    expect(items[0]).toBe('Pod default/a');
    expect(items.at(-1)).toContain(`m:${problem}`);
    for (let size = 1; size <= 7; size++) expect(textItems(around(inner), size)).toEqual(textItems(around(inner)));
  });

  const pretty = (items: readonly string[], indent: string | number): string => {
    const list = { apiVersion: 'v1', items: items.map((name) => ({ kind: 'Pod', metadata: { name, labels: [{}] } })), kind: 'List' };
    return JSON.stringify(list, null, indent).replaceAll('[\n', '[ \n');
  };

  it.each<[string, RegExp, string, readonly string[]]>([
    ['a comma too few', /("name": "c"),/, '$1', ['a', 'b', 'd', 'e']],
    ['a bracket too few', /("name": "c"[^]*?)\}/, '$1', ['a', 'b', 'd', 'e']],
    ['a bracket too many', /("name": "c"[^]*?)\}/, '$1}}', ['a', 'b', 'd', 'e']],
    ['a text not closed', /"name": "c"/, '"name": "c', ['a', 'b', 'd', 'e']],
    ['no comma between items', /("name": "c"[^]*?\}\s*\}),/, '$1', ['a', 'b', 'c', 'd', 'e']],
  ])('in a List, %s: the next items are read, with their places', (_, from, to, names) => {
    for (const indent of [1, 4, '\t']) {
      const whole = pretty(['a', 'b', 'c', 'd', 'e'], indent).replaceAll('labels": [ \n', 'x": [ \n').replaceAll('"labels"', '"x"');
      const items = textItems(whole.replace(from, to));
      expect(items.filter(({ kind }) => kind === 'problem')).toHaveLength(1);
      expect(items.flatMap((item) => (item.kind === 'workload' ? item.workload.name : []))).toEqual(names);
      expect(items.at(-1)).toEqual(textItems(whole).at(-1));
      for (let size = 1; size <= 7; size++) expect(textItems(whole.replace(from, to), size)).toEqual(items);
    }
  });

  it('goes on only where a line begins with an object in that column', () => {
    const other = POD.replace('"a"', '"b"');
    const text = `[\n  ${POD},\nx ${POD},\n ${POD},\ny {},\n  ${other}]`;
    const items = textItems(text);
    expect(said(items)).toEqual(['Pod default/a', expect.stringContaining('m:3:1 found "x"'), 'Pod default/b']);
    for (let size = 1; size <= 7; size++) expect(textItems(text, size)).toEqual(items);
  });

  it('among lines of JSON costs its own line only', () => {
    const text = `${POD}\r\n{"kind": "Pod",}\r\n${POD}\r\n{"kind": nul}\n{\n${POD}\n${POD}}\n${POD}`;
    const items = textItems(text);
    expect(said(items)).toEqual([
      'Pod default/a',
      expect.stringContaining('m:2:16 '),
      'Pod default/a',
      expect.stringContaining('m:4:10 '),
      expect.stringContaining('m:6:1 found { where JSON has a key'),
      'Pod default/a',
      'Pod default/a',
      expect.stringContaining('m:7:43 found } where JSON has a value'),
      'Pod default/a',
    ]);
    for (let size = 1; size <= 7; size++) expect(textItems(text, size)).toEqual(items);
  });

  it('what is no UTF-8 is told', () => {
    const text = Buffer.concat([Buffer.from(`${POD}\n{"kind": "`), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    expect(read(text)).toEqual(['Pod default/a', expect.stringContaining('m:2:10 this text in quotes')]);
  });

  it('ends at the next mark', () => {
    expect(read(`{"kind": Pod"}\n---\n${POD}`)).toEqual([
      expect.stringContaining('m:1:10 found "P" where JSON has a value'),
      'Pod default/a',
    ]);
  });

  it('of any depth is refused, not fallen over', () => {
    const deep = (levels: number): string => `${POD}{"a":${'['.repeat(levels)}${']'.repeat(levels)},"kind":"Service"}`;
    expect(read(deep(999))).toEqual(['Pod default/a', 'skipped Service']);
    expect(read(deep(1000))).toEqual(['Pod default/a', 'm:1:1047 is nested deeper than 1000 levels']);
    expect(read(`${POD}${'{"a":'.repeat(500_000)}`)).toHaveLength(2);
    expect(read('['.repeat(500_000)).join()).toContain('nested deeper');
  });
});
