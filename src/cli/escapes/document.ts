/** Escapes as data with a stable shape: `-o json`, and what `--baseline` reads. */

import { API_VERSION } from '../../istio/api-version.ts';
import { printSource } from '../../istio/origin.ts';
import type { Allowance } from '../../istio/packets/escape-allowance.ts';
import type { EscapesReport } from './report.ts';

/** Within one apiVersion keys are added, never renamed or removed. */
export function escapesDocument({ workloads, expired, unused, charts }: EscapesReport): object {
  return {
    apiVersion: API_VERSION,
    kind: 'Escapes',
    workloads: workloads.map(({ count, names, escapes, unknown, conditions }) => ({
      count,
      names,
      ...(unknown === undefined ? {} : { unknown }),
      ...(conditions === undefined ? {} : { conditions }),
      escapes: escapes.map(({ direction, family, words, verdict, why, known, allowedBy, example }) => ({
        direction,
        family,
        words,
        verdict,
        why,
        known,
        example,
        ...(allowedBy === undefined ? {} : { allowedBy: allowanceDocument(allowedBy) }),
      })),
    })),
    expired: expired.map(allowanceDocument),
    unused: unused.map(allowanceDocument),
    ...(charts.length === 0 ? {} : { charts }),
  };
}

function allowanceDocument({ owner, reason, until, source }: Allowance): object {
  return { owner, reason, until, place: printSource(source) };
}
