import { runOfStatus } from '../../found/runs/pod-status.ts';
import type { WorkloadCheck } from './subject.ts';

/** What the status of a living pod says of an istio-init or istio-validation that failed: what went wrong, and what to do. */
export const failedRun: WorkloadCheck = ({ workload: { pod, source } }) => {
  const ended = pod.ended ?? [];
  const [failure] = runOfStatus({ ended })?.failures ?? [];
  if (failure === undefined) return [];
  const at = ended.find((one) => one.source.kind === 'file' && one.source.line === failure.line)?.source ?? source;
  const what = failure.text === failure.message ? failure.message : `${failure.message}: ${failure.text}`;
  return [{ code: 'init-container-failed', source: at, args: { what, fix: failure.fix } }];
};
