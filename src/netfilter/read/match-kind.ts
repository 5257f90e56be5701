/** Which kind of match an option of a module is. */

import type { MatchKind } from '../rule/match.ts';
import { MATCH_KINDS, MATCH_OPTIONS } from '../rule/options.ts';

/** The kind that an option of a module stands for (`owner`, `--uid-owner`), or undefined. */
export function matchKindOf(module: string, option: string): MatchKind | undefined {
  return BY_MODULE.get(module)?.get(option);
}

const BY_MODULE: ReadonlyMap<string, ReadonlyMap<string, MatchKind>> = /* @__PURE__ */ byModule();

function byModule(): ReadonlyMap<string, ReadonlyMap<string, MatchKind>> {
  const modules = new Map<string, Map<string, MatchKind>>();
  for (const kind of MATCH_KINDS) {
    const { module, option, aliases } = MATCH_OPTIONS[kind];
    const options = modules.get(module) ?? new Map<string, MatchKind>();
    modules.set(module, options.set(option, kind));
    for (const alias of aliases) options.set(alias, kind);
  }
  return modules;
}
