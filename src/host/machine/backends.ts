import type { Family } from '../../netfilter/family.ts';
import type { Failure } from '../failure/failure.ts';
import { chooseBackend } from '../kernel/backend.ts';
import { listNftTables } from '../kernel/nft-tables.ts';
import type { Backend } from '../kernel/snapshot.ts';
import { legacyTables, programOf, readFamily } from '../kernel/snapshot.ts';
import { kernelHasNft } from '../live/nft-kernel.ts';
import type { Namespace, NetFiles } from '../namespace/namespace.ts';
import { succeeded } from '../run.ts';
import type { Aspect } from './aspect.ts';
import { fine, warning } from './aspect.ts';
import type { Evidence } from './kernel-has.ts';
import { moduleState } from './kernel-has.ts';
import { findProgram } from './programs.ts';

export interface BackendReading {
  readonly backend: Backend;
  /** As its own --version prints it behind its name: `v1.8.9 (nf_tables)`; undefined where there is no such program. */
  readonly version: string | undefined;
  readonly lacking: readonly string[];
  /** `nothing there` where the kernel lists no table of it; `not tried` where trying could make one, or would show nothing new. */
  readonly reads: 'yes' | 'nothing there' | 'not tried' | Pick<Failure, 'text' | 'fix'>;
}

/** A program that hangs must not keep the screen from being printed. */
const DEADLINE = 10_000;

/** Looks at one backend. Only what is there already is read: iptables-legacy would make a table that it is asked for by name. */
export async function readBackend(namespace: Namespace, netFiles: NetFiles, backend: Backend): Promise<BackendReading> {
  const families: readonly Family[] = netFiles.if_inet6 === undefined ? ['ip'] : ['ip', 'ip6'];
  const programs = families.flatMap((family) => (['save', 'restore'] as const).map((action) => programOf(backend, family, action)));
  const lacking = programs.filter((program) => findProgram(program) === undefined);
  const save = programOf(backend, 'ip', 'save');
  if (lacking.includes(save)) return { backend, version: undefined, lacking, reads: 'not tried' };
  const ran = await namespace.run({ argv: [save, '--version'], deadline: DEADLINE });
  const version = succeeded(ran) ? ran.stdout.trim().replace(/^\S+ /, '') : 'an unknown version';
  // The plain programs are one of the other two; and to ask nft where the kernel has none would load its module.
  if (backend === 'plain' || (backend === 'nft' && !kernelHasNft())) return { backend, version, lacking, reads: 'not tried' };
  if (backend === 'legacy') {
    const tables = legacyTables(netFiles, 'ip');
    if (tables === undefined || tables.length === 0)
      return { backend, version, lacking, reads: tables === undefined ? 'not tried' : 'nothing there' };
  }
  const read = await readFamily({ namespace, netFiles, deadline: DEADLINE }, backend, 'ip');
  return { backend, version, lacking, reads: 'failure' in read ? read.failure : 'yes' };
}

/** Judges nft or legacy; one of them is enough, so only the first that apply would choose is missed where it is not there. */
export function backendAspect({ backend, version, lacking, reads }: BackendReading, otherReads: boolean, evidence: Evidence): Aspect {
  const topic = backend === 'plain' ? 'iptables' : (`iptables-${backend}` as const);
  if (version === undefined) {
    const text = `no program ${programOf(backend, 'ip', 'save')}`;
    return otherReads || backend === 'plain' ? fine(topic, text) : warning(topic, text, 'use an image that has the package iptables');
  }
  if (typeof reads === 'object') return warning(topic, `${version}: ${reads.text}`, reads.fix);
  const table = backend === 'legacy' ? legacyTable(evidence) : '';
  const read = reads === 'yes' ? ': shows rules' : reads === 'nothing there' ? ': no table of it is in use here' : '';
  const text = `${version}${read}${table}`;
  if (lacking.length > 0)
    return warning(topic, `${text}; no program ${lacking.join(', ')}`, 'use an image that has the complete package iptables');
  return fine(topic, text);
}

function legacyTable(evidence: Evidence): string {
  const state = moduleState('iptable_nat', evidence);
  if (state === 'there') return '; its nat table is in the kernel';
  if (state === 'can be loaded') return '; its module iptable_nat is not loaded';
  return state === 'absent' ? '; this kernel has no iptable_nat' : '';
}

/** What an apply here would work with, and why. */
export async function choose(namespace: Namespace, netFiles: NetFiles): Promise<Choice> {
  if (!kernelHasNft()) return 'not tried';
  const nftTables = listNftTables(namespace, DEADLINE, true);
  return chooseBackend({ namespace, netFiles, deadline: DEADLINE }, { ip6: 'where needed', native: false, nftTables });
}

type Choice = Awaited<ReturnType<typeof chooseBackend>> | 'not tried';

export function choiceAspect(choice: Choice): Aspect {
  if (choice === 'not tried') return fine('backend', 'not tried: nf_tables is not loaded, and to try would load it');
  if ('failure' in choice) return warning('backend', `none works here: ${choice.failure.text}`, choice.failure.fix);
  return fine('backend', `apply would use ${choice.snapshot.backend}: ${choice.reasons.join('; ')}`);
}
