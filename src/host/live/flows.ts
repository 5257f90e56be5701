/** Connections of a live namespace, as the program `conntrack` lists them where it is installed. */

import type { ListedFlow } from '../../netfilter/conntrack-listing.ts';
import { readConntrack } from '../../netfilter/conntrack-listing.ts';
import type { Family } from '../../netfilter/family.ts';
import type { Namespace } from '../namespace/namespace.ts';
import { succeeded } from '../run.ts';

/** Characters of a listing that are kept: some 40,000 connections, where a node may have a million. */
const KEPT = 8_000_000;

/** Those of some families; none where the program is not there or may not look: they prove, and are never what an answer rests on. */
export async function readFlows(
  { run }: Pick<Namespace, 'run'>,
  families: readonly Family[],
  deadline: number,
): Promise<readonly ListedFlow[]> {
  const listings = await Promise.all(
    families.map((family) => run({ argv: ['conntrack', '-L', '-f', family === 'ip' ? 'ipv4' : 'ipv6'], deadline, keep: KEPT })),
  );
  return listings.filter(succeeded).flatMap(({ stdout }) => readConntrack(stdout));
}
