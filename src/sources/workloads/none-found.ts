import { badOption } from '../../istio/bad-option.ts';
import { KINDS_READ } from '../../istio/kubernetes/manifest/kinds.ts';
import { nearest, ProblemError } from '../../istio/problems.ts';
import { KIND } from '../../istio/settings/sidecar-file.ts';
import { foldersText, skippedText } from './skipped.ts';
import type { Passed } from './stream.ts';

/** `name`: the files. What was wrong on the way is the reason, where something was. */
export function noneFound(name: string, { problems, skipped, folders = [] }: Passed): ProblemError {
  // Beside workloads it is a warning that one document is for --values; where nothing else is, it is what went wrong.
  const reported = problems.map((one) => (one.code === 'use-values' ? { ...one, severity: 'error' as const } : one));
  if (reported.some(({ severity }) => severity === 'error')) return new ProblemError(reported);
  const [kind = ''] = skipped.size === 1 ? skipped.keys() : [];
  const objects = skipped.size === 0 ? '' : `, only ${skippedText(skipped)}`;
  const found = [objects, ...folders.map((one) => ` (${foldersText(one)})`)].join('');
  const noWorkload = badOption(name, `holds no workload and no ${KIND}${found}${nearest(kind, [...KINDS_READ, KIND])}`);
  return new ProblemError([...reported, ...noWorkload.problems]);
}
