import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../src/istio/problems.ts';
import { problem } from '../../../src/istio/problems.ts';
import { remarksOf } from '../../../src/sources/workloads/remarks.ts';

const at = (line: number): Problem['source'] => ({ kind: 'file', file: 'pods.yaml', line, column: 1 });
const warning = (name: string, line: number): Problem => problem('variable-from-elsewhere', at(line), { name });
const refused = (value: string, line: number): Problem => problem('not-a-value', at(line), { name: 'mode', value, allowed: 'REDIRECT' });

describe('what is said of single workloads', () => {
  it('is said once, with their number and the first place; errors first, then the most frequent', () => {
    const remarks = remarksOf();
    remarks.add([warning('A', 1)]);
    remarks.add([warning('B', 2)], [warning('B', 3)]);
    remarks.add([warning('B', 4), refused('"x"', 5)]);
    expect(remarks.notes()).toEqual([
      'error: 1 workload: mode: "x" is not REDIRECT (pods.yaml:5:1)',
      expect.stringMatching(/^warning: 2 workloads: B gets its value from elsewhere .* \(the first at pods\.yaml:[23]:1\)$/),
      expect.stringMatching(/^warning: 1 workload: A gets .* \(pods\.yaml:1:1\)$/),
    ]);
  });

  it('is ten lines and the number of the others, of which at most two hundred are told apart', () => {
    const remarks = remarksOf();
    for (let line = 0; line < 15; line++) remarks.add([warning(`V${line}`, line)]);
    expect(remarks.notes()).toHaveLength(11);
    expect(remarks.notes().at(-1)).toBe('note: 5 more of such lines');
    for (let line = 0; line < 1000; line++) remarks.add([warning(`V${line}`, line)]);
    expect(remarks.notes().at(-1)).toBe('note: at least 190 more of such lines');
  });

  it('is not said where an output shows it', () => {
    const remarks = remarksOf();
    remarks.add([refused('"x"', 5), warning('A', 1)]);
    expect(remarks.notes('no answer: mode: "x" is not REDIRECT\n')).toEqual([expect.stringContaining('A gets')]);
    expect(remarks.notes('no answer\n')).toHaveLength(2);
  });

  it('keeps to one line, whatever is in it', () => {
    const remarks = remarksOf();
    remarks.add([warning('a\nb', 1)]);
    expect(remarks.notes().join('')).not.toContain('\n');
  });
});
