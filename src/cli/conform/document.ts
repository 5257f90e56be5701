/** The document of a conformance run. Within one apiVersion keys are added, never renamed or removed. */

import { API_VERSION } from '../../istio/api-version.ts';
import type { ConformReport, ReportedDeviation } from './report.ts';
import { byBackend } from './report.ts';

export function conformDocument(report: ConformReport): object {
  const { program, runs, scores, nearest, deviations } = report;
  const release = nearest.at(-1)?.release;
  return {
    apiVersion: API_VERSION,
    kind: 'Conformance',
    program,
    cases: new Set(runs.map(({ golden }) => golden.name)).size,
    runs: runs.length,
    equals: deviations.length === 0 ? nearest.map((score) => score.release) : [],
    nearest: nearest.map((score) => score.release),
    release,
    backends: release === undefined ? [] : byBackend(report, release),
    releases: scores,
    differences: deviations.map(deviationDocument),
  };
}

function deviationDocument({ golden, outcomes, result, expected, differences }: ReportedDeviation): object {
  const { name, backend, args, env, addresses, nameservers, rights, twice } = golden;
  return {
    case: name,
    backend,
    args,
    env,
    addresses,
    nameservers,
    rights,
    twice,
    releases: outcomes.flatMap(({ releases }) => releases),
    exit: { istio: expected.exit, program: result.exit, code: result.code },
    said: result.message,
    rules: differences.stores.flatMap(({ store, rules }) => rules.map((line) => ({ store, ...line }))),
    packets: differences.stores.flatMap(({ store, packets }) =>
      packets.map(({ words, left, right, example }) => ({ store, packets: words, istio: left, program: right, example })),
    ),
    outside: differences.outside,
  };
}
