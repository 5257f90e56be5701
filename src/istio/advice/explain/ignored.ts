/** What somebody gave and no setting came of: it never reached the program, or the program does not read it. */

import { wordsOf } from '../../kubernetes/injection/injected.ts';
import type { WorkloadInjection } from '../../kubernetes/workload-injection.ts';
import { profileOf } from '../../releases/profile.ts';
import type { Basis } from './basis.ts';
import { notPassed } from './ignored-by-injector.ts';
import type { NamedText, Unused } from './ignored-text.ts';
import { unreadVariables } from './ignored-variables.ts';

/** Everything that was given in vain, in the order of annotations, mesh values, variables. */
export function unusedIn(basis: Basis, release: string): readonly Unused[] {
  switch (basis.kind) {
    case 'settings':
      return [];
    case 'arguments': {
      const given = Object.entries(basis.environment).map(
        ([name, value]): NamedText => ({ name, value, source: { kind: 'environment', name } }),
      );
      return unreadVariables(basis.words, given, profileOf(release));
    }
    case 'workload':
      return [...notPassed(basis.made, basis.mesh), ...unreadBy(basis.made)];
    default:
      return basis satisfies never;
  }
}

function unreadBy({ injection, release }: WorkloadInjection): readonly Unused[] {
  if (injection.kind !== 'arguments') return [];
  const given = [...injection.environment].map(([name, text]) => ({ name, ...text }));
  return unreadVariables(wordsOf(injection.arguments), given, profileOf(release.value));
}
