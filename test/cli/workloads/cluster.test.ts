import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diff } from '../../../src/cli/diff/diff.ts';
import { sourceOptions } from '../../../src/cli/options.ts';
import { preview } from '../../../src/cli/preview/preview.ts';
import { plain } from '../../../src/cli/terminal/color.ts';
import type { Counts } from '../../cluster/large.ts';
import { ASKED, RELEASES, writeCluster } from '../../cluster/large.ts';
import { scratchFolder } from '../program.ts';

const PODS = 10_000;
const folder = scratchFolder();
const file = `${folder.path}/cluster.json`;
let counts: Counts = [];

beforeAll(() => {
  counts = writeCluster(file, { pods: PODS, compact: true, slim: true });
});
afterAll(folder.remove);

const given = sourceOptions({ filename: file });

interface GroupDocument {
  readonly count: number;
  readonly releases: Readonly<Record<string, number>>;
  readonly owners: number;
  readonly moreOwners?: boolean;
  readonly examples: readonly { readonly name: string; readonly source: string; readonly count: number }[];
}

describe('ten thousand pods with twelve rule sets', () => {
  it('are twelve groups with the right counts', async () => {
    const { output, notes, exitCode } = await preview({ given, output: 'json', explain: false });
    const { workloads, groups } = JSON.parse(output) as { workloads: number; groups: readonly GroupDocument[] };
    expect(exitCode).toBe(0);
    expect(notes).toEqual(['note: 10,000 workloads, 12 rule sets']);
    expect(workloads).toBe(PODS);
    const wanted = ASKED.flatMap((_, what) => RELEASES.map((release, when) => ({ [release]: counts[what]?.[when] })));
    expect(groups).toHaveLength(12);
    expect(groups.map(({ releases }) => releases)).toEqual(expect.arrayContaining(wanted));
    expect(groups.map(({ count }) => count)).toEqual(groups.map(({ releases }) => Object.values(releases).reduce((a, b) => a + b)));
    expect(groups.map(({ count }) => count)).toEqual(counts.flat().toSorted((a, b) => b - a));
    for (const { examples, owners } of groups) {
      expect(examples).toHaveLength(5);
      expect(examples[0]?.name).toMatch(/^Deployment \w+\/app-\d+$/);
      expect(examples[0]?.source).toMatch(/^.*cluster\.json:\d+:\d+$/);
      expect(owners).toBeLessThanOrEqual(500);
    }
  });

  it('differ at 1.28 where their own release is older, and are told apart by what they ask for', async () => {
    const request = { given, left: '@own', right: '@1.28', by: 'rules', output: 'json', all: false, paint: plain };
    const { output, notes, exitCode } = await diff(request);
    const found = JSON.parse(output) as { groups: readonly GroupDocument[]; same: number; notCompared: unknown[]; otherValues: number };
    const newest = RELEASES.length - 1;
    const same = counts.reduce((sum, row) => sum + (row[newest] ?? 0), 0);
    const older = ASKED.flatMap((_, what) => RELEASES.slice(0, newest).map((release, when) => ({ [release]: counts[what]?.[when] })));
    expect(exitCode).toBe(1);
    expect(found.same).toBe(same);
    expect(found.groups).toHaveLength(older.length);
    expect(found.groups.map(({ releases }) => releases)).toEqual(expect.arrayContaining(older));
    expect([found.notCompared, found.otherValues]).toEqual([[], 0]);
    const grouped = (count: number): string => count.toLocaleString('en-US');
    expect(notes).toEqual([
      `note: 10,000 workloads: ${grouped(PODS - same)} different in 8 ways, ${grouped(same)} the same, 0 not compared`,
    ]);
  });
});
