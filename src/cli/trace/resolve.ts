/** `--resolve`: names that a user wants looked up. */

import { resolveName } from '../../host/resolve-name.ts';
import { badOption } from '../../istio/bad-option.ts';
import { readEndpoint } from '../../istio/packets/packet/endpoint.ts';
import { quoted } from '../../istio/problems.ts';

/** `10.0.0.9:3306` for `mysql.db:3306`. Throws a ProblemError where nobody knows the name. */
export async function resolvedTarget(to: string): Promise<string> {
  const read = readEndpoint(to);
  if (typeof read === 'string' || read.name === undefined) return to;
  const found = await resolveName(read.name);
  if ('failure' in found) throw badOption('--resolve', `${quoted(read.name)} can not be looked up: ${found.failure}`);
  return found.address.includes(':') ? `[${found.address}]:${read.port}` : `${found.address}:${read.port}`;
}
