/** Escapes as SARIF 2.1.0: a result for each escape that is not allowed. */

import { createHash } from 'node:crypto';
import { examplesText } from '../../sources/workloads/group-names.ts';
import { sarifLog, sarifPlace } from '../terminal/sarif.ts';
import { fingerprintOf } from './baseline.ts';
import type { EscapesReport } from './report.ts';
import { openEscapes } from './report.ts';

const RULES = [
  {
    id: 'uncaptured-outbound',
    name: 'UncapturedOutbound',
    shortDescription: { text: 'A connection leaves without passing the proxy.' },
    fullDescription: { text: 'Neither policies, nor mutual TLS, nor telemetry of the mesh apply to it.' },
    help: { text: 'Remove the exclusion, or allow it with an owner, a reason and a day (--allow).' },
    defaultConfiguration: { level: 'warning' },
    properties: { 'security-severity': '5.0' },
  },
  {
    id: 'uncaptured-inbound',
    name: 'UncapturedInbound',
    shortDescription: { text: 'A connection arrives without passing the proxy.' },
    fullDescription: { text: 'Authorization policies and mutual TLS do not hold on these ports.' },
    help: { text: 'Remove the exclusion, or allow it with an owner, a reason and a day (--allow).' },
    defaultConfiguration: { level: 'warning' },
    properties: { 'security-severity': '7.0' },
  },
  {
    id: 'capture-unknown',
    name: 'CaptureUnknown',
    shortDescription: { text: 'Nobody can tell whether the proxy sees a connection.' },
    fullDescription: { text: 'What was read does not say enough: a nameserver, the rules of a pod that is not there yet.' },
    help: { text: 'Give what is missing (as --nameserver), or read the rules that are in the pod (--live).' },
    defaultConfiguration: { level: 'note' },
    properties: { 'security-severity': '3.0' },
  },
] as const;

export function escapesSarif({ workloads }: EscapesReport): object {
  const results = workloads.flatMap((one) =>
    openEscapes(one).map((found) => {
      const [first] = one.examples;
      const ruleIndex = found.verdict === 'unknown' ? 2 : found.direction === 'outbound' ? 0 : 1;
      const fingerprint = fingerprintOf(first?.name ?? '', found);
      return {
        ruleId: RULES[ruleIndex].id,
        ruleIndex,
        level: RULES[ruleIndex].defaultConfiguration.level,
        message: { text: `${examplesText(one, 3)}: ${found.words}. ${found.why}` },
        ...(first === undefined ? {} : sarifPlace(first.source)),
        partialFingerprints: { 'escape/v1': createHash('sha256').update(fingerprint).digest('hex') },
      };
    }),
  );
  return sarifLog(RULES, results);
}
