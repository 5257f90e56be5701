/** The network namespace that a command works in: it must be named. */

import type { Options } from 'yargs';
import type { Target } from '../../host/namespace/namespace.ts';
import { badOption } from '../../istio/bad-option.ts';
import type { Parsed } from '../options.ts';
import { last } from '../options.ts';

/** How a network namespace is named. */
export const NAMESPACE_OPTIONS: Readonly<Record<string, Options>> = {
  here: { type: 'boolean', describe: 'This network namespace', group: 'Target:' },
  pid: { type: 'string', describe: 'That of a process', group: 'Target:' },
  netns: { type: 'string', describe: 'That of a file, as /run/netns/NAME', group: 'Target:' },
};

export const TARGET_OPTIONS: Readonly<Record<string, Options>> = {
  ...NAMESPACE_OPTIONS,
  host: { type: 'boolean', default: false, describe: "It may be a node's, with chains of kube-proxy", group: 'Target:' },
  backend: { type: 'string', describe: 'nft, legacy, or plain: the iptables of the PATH (default: what fits)', group: 'Target:' },
};

/** The one target that was named, or the usual one. Throws a ProblemError for none, or more than one. */
export function targetGiven(parsed: Parsed, usual?: Target): Target {
  const pid = last(parsed, 'pid');
  const path = last(parsed, 'netns');
  const named = [parsed['here'] === true, pid !== undefined, path !== undefined].filter(Boolean).length;
  if (named === 0 && usual !== undefined) return usual;
  if (named === 0) throw badOption(commandOf(parsed), 'name the network namespace to work in: --here, --pid N or --netns PATH');
  if (named > 1) throw badOption('--here, --pid, --netns', 'each name a network namespace: give one of them');
  if (path !== undefined) return { kind: 'netns', path };
  if (pid === undefined) return { kind: 'here' };
  if (!/^[1-9]\d{0,9}$/.test(pid)) throw badOption('--pid', `${JSON.stringify(pid)} is not the number of a process`);
  return { kind: 'pid', pid: Number(pid) };
}

/** The command that was called: what is missing is missing there. */
function commandOf(parsed: Parsed): string {
  return String([parsed['_'] ?? []].flat()[0]);
}

/** The backend that was requested, or undefined. */
export function backendGiven(parsed: Parsed): 'nft' | 'legacy' | 'plain' | undefined {
  const backend = last(parsed, 'backend');
  if (backend === undefined || backend === 'nft' || backend === 'legacy' || backend === 'plain') return backend;
  throw badOption('--backend', `${JSON.stringify(backend)} is not one of nft, legacy, plain`);
}
