/** `istio-iptables ARGS`: the drop-in for Istio's program, with its flags, environment and exit codes. */

import { targetFacts } from '../../host/facts.ts';
import type { Log } from '../../host/log.ts';
import { makeLog, parseLevel } from '../../host/log.ts';
import type { Target } from '../../host/namespace/namespace.ts';
import { system } from '../../host/system.ts';
import { writeTermination } from '../../host/termination.ts';
import { API_VERSION } from '../../istio/api-version.ts';
import { readFlags } from '../../istio/arguments/argument-settings.ts';
import type { Action } from '../../istio/arguments/arguments.ts';
import { bareArguments, HERE, parseGoBool, splitCommandLine } from '../../istio/arguments/command-line.ts';
import type { Environment } from '../../istio/arguments/effective-values.ts';
import { givenBy } from '../../istio/arguments/effective-values.ts';
import { badOption } from '../../istio/bad-option.ts';
import type { Sourced } from '../../istio/origin.ts';
import { planFor } from '../../istio/plan/plan.ts';
import type { Problem } from '../../istio/problems.ts';
import { formatProblem, ProblemError, problem, quoted } from '../../istio/problems.ts';
import type { Profile } from '../../istio/releases/profile.ts';
import { profileOf } from '../../istio/releases/profile.ts';
import { RELEASE_VARIABLE, resolveRelease } from '../../istio/releases/resolve-release.ts';
import { lacksAddress } from '../../istio/settings/facts.ts';
import { refuseNames } from '../terminal/unresolved-names.ts';
import { dryRun, lostText } from './dry-run.ts';
import type { DropInRequest } from './request.ts';
import { ALLOW_HOST } from './request.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** `true` makes native rules just as the release's program does. */
const EXACT = 'ISTIO_INIT_EXACT';

/** Where Istio's program writes the rules of a dry run. */
const DRY_RUN_FILE = 'DRY_RUN_FILE_PATH';

/** Runs the drop-in; resolves to its exit code: 0, 1, 126 for a failed validation, 128 + n after a signal. */
export async function dropIn(args: readonly string[], variables: Variables): Promise<number> {
  const named = variables[RELEASE_VARIABLE] || undefined;
  const namedRelease: Sourced<string> | undefined =
    named === undefined ? undefined : { value: named, source: { kind: 'environment', name: RELEASE_VARIABLE } };
  try {
    const request = await ask(args, variables, namedRelease);
    // What reads and changes the kernel's rules is most of the program, and a dry run has no use for it.
    return request.is('dry-run') ? await dryRun(request) : await (await import('./work.ts')).dropInWork(request);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if (isHelp(error.problems)) {
      const lost = await system.print((await import('./help.ts')).dropInHelp(profileOf(resolveRelease(namedRelease).release)));
      if (lost !== undefined) makeLog({ json: false, level: 'info' }).error(lostText(lost));
      return lost === undefined ? 0 : 1;
    }
    const unknownRelease = error.problems.some(({ code }) => code === 'unknown-release');
    const log = logOf(args, environmentOf(variables), profileOf(resolveRelease(unknownRelease ? undefined : namedRelease).release));
    const lines = error.problems.map(formatProblem);
    for (const line of lines) log.error(line);
    writeTermination({ apiVersion: API_VERSION, kind: 'ApplyResult', outcome: 'refused', state: 'as before', problems: lines });
    return 1;
  }
}

function environmentOf(variables: Variables): Environment {
  return Object.fromEntries(Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

// A flag that can't be read is an error before anybody looks for --help; a value is not looked at then.
const READING: readonly string[] = ['unknown-flag', 'flag-without-value'];

function isHelp(problems: readonly Problem[]): boolean {
  return problems.some(({ code }) => code === 'help-asked') && !problems.some(({ code }) => READING.includes(code));
}

/** The log that the arguments ask for, also where the rest of them can't be used. */
function logOf(args: readonly string[], environment: Environment, profile: Profile): Log {
  const given = givenBy(splitCommandLine(bareArguments(args), profile, 'agent').flags, environment, profile);
  return makeLog({ json: given.switched('log-json')?.value === true, level: parseLevel(given.action('log-level')?.value ?? '') });
}

async function ask(args: readonly string[], variables: Variables, namedRelease: Sourced<string> | undefined): Promise<DropInRequest> {
  const { release, problems } = resolveRelease(namedRelease);
  const profile = profileOf(release);
  const environment = environmentOf(variables);
  // In an image pilot-agent runs the program, which takes flags of its own.
  const line = splitCommandLine(bareArguments(args), profile, 'agent');
  // The arguments name the namespace whose facts they are then read with.
  const path = givenBy(line.flags, environment, profile).action('network-namespace')?.value ?? '';
  const target: Target = path === '' ? { kind: 'here' } : { kind: 'netns', path };
  const facts = await targetFacts(target, '--network-namespace');
  const given = readFlags(line, environment, profile, facts);
  // Istio's own looks at the namespace that it runs in, whichever is named.
  if (target.kind === 'here' && lacksAddress(facts, profile)) {
    const and = facts.addresses?.length === 0 ? '' : ' or link-local ones';
    throw new ProblemError([problem('no-address', HERE, { and, release })]);
  }
  const text = (action: Action): string => given.actions.get(action) ?? '';
  const is = (action: Action): boolean => parseGoBool(text(action)) === true;
  const binary = text('force-binary');
  if (binary !== '' && binary !== 'nft' && binary !== 'legacy')
    throw badOption('--force-iptables-binary', `${quoted(binary)} is not one of legacy, nft`);
  const log = makeLog({ json: is('log-json'), level: parseLevel(text('log-level')) });
  const native = given.switches.native ? await import('../../istio/plan/native/native-plan.ts') : undefined;
  const plan =
    native?.nativePlanFor(given.settings, release, facts, given.switches, variables[EXACT] === 'true' ? 'made' : 'mended') ??
    planFor(given.settings, release, facts, given.switches);
  if (!is('dry-run')) refuseNames(plan.problems, 'the kernel holds numbers');
  // Who asks for no rules knows it, unless a dry run then shows some.
  const expected = given.problems.filter(({ code }) => code !== 'applies-nothing' || is('dry-run'));
  for (const one of [...problems, ...expected, ...plan.problems]) log.warn(formatProblem(one));
  return {
    plan,
    target,
    log,
    named: namedRelease !== undefined,
    allowHost: variables[ALLOW_HOST] === 'true',
    dryRunFile: variables[DRY_RUN_FILE] || undefined,
    is,
    text,
  };
}
