/** What this machine offers to rules of Istio: looked at from here, changing nothing, and no kernel module is asked for by name. */

import type { Family } from '../netfilter/family.ts';
import type { Ruleset } from '../netfilter/rule.ts';
import type { Aspect } from './machine/aspect.ts';
import { backendAspect, choiceAspect, choose, readBackend } from './machine/backends.ts';
import { rightsAspect } from './machine/capabilities.ts';
import { ip6Aspect } from './machine/ip6.ts';
import { containerAspect, kernelAspect } from './machine/kernel.ts';
import { readEvidence } from './machine/kernel-has.ts';
import { modulesAspect } from './machine/modules.ts';
import { ownLockAspect } from './machine/own-lock.ts';
import { programsAspect } from './machine/programs.ts';
import { rootAspect } from './machine/root.ts';
import { xtablesLockAspect } from './machine/xtables-lock.ts';
import { openNamespace } from './namespace/namespace.ts';
import { programs } from './run.ts';

export type { Aspect } from './machine/aspect.ts';

/** Looks at this machine, with what some rules would need of it. Never throws for something that is not there. */
export async function inspectMachine(rules: Readonly<Record<Family, Ruleset>>): Promise<readonly Aspect[]> {
  const here = openNamespace({ kind: 'here' }, programs());
  const netFiles = await here.netFiles();
  const evidence = readEvidence();
  const [nft, legacy, plain, choice] = await Promise.all([
    readBackend(here, netFiles, 'nft'),
    readBackend(here, netFiles, 'legacy'),
    readBackend(here, netFiles, 'plain'),
    choose(here, netFiles),
  ]);
  const reads = nft.reads === 'yes' || legacy.reads === 'yes';
  return [
    kernelAspect(),
    containerAspect(),
    rightsAspect(),
    backendAspect(nft, legacy.version !== undefined, evidence),
    backendAspect(legacy, nft.version !== undefined, evidence),
    backendAspect(plain, reads, evidence),
    choiceAspect(choice),
    modulesAspect(rules, evidence, nft.reads === 'yes'),
    programsAspect(),
    xtablesLockAspect(),
    ownLockAspect(),
    ip6Aspect(),
    rootAspect(),
  ];
}
