import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyPatch, parsePatch } from 'diff';
import { afterAll, describe, expect, it } from 'vitest';
import type { Comparison } from '../../../src/cli/diff/comparison.ts';
import { compareOperands, differencesOf, isSame } from '../../../src/cli/diff/comparison.ts';
import { patchForm } from '../../../src/cli/diff/patch.ts';
import type { Family } from '../../../src/netfilter/family.ts';
import { FAMILIES } from '../../../src/netfilter/family.ts';
import { printList } from '../../../src/netfilter/list/print-list.ts';
import { printCommands, printRestore, printRule, printSave } from '../../../src/netfilter/print.ts';
import type { Outcome } from '../../golden.ts';
import { CASES } from '../../golden.ts';
import { DISTINCT_PLANS } from '../../golden-plans.ts';
import { played } from '../../trials.ts';
import { scratchFolder } from '../program.ts';
import { planSource, savesSide, textSource } from './operands.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const compare = (left: Outcome, right: Outcome): Comparison => compareOperands(savesSide(left), savesSide(right), { all: true });

const NEIGHBOURS = CASES.flatMap(({ name, outcomes }) => {
  const made = outcomes.filter(({ error }) => error !== true);
  return made.slice(1).map((right, index) => {
    const left = made[index] ?? right;
    return { name: `${name} ${left.releases[0]} and ${right.releases[0]}`, left, right, comparison: compare(left, right) };
  });
});

/** The rules of a save by chain, cut out of its lines: what no reader of ours has touched. */
function linesByChain(text: string): ReadonlyMap<string, readonly string[]> {
  const chains = new Map<string, string[]>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const [, chain, rule = ''] = /^-A (\S+) ?(.*)$/.exec(line) ?? [];
    if (chain !== undefined) chains.set(`${table} ${chain}`, [...(chains.get(`${table} ${chain}`) ?? []), rule]);
  }
  return chains;
}

/** The left chain with the differences made to it. */
function madeRight(left: readonly string[], differences: ReturnType<typeof differencesOf>): readonly string[] {
  const gone = differences.flatMap((one) =>
    one.kind === 'missing' || one.kind === 'changed' || one.kind === 'moved' ? [one.left.position] : [],
  );
  const result = left.filter((_, index) => !gone.includes(index + 1));
  const come = differences.flatMap((one) => (one.kind === 'extra' || one.kind === 'changed' || one.kind === 'moved' ? [one.right] : []));
  for (const { position, rule } of come.sort((a, b) => a.position - b.position)) result.splice(position - 1, 0, printRule(rule));
  return result;
}

describe('between two neighbouring outcomes of a case', () => {
  it('there are hundreds of pairs, and differences exactly where the texts differ', () => {
    expect(NEIGHBOURS.length).toBeGreaterThan(400);
    for (const { name, left, right, comparison } of NEIGHBOURS) {
      expect(isSame(comparison), name).toBe(left.ip === right.ip && left.ip6 === right.ip6);
      expect(comparison.notCompared, name).toEqual([]);
    }
  });

  it('the differences, made to the left, give the right, chain by chain', () => {
    for (const { name, left, right, comparison } of NEIGHBOURS) {
      for (const family of FAMILIES) {
        const [a, b] = [linesByChain(left[family]), linesByChain(right[family])];
        for (const place of new Set([...a.keys(), ...b.keys()])) {
          const own = differencesOf(comparison).filter((one) => one.family === family && `${one.table} ${one.chain}` === place);
          expect(madeRight(a.get(place) ?? [], own), `${name}: ${family} ${place}`).toEqual(b.get(place) ?? []);
        }
      }
    }
  });

  it('a rule is named missing or extra exactly as often as one side has it more', () => {
    for (const { name, left, right, comparison } of NEIGHBOURS) {
      for (const family of FAMILIES) {
        const surplus = new Map<string, number>();
        const count = (key: string, by: number): void => void surplus.set(key, (surplus.get(key) ?? 0) + by);
        for (const [place, rules] of linesByChain(left[family])) for (const rule of rules) count(`${place} ${rule}`, 1);
        for (const [place, rules] of linesByChain(right[family])) for (const rule of rules) count(`${place} ${rule}`, -1);
        for (const one of differencesOf(comparison)) {
          if (one.family !== family) continue;
          const place = `${one.table} ${one.chain}`;
          if (one.kind === 'missing' || one.kind === 'changed') {
            const key = `${place} ${printRule(one.left.rule)}`;
            expect(surplus.get(key), `${name}: ${key}`).toBeGreaterThan(0);
            count(key, -1);
          }
          if (one.kind === 'extra' || one.kind === 'changed') {
            const key = `${place} ${printRule(one.right.rule)}`;
            expect(surplus.get(key), `${name}: ${key}`).toBeLessThan(0);
            count(key, 1);
          }
        }
        expect(
          [...surplus].filter(([, number]) => number !== 0),
          `${name} ${family}`,
        ).toEqual([]);
      }
    }
  });

  it('a chain or a policy is named exactly where the declarations differ', () => {
    const declared = (text: string): readonly string[] => {
      let table = '';
      return text.split('\n').flatMap((line) => {
        if (line.startsWith('*')) table = line.slice(1);
        return line.startsWith(':') && !/^:(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) /.test(line)
          ? [`${table} ${line.slice(1, -2)}`]
          : [];
      });
    };
    for (const { name, left, right, comparison } of NEIGHBOURS) {
      for (const family of FAMILIES) {
        const [a, b] = [declared(left[family]), declared(right[family])];
        const chains = (kind: string): readonly string[] =>
          differencesOf(comparison).flatMap((one) => (one.family === family && one.kind === kind ? [`${one.table} ${one.chain}`] : []));
        expect(chains('missing-chain'), name).toEqual(a.filter((chain) => !b.includes(chain)));
        expect(chains('extra-chain'), name).toEqual(b.filter((chain) => !a.includes(chain)));
        expect(chains('policy'), name).toEqual([]);
      }
    }
  });
});

describe('the patch between two neighbouring outcomes', () => {
  const FILES = { ip: 'iptables.save', ip6: 'ip6tables.save' } as const;

  it('turns the left save into the right one', () => {
    for (const { name, left, right, comparison } of NEIGHBOURS) {
      const patches = parsePatch(patchForm(comparison));
      const changed = FAMILIES.filter((family) => left[family] !== right[family]);
      expect(
        patches.map(({ newFileName }) => newFileName),
        name,
      ).toEqual(changed.map((family) => `b/${FILES[family]}`));
      changed.forEach((family, index) => {
        expect(applyPatch(left[family], patches[index] ?? ''), `${name} ${family}`).toBe(right[family]);
      });
    }
  });

  // One run of patch(1) for all of them; each pair has a folder. The test above says the same without it.
  it('is what patch(1) applies, where there is one', () => {
    if (spawnSync('patch', ['--version']).status !== 0) return;
    const pairs = NEIGHBOURS.map((pair, index) => ({ ...pair, path: `pair${index}` }));
    const each = (visit: (family: Family, file: string, pair: (typeof pairs)[number]) => void): void => {
      for (const pair of pairs)
        for (const family of FAMILIES) if (pair.left[family] !== pair.right[family]) visit(family, join(pair.path, FILES[family]), pair);
    };
    for (const { path } of pairs) mkdirSync(join(folder.path, path));
    each((family, file, { left }) => folder.write(file, left[family]));
    const patch = pairs.map(({ path, comparison }) => patchForm(comparison).replace(/^(---|\+\+\+) ([ab])\//gm, `$1 $2/${path}/`)).join('');
    const { status, stdout } = spawnSync('patch', ['-p1', '--fuzz=0'], { cwd: folder.path, input: patch, encoding: 'utf8' });
    expect({ status, offsets: /offset|fuzz/.test(stdout) }).toEqual({ status: 0, offsets: false });
    each((family, file, { name, right }) => expect(readFileSync(join(folder.path, file), 'utf8'), name).toBe(right[family]));
  });
});

describe('an outcome and itself', () => {
  it('are equal through every form that shows all of it, each against the next', () => {
    for (const { name, plan } of played(DISTINCT_PLANS)) {
      const read = (print: (family: Family) => string): ReturnType<typeof textSource> => savesSide({ ip: print('ip'), ip6: print('ip6') });
      const sides = [
        planSource(plan),
        read((family) => printSave(plan[family])),
        read((family) => printRestore(plan[family])),
        read((family) => printList(plan[family])),
        textSource(FAMILIES.map((family) => printCommands(plan[family])).join('')),
      ];
      for (const [index, left] of sides.entries()) {
        const comparison = compareOperands(left, sides[(index + 1) % sides.length] ?? left, { all: true });
        expect(differencesOf(comparison), name).toEqual([]);
        // Only a plan says what lies outside the packet filter.
        const routing = /routes/.test(comparison.notCompared[0]?.reason ?? '') ? 1 : 0;
        expect(comparison.notCompared.length, name).toBe(index === 0 || index === sides.length - 1 ? routing : 0);
        expect(patchForm(comparison), name).toBe('');
      }
    }
  });
});
