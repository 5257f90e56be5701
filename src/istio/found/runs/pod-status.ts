/** The run that a pod's status tells of: an init container that ended with anything but 0 has made no rules, or proved that there are none. */

import type { EndedContainer, PodTemplate, UnendedContainer } from '../../kubernetes/manifest/workload.ts';
import type { CauseExplanation } from './cause-and-fix.ts';
import { explainCause } from './cause-and-fix.ts';
import { causeOfExit } from './exit-codes.ts';
import type { Cause } from './failure-signs.ts';
import type { Run } from './run.ts';
import { failedRun, runIn, unendedRun } from './run.ts';

/** The containers of Istio that make rules, or prove them. */
const CONTAINERS = ['istio-init', 'istio-validation'];

const NEVER_RAN: readonly Cause[] = ['image', 'container-config', 'not-started'];

/** Undefined where none of them is known to have failed, or still to wait. */
export function runOfStatus({ ended = [], unended = [] }: Partial<Pick<PodTemplate, 'ended' | 'unended'>>): Run | undefined {
  const failures = ended
    .filter(({ name, exitCode }) => CONTAINERS.includes(name) && exitCode !== 0)
    .flatMap((container) => {
      const { name, exitCode, reason, message, source } = container;
      const line = source.kind === 'file' ? source.line : 0;
      // That it is started again says nothing of why it ended.
      const recorded = (runIn(message)?.failures ?? []).filter(({ cause }) => cause !== 'restarts');
      if (recorded.length > 0) return recorded.map((failure) => ({ ...failure, line }));
      const cause = causeOf(container);
      const why = [reason, message].filter((text) => text !== '').join(': ');
      const how = NEVER_RAN.includes(cause) && exitCode === 1 ? 'was not started' : `ended with exit code ${exitCode}`;
      const ended = `${name} ${how}${why === '' ? '' : ` (${why})`}`;
      return [{ cause, message: ended, line, ...wordsFor(cause, container, ended) }];
    });
  if (failures.length > 0) return failedRun(failures);
  const own = unended.find(({ name }) => CONTAINERS.includes(name));
  return own === undefined ? undefined : unendedRun(whyUnended(own, unended));
}

function wordsFor(cause: Cause, { name, message }: EndedContainer, ended: string): CauseExplanation {
  const of = {
    program: name,
    family: 'ip',
    modules: [],
    rights: { has: () => undefined, modules: undefined },
    message: message || ended,
  } as const;
  if (cause !== 'unknown') return explainCause(cause, of);
  return { text: `${ended}, and the status does not say why`, fix: explainCause('restarts', of).fix };
}

/** What keeps istio-init from having made its rules, or istio-validation from having proved those of the CNI plugin. */
function whyUnended({ name, waits }: UnendedContainer, unended: readonly UnendedContainer[]): string {
  const before = unended.slice(
    0,
    unended.findIndex((one) => one.name === name),
  );
  const behind = before.find(({ waits: reason }) => reason !== 'PodInitializing') ?? before[0];
  const state = waits === '' ? 'still runs' : `waits (${waits})`;
  const first =
    behind === undefined ? '' : `, behind ${behind.name}, which ${behind.waits === '' ? 'still runs' : `waits (${behind.waits})`}`;
  return `${name} ${state}${first}: it has not ${name === 'istio-init' ? 'made its' : 'proved the'} rules yet`;
}

function causeOf({ name, exitCode, reason }: EndedContainer): Cause {
  if (reason.includes('OOMKilled')) return 'memory';
  if (/Image|Registry/.test(reason)) return 'image';
  if (reason.includes('CreateContainerConfigError')) return 'container-config';
  if (/CreateContainerError|RunContainerError|StartError|ContainerCannotRun/.test(reason)) return 'not-started';
  return causeOfExit(exitCode, name) ?? (name === 'istio-validation' ? 'not-validated' : 'unknown');
}
