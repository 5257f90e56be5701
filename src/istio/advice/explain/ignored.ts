/** What somebody gave and no setting came of: it never reached the program, or the program does not read it. */

import { wordsOf } from '../../kubernetes/injection/injected.ts';
import type { WorkloadInjection } from '../../kubernetes/workload-injection.ts';
import { profileOf } from '../../releases/profile.ts';
import type { Basis } from './basis.ts';
import { ignoredByInjector } from './ignored-by-injector.ts';
import type { IgnoredText, NamedText } from './ignored-text.ts';
import { ignoredVariables } from './ignored-variables.ts';

/** Everything that was ignored, in the order of annotations, mesh values, variables. */
export function ignoredIn(basis: Basis, release: string): readonly IgnoredText[] {
  switch (basis.kind) {
    case 'settings':
      return [];
    case 'arguments': {
      const given = Object.entries(basis.environment).map(
        ([name, value]): NamedText => ({ name, value, source: { kind: 'environment', name } }),
      );
      return ignoredVariables(basis.words, given, profileOf(release));
    }
    case 'workload':
      return [...ignoredByInjector(basis.made, basis.mesh), ...unreadBy(basis.made)];
    default:
      return basis satisfies never;
  }
}

function unreadBy({ injection, release }: WorkloadInjection): readonly IgnoredText[] {
  if (injection.kind !== 'arguments') return [];
  const given = [...injection.environment].map(([name, text]) => ({ name, ...text }));
  return ignoredVariables(wordsOf(injection.arguments), given, profileOf(release.value));
}
