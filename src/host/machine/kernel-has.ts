/** Whether the kernel has what a rule needs, told from files: nothing is loaded, and nothing tried. */

import { existsSync } from 'node:fs';
import { system } from '../system.ts';
import { kernelRelease } from './kernel.ts';

/** `absent` only where the kernel's own lists say so; where nothing tells, it is `unknown`. */
export type ModuleState = 'there' | 'can be loaded' | 'absent' | 'unknown';

/** What files tell of modules; a list that there is none of, or that may not be read, is undefined. */
export interface Evidence {
  /** /proc/modules; a kernel that can load none has no such file. */
  readonly loaded: ReadonlySet<string> | undefined;
  /** modules.builtin and modules.dep of this kernel, as names. */
  readonly builtIn: ReadonlySet<string> | undefined;
  readonly loadable: ReadonlySet<string> | undefined;
  /** The matches and targets that xtables has registered, which iptables-nft uses as well. */
  readonly registered: ReadonlySet<string> | undefined;
  /** Whether /sys/module tells of it. */
  readonly inSys: (module: string) => boolean;
}

export function readEvidence(): Evidence {
  const folder = `/lib/modules/${kernelRelease() ?? ''}`;
  const registered = ['ip_tables_matches', 'ip_tables_targets'].map((file) => system.readText(`/proc/net/${file}`));
  return {
    loaded: setOf(system.readText('/proc/modules'), (line) => line.split(' ', 1)[0]),
    builtIn: setOf(system.readText(`${folder}/modules.builtin`), moduleOfPath),
    loadable: setOf(system.readText(`${folder}/modules.dep`), (line) => moduleOfPath(line.split(':', 1)[0] ?? '')),
    registered: registered.includes(undefined) ? undefined : setOf(registered.join('\n'), (line) => line),
    inSys: (module) => existsSync(`/sys/module/${module}`),
  };
}

/** The state of a module, by what is known. */
export function moduleState(module: string, { loaded, builtIn, loadable, registered, inSys }: Evidence): ModuleState {
  if (loaded?.has(module) || builtIn?.has(module) || inSys(module) || registered?.has(extensionOf(module))) return 'there';
  if (loadable?.has(module)) return 'can be loaded';
  if (builtIn !== undefined && loadable !== undefined) return 'absent';
  // What is registered by a kernel that loads nothing is all there will ever be.
  return loaded === undefined && registered !== undefined && module.startsWith('xt_') ? 'absent' : 'unknown';
}

// DNAT and SNAT are the targets of xt_nat.
function extensionOf(module: string): string {
  return module === 'xt_nat' ? 'DNAT' : module.replace(/^xt_/, '');
}

function setOf(text: string | undefined, nameOf: (line: string) => string | undefined): ReadonlySet<string> | undefined {
  return text === undefined ? undefined : new Set(text.split('\n').flatMap((line) => (line === '' ? [] : (nameOf(line) ?? []))));
}

// `kernel/net/netfilter/xt_owner.ko.xz`; a file may have a dash where the module has an underscore.
function moduleOfPath(path: string): string | undefined {
  return /([^/]+)\.ko(?:\.\w+)?$/.exec(path)?.[1]?.replaceAll('-', '_');
}
