import { describe, expect, it } from 'vitest';
import { oncePerCause } from '../../../src/cli/terminal/once-per-cause.ts';
import type { Problem, Severity } from '../../../src/istio/problems.ts';
import { formatProblem, problem } from '../../../src/istio/problems.ts';

function unread(file: string, reason: string, { severity = 'error' as Severity, line = 0 } = {}): Problem {
  return { ...problem('unreadable-file', { kind: 'file', file, line, column: 1 }, { reason }), severity };
}

const lines = (...problems: readonly Problem[]): readonly string[] => oncePerCause(problems).map(formatProblem);

describe('a cause', () => {
  it('that keeps several sources from being read is said once, with all of them', () => {
    expect(lines(unread('deploy/a', 'no cluster'), unread('deploy/b', 'no cluster'))).toEqual([
      expect.stringMatching(/^deploy\/a, deploy\/b .*no cluster$/),
    ]);
  });

  it('names four sources and the number of the others', () => {
    const many = Array.from({ length: 9 }, (_, index) => unread(`${index}.yaml`, 'permission denied'));
    expect(lines(...many)).toEqual([expect.stringMatching(/^0\.yaml, 1\.yaml, 2\.yaml, 3\.yaml and 5 more /)]);
  });

  it('of an error is no warning beside it, in whichever order they come', () => {
    const warning = unread('cluster', 'who is injected is unknown, so that the selectors are assumed: no cluster', { severity: 'warning' });
    expect(lines(warning, unread('deploy/a', 'no cluster'))).toHaveLength(1);
    expect(lines(unread('deploy/a', 'no cluster'), warning)).toHaveLength(1);
    expect(lines(warning)).toHaveLength(1);
  });

  it('of an error is no error beside it either, where that says only what it keeps from being known', () => {
    const labels = unread('ns/shop', 'labels of namespaces are unknown: no cluster');
    expect(lines(labels, unread('ns/shop', 'no cluster'))).toEqual([expect.stringMatching(/^ns\/shop .*no cluster$/)]);
    expect(lines(labels, unread('ns/shop', 'no rights'))).toHaveLength(2);
  });

  it('of its own stays a line of its own: another reason, a place in a file', () => {
    expect(lines(unread('a', 'not there'), unread('b', 'a folder'))).toHaveLength(2);
    expect(lines(unread('a', 'no YAML', { line: 3 }), unread('a', 'no YAML', { line: 9 }))).toHaveLength(2);
  });

  it('that comes twice of one source is said once', () => {
    expect(lines(unread('deploy/a', 'no cluster'), unread('deploy/a', 'no cluster'))).toHaveLength(1);
  });
});
