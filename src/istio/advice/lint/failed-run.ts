import { runOfStatus } from '../../found/runs/pod-status.ts';
import type { WorkloadCheck } from './subject.ts';

/** What the status of a living pod says of an istio-init or istio-validation that failed or has yet to end: what keeps it, and what to do. */
export const failedRun: WorkloadCheck = ({ workload: { pod, source } }) => {
  const { ended = [], unended = [] } = pod;
  const run = runOfStatus(pod);
  if (run === undefined) return [];
  const [failure] = run.failures;
  if (failure === undefined) return [{ code: 'init-container-waits', source: unended[0]?.source ?? source, args: { what: run.why } }];
  const at = ended.find((one) => one.source.kind === 'file' && one.source.line === failure.line)?.source ?? source;
  const what = failure.text === failure.message ? failure.message : `${failure.message}: ${failure.text}`;
  return [{ code: 'init-container-failed', source: at, args: { what, fix: failure.fix } }];
};
