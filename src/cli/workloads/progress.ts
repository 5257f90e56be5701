/** How far a long work is, on a terminal. */

import type { Progress } from '../../host/manifests.ts';
import { grouped, workloadsText } from './numbers.ts';

export interface Bar {
  /** `workloads`: how many were worked on so far. */
  readonly update: (progress: Pick<Progress, 'read' | 'total'>, workloads: number) => void;
  /** Takes the bar away again. To be called however the work ends. */
  readonly clear: () => void;
}

interface Stream {
  readonly isTTY?: boolean;
  readonly write: (text: string) => unknown;
}

// In milliseconds. What takes less than a second needs no bar.
const QUIET = 1000;
const PAUSE = 100;
const WIDTH = 24;
const NOTHING: Bar = { update: () => {}, clear: () => {} };

// To the start of the line, and nothing behind it (ECMA-48, EL).
const CLEAR = '\r\u001b[K';

/** A bar for a terminal that can take it away again; for any other stream one that does nothing. `clock` tells milliseconds. */
export function progressFor(stream: Stream, environment: Readonly<Record<string, string | undefined>>, clock: () => number): Bar {
  if (stream.isTTY !== true || environment['TERM'] === 'dumb') return NOTHING;
  const start = clock();
  let next = start + QUIET;
  let shown = false;
  return {
    update: (progress, workloads) => {
      const now = clock();
      if (now < next) return;
      next = now + PAUSE;
      shown = true;
      stream.write(`${CLEAR}${barText(progress, workloads, (now - start) / 1000)}`);
    },
    clear: () => {
      if (shown) stream.write(CLEAR);
      shown = false;
    },
  };
}

function barText({ read, total }: Pick<Progress, 'read' | 'total'>, workloads: number, seconds: number): string {
  const said = `${workloadsText(workloads)}, ${grouped(Math.round(workloads / seconds))} per second`;
  if (total === undefined || total === 0) return said;
  const part = Math.min(1, read / total);
  const full = Math.floor(part * WIDTH);
  return `[${'#'.repeat(full)}${' '.repeat(WIDTH - full)}] ${String(Math.floor(part * 100)).padStart(3)} %  ${said}`;
}
