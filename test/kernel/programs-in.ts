/** What functions of src start, started by the shell that stays in a namespace of a test: for where it is no question how a program is started. */

import type { Effects } from '../../src/host/kernel/apply.ts';
import { applyPlan } from '../../src/host/kernel/apply.ts';
import type { ApplyOptions } from '../../src/host/kernel/options.ts';
import type { ApplyResult } from '../../src/host/kernel/result.ts';
import type { Programs } from '../../src/host/run.ts';
import { programs } from '../../src/host/run.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { quoteForShell } from '../../src/netfilter/words.ts';
import type { Namespace } from './namespace.ts';
import { feed } from './namespace.ts';

/** Only what goes on until it is stopped is started by this process itself. Deadlines are those of the test. */
export function programsIn({ run }: Pick<Namespace, 'run'>): Programs {
  const own = programs();
  let count = 0;
  return {
    start: own.start,
    started: () => own.started() + count,
    run: async ({ argv, stdin = '', env = {} }) => {
      count += 1;
      const variables = Object.entries({ ...env, LC_ALL: 'C' }).map(([name, value]) => `export ${name}=${quoteForShell(value)}\n`);
      const { exitCode, stdout, stderr } = await run(`${variables.join('')}${feed(`exec ${argv.map(quoteForShell).join(' ')}`, stdin)}`);
      const notFound = exitCode === 127 && /^\S*: \d+: exec: .*: not found$/m.test(stderr);
      return { argv, exitCode, signal: null, stdout, stderr, timedOut: false, notFound };
    },
  };
}

/** For work in a namespace in which nobody else works: the lock, which costs a process, has tests of its own. */
export function unlockedIn(namespace: Namespace): Effects {
  return { programs: programsIn(namespace), lock: async () => ({ release: () => undefined }) };
}

/** Applies what arguments of istio-iptables ask for, where it is no question which process does. */
export function applyByShell(namespace: Namespace, args: readonly string[], options: ApplyOptions = {}): Promise<ApplyResult> {
  return applyPlan({ kind: 'netns', path: `/run/netns/${namespace.name}` }, planFromArguments(args), options, unlockedIn(namespace));
}
