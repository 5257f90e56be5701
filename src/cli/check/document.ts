/** A check as data with a stable shape: `-o json`, described in docs/check.md. */

import { API_VERSION } from '../../istio/api-version.ts';
import { isSame } from '../diff/comparison.ts';
import { differenceDocument } from '../diff/document.ts';
import { identificationDocument } from '../identify/document.ts';
import { reportOf } from '../identify/report.ts';
import type { Report } from './report.ts';
import { exitCodeOf, verdictOf } from './report.ts';

/** The document of a check. Within one apiVersion keys are added, never renamed or removed. */
export function checkDocument(report: Report): object {
  const { name, unreadable, ruleSource, identified, drift, connection, findings, unseen, nextCommands, machine } = report;
  return {
    apiVersion: API_VERSION,
    kind: 'CheckReport',
    source: name,
    verdict: verdictOf(report),
    exitCode: exitCodeOf(report),
    ...(unreadable === undefined ? {} : { unreadable }),
    ...(ruleSource === undefined || identified === undefined
      ? {}
      : { identity: identificationDocument(reportOf(identified, ruleSource, unseen, false)), places: ruleSource.places ?? [] }),
    ...(ruleSource?.run === undefined ? {} : { run: ruleSource.run }),
    ...(drift === undefined ? {} : { drift: driftDocument(drift) }),
    ...(connection === undefined ? {} : { connection }),
    findings,
    notSeen: unseen,
    again: nextCommands,
    ...(machine === undefined ? {} : { machine }),
  };
}

function driftDocument({ against, given, command, comparison }: NonNullable<Report['drift']>): object {
  return { same: isSame(comparison), against, given, command, difference: differenceDocument(comparison) };
}
