/** Options as rows of a table: what each is for, by its name. */

import type { Options } from 'yargs';

/** What an option is for; or that, and what else there is to say of it. */
type Row = string | Options;

/** Options that take a value. */
export function valued<N extends string>(group: string, rows: Readonly<Record<N, Row>>): Readonly<Record<N, Options>> {
  return inGroup({ type: 'string', requiresArg: true, group: `${group}:` }, rows);
}

/** Options that are given or not. */
export function flags<N extends string>(group: string, rows: Readonly<Record<N, Row>>): Readonly<Record<N, Options>> {
  return inGroup({ type: 'boolean', default: false, group: `${group}:` }, rows);
}

function inGroup<N extends string>(shared: Options, rows: Readonly<Record<N, Row>>): Readonly<Record<N, Options>> {
  const entries = Object.entries<Row>(rows).map(([name, row]) => [
    name,
    { ...shared, ...(typeof row === 'string' ? { describe: row } : row) },
  ]);
  return Object.fromEntries(entries) as Record<N, Options>;
}
