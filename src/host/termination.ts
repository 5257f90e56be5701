/** The container's termination message: a short report that `kubectl describe pod` shows. */

import { system } from './system.ts';

/** Where the kubelet looks unless the container says otherwise. */
const TERMINATION_LOG = '/dev/termination-log';

// The kubelet cuts a message at 4096 bytes, and half a JSON document says nothing.
const LIMIT = 4096;

/**
 * Writes a report as JSON where such a file is; never makes one (a node or a VM has none), never fails.
 * Long texts in it are cut until it fits. Returns whether it was written.
 */
export function writeTermination(report: Readonly<Record<string, unknown>>, path: string = TERMINATION_LOG): boolean {
  return system.overwrite(path, fitted(report));
}

/** The report as JSON of at most 4096 bytes: the longest texts are cut shorter and shorter. */
function fitted(report: Readonly<Record<string, unknown>>): string {
  for (const longest of [Number.POSITIVE_INFINITY, 1000, 400, 150, 60, 20]) {
    const cut = (_: string, value: unknown): unknown => {
      if (Array.isArray(value) && longest < 1000) return value.slice(0, longest / 10);
      return typeof value === 'string' && value.length > longest ? `${value.slice(0, longest)}...` : value;
    };
    const text = JSON.stringify(report, cut);
    if (new TextEncoder().encode(text).length <= LIMIT) return text;
  }
  return '{"outcome":"the report is too long"}';
}
