import { expect, it } from 'vitest';
import { notesOutside } from '../../src/sources/run-note.ts';

const FAILED = 'warning: this is the log of a run that failed (line 61: the chain is there already): the kernel may not have its rules';
const UNKNOWN = 'warning: the log does not show how the run ended: the kernel may not have its rules';

it.each([
  [FAILED, 'unknown: these rules were not applied (line 61: the chain is there already); they would', 0],
  [FAILED, 'envoy-outbound: caught', 1],
  [UNKNOWN, 'nobody knows whether these rules were made: the log does not show how the run ended', 0],
  ['note: 3 workloads', 'note: 3 workloads', 1],
])('the cause of a run is no note beside an output that shows it: %s', (note, output, left) => {
  expect(notesOutside([note], output)).toHaveLength(left);
});
