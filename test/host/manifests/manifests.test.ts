import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ManifestText } from '../../../src/host/manifests/text.ts';
import type { Progress } from '../../../src/host/manifests.ts';
import { manifestItems } from '../../../src/host/manifests.ts';
import { said } from '../../istio/kubernetes/manifest/reading.ts';
import { allItems, inFolder, stdinWith, textItems } from './reading.ts';

const pod = (name: string, namespace = 'default'): string => `kind: Pod\nmetadata: {name: ${name}, namespace: ${namespace}}\n`;
const config = (namespace: string): string =>
  `apiVersion: networking.istio.io/v1\nkind: ProxyConfig\nmetadata: {name: c, namespace: ${namespace}}\n`;
const space = (name: string): string => `kind: Namespace\nmetadata: {name: ${name}}\n`;
// More than what is read as a whole.
const LONG = `# ${'x'.repeat(990)}\n---\n`.repeat(17_000);

/** The file behind a descriptor, which may be closed by now. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return '';
  }
}

const read = async (...files: readonly string[]): Promise<readonly string[]> => said(await allItems(files));

describe('what is named', () => {
  it('is read in the order in which it is named', async () => {
    await inFolder({ 'b.yaml': pod('b'), 'a.json': '{"kind": "Pod", "metadata": {"name": "a"}}' }, async (folder) => {
      expect(await read(join(folder, 'b.yaml'), join(folder, 'a.json'))).toEqual(['Pod default/b', 'Pod default/a']);
    });
  });

  it('may be a folder: its manifests by their names, with those of folders within, and nothing else', async () => {
    const files = { 'b.yml': pod('b'), 'a.yaml': pod('a'), 'c.json': '{"kind": "Service"}', 'README.md': '# no', 'in/d.yaml': pod('d') };
    await inFolder(files, async (folder) => {
      mkdirSync(join(folder, 'odd.yaml'));
      symlinkSync(join(folder, 'nowhere'), join(folder, 'gone.yaml'));
      expect(await read(folder)).toEqual(['Pod default/a', 'Pod default/b', 'skipped Service', 'Pod default/d']);
      expect(await read(join(folder, 'odd.yaml'))).toEqual([`${join(folder, 'odd.yaml')} holds no manifest (*.yaml, *.yml, *.json)`]);
    });
  });

  it('may be standard input, once', async () => {
    const stdin = stdinWith(pod('a').slice(0, 9), pod('a').slice(9));
    expect(said(await allItems(['-', '-'], { stdin }))).toEqual([
      'Pod default/a',
      'standard input is named a second time; it can be read once',
    ]);
  });

  it('knows the file of every item', async () => {
    await inFolder({ 'a.yaml': pod('a') }, async (folder) => {
      const [item] = await allItems([join(folder, 'a.yaml')]);
      expect(item?.kind === 'workload' && item.workload.source).toMatchObject({ file: join(folder, 'a.yaml'), line: 1, column: 1 });
    });
  });

  it('is opened when its turn comes: there may be thousands', async () => {
    const small = `# ${'x'.repeat(998)}\n`;
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`${index + 10}.yaml`, `${small}${pod(`p${index}`)}`]));
    // Of the files behind it only the first ten are read as a whole.
    await inFolder({ '00.yaml': `${pod('a')}---\n${LONG.slice(0, 15_990_000)}`, ...files }, async (folder) => {
      const open = (): number => readdirSync('/proc/self/fd').filter((fd) => targetOf(fd).startsWith(folder)).length;
      let most = 0;
      for await (const item of manifestItems([folder])) {
        expect(item.kind).toBe('workload');
        most = Math.max(most, open());
      }
      expect(most).toBeLessThan(3);
    });
  });

  it('may be a named pipe', async () => {
    await inFolder({ 'a.yaml': pod('a') }, async (folder) => {
      const pipe = join(folder, 'pipe');
      spawnSync('mkfifo', [pipe]);
      const { spawn } = await import('node:child_process');
      spawn('sh', ['-c', 'cat "$0" > "$1"', join(folder, 'a.yaml'), pipe]);
      expect(await read(pipe)).toEqual(['Pod default/a']);
    });
  });
});

describe('what can not be read', () => {
  it('is one line, and the rest goes on', async () => {
    const files = { 'empty.yaml': '', 'blank.yaml': ' \n\t\n', 'binary.json': Buffer.from('{"kind": "Pod\0'), 'good.yaml': pod('a') };
    await inFolder(files, async (folder) => {
      const names = ['empty.yaml', 'blank.yaml', 'binary.json', 'missing.yaml', 'good.yaml/x', 'good.yaml'];
      expect(
        (await read(...names.map((name) => join(folder, name)), '', '/dev/null')).map((line) => line.replace(`${folder}/`, '')),
      ).toEqual([
        'empty.yaml is empty',
        'blank.yaml is empty',
        'binary.json is binary, not text',
        'missing.yaml does not exist',
        'good.yaml/x is no path: a part of it is not a folder',
        'Pod default/a',
        '"" does not exist',
        '/dev/null is neither a file nor a folder',
      ]);
    });
  });

  it('is not UTF-16, of which a piece may end within a character', async () => {
    const bytes = Buffer.from(`\ufeff${pod('a')}---\n${pod('b')}`, 'utf16le');
    await inFolder({ 'a.yaml': bytes }, async (folder) => {
      expect(await read(join(folder, 'a.yaml'))).toEqual(['Pod default/a', 'Pod default/b']);
    });
    const stdin = async function* (): AsyncGenerator<Buffer> {
      yield bytes.subarray(0, 33);
      yield bytes.subarray(33);
    };
    expect(said(await allItems(['-'], { stdin }))).toEqual(['Pod default/a', 'Pod default/b']);
  });

  it('is an input that fails in the middle: what came before stands', async () => {
    const stdin = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from(`${pod('a')}---\n`);
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    };
    expect(said(await allItems(['-'], { stdin }))).toEqual([
      'Pod default/a',
      'standard input can not be read to its end: the device failed',
    ]);
    const later = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from(`${LONG}${pod('a')}---\n`);
      throw new Error('gone');
    };
    expect(said(await allItems(['-'], { stdin: later }))).toEqual(['Pod default/a', 'standard input can not be read (gone)']);
  });

  it.each([
    ['yaml', 'a: |\n', '  x\n', '\n---\n', 1],
    ['json', '{"a": "', 'xxxx', '\n---\n', 1],
    ['an item of a List of JSON', '{"items": [\n  {"a": "', 'xxxx', '"},\n  {"kind": "Service"}\n]}\n---\n', 2],
    ['an item of a List of YAML', 'items:\n- a: |\n', '    x\n', '\n---\n', 2],
  ])('is an object of more than 16 MB: %s', (_, head, filling, tail, line) => {
    const reader = new ManifestText('m');
    const chunk = Buffer.from(filling.repeat(700_000));
    const items = [...reader.push(Buffer.from(head))];
    for (let length = 0; length < 18_000_000; length += chunk.length) items.push(...reader.push(chunk));
    items.push(...reader.push(Buffer.from(`${tail}${pod('a')}`)), ...reader.end());
    const [problem, ...others] = said(items);
    expect(problem).toMatch(
      new RegExp(`^m:${line}:\\d+ what begins here has more than 16 MB, which is the most that is read of one object$`),
    );
    expect(others.at(-1)).toBe('Pod default/a');
  });

  it('takes no longer where it stands behind a long text', () => {
    const start = process.cpuUsage().user;
    expect(said(textItems(`{"a": "${'x'.repeat(4_000_000)}" x}`, 4096))).toEqual(['m:1:4000010 found "x" where JSON has , or }']);
    // In quadratic time it takes ten seconds.
    expect((process.cpuUsage().user - start) / 1e6).toBeLessThan(3);
  });
});

describe('ProxyConfigs and Namespaces', () => {
  it('come before all workloads, in whatever file they stand', async () => {
    const files = {
      'a.yaml': `${pod('a')}---\n${space('x')}`,
      'b.json': '{"items": [{"kind": "Service"}], "kind": "List"}',
      'c.yaml': config('x'),
    };
    await inFolder(files, async (folder) => {
      expect(await read(folder)).toEqual(['Namespace x', 'ProxyConfig x/c', 'Pod default/a', 'skipped Service']);
    });
  });

  it('come once, and what is wrong in them is said once, where they stand', async () => {
    await inFolder({ 'a.yaml': pod('a'), 'b.yaml': `${space('x')}  extra: [\n---\n${config('y')}spec: []\n` }, async (folder) => {
      expect((await read(folder)).map((line) => line.replace(`${folder}/`, ''))).toEqual([
        'ProxyConfig y/c',
        'Pod default/a',
        expect.stringMatching(/^b\.yaml:3:3 /),
        'b.yaml:8:7 spec: found a list, expected a mapping',
      ]);
    });
  });

  it('count from where they stand in more than 16 MB; a warning tells which comes too late', async () => {
    const late = [space('x'), space('y'), config('y'), config('x'), config('istio-system'), pod('b', 'z'), space('z'), space('x')];
    const text = `${LONG}${config('x')}---\n${pod('a', 'x')}---\n${late.join('---\n')}`;
    expect(said(await allItems(['-'], { stdin: stdinWith(text) }))).toEqual([
      'ProxyConfig x/c',
      'Pod x/a',
      'standard input warning: Namespace x comes after workloads that it concerns, and has no effect on them: give it first',
      'Namespace x',
      'Namespace y',
      'ProxyConfig y/c',
      'standard input warning: ProxyConfig x/c comes after workloads that it concerns, and has no effect on them: give it first',
      'ProxyConfig x/c',
      'ProxyConfig istio-system/c',
      'Pod z/b',
      'Namespace z',
      'Namespace x',
    ]);
    const root = said(await allItems(['-'], { stdin: stdinWith(`${LONG}${pod('a')}---\n${config('mesh')}`), rootNamespace: 'mesh' }));
    expect(root[1]).toContain('warning: ProxyConfig mesh/c comes after workloads');
  });

  it('of small files come before a long one', async () => {
    await inFolder({ 'a.yaml': `${LONG}${pod('a')}`, 'b.yaml': space('x') }, async (folder) => {
      expect(await read(folder)).toEqual(['Namespace x', 'Pod default/a']);
    });
  });
});

describe('the progress', () => {
  it('tells bytes and items, and all bytes where they are known', async () => {
    await inFolder({ 'a.yaml': pod('a'), 'b.yaml': pod('b') }, async (folder) => {
      const told: Progress[] = [];
      await allItems([folder], { onProgress: (progress) => told.push(progress) });
      const size = pod('a').length;
      expect(told).toEqual([
        { read: size, total: 2 * size, items: 0 },
        { read: 2 * size, total: 2 * size, items: 1 },
      ]);
    });
  });

  it('does not know how much a pipe will bring', async () => {
    const told: Progress[] = [];
    await allItems(['-'], { stdin: stdinWith('kind: Pod\n', '---\nkind: Pod\n'), onProgress: (progress) => told.push(progress) });
    expect(told).toEqual([
      { read: 10, items: 0 },
      { read: 24, items: 1 },
    ]);
  });
});

it('who stops in the middle leaves no input open', async () => {
  let closed = 0;
  const stdin = async function* (): AsyncGenerator<Buffer> {
    try {
      for (;;) yield Buffer.from(LONG);
    } finally {
      closed++;
    }
  };
  await inFolder({ 'a.yaml': `${pod('a')}---\n${pod('b')}` }, async (folder) => {
    for await (const item of manifestItems([join(folder, 'a.yaml'), '-'], { stdin })) {
      expect(item.kind).toBe('workload');
      break;
    }
    expect(closed).toBe(1);
  });
});
