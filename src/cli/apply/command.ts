/** The words of `apply` and `clean` on the command line. */

import type { CommandModule } from 'yargs';
import { badOption } from '../../istio/bad-option.ts';
import { flags } from '../option-rows.ts';
import type { Parsed } from '../options.ts';
import { last, outputOf, planOptions, SETTINGS_OPTIONS, WORKLOAD_OPTIONS } from '../options.ts';
import { finish } from '../result.ts';
import { backendGiven, TARGET_OPTIONS, targetGiven } from './target.ts';

const SHARED = {
  ...flags('Output', { 'dry-run': 'Print the transaction against the live state; touch nothing' }),
  output: { alias: 'o', type: 'string', default: 'text', describe: 'text or json', group: 'Output:' },
} as const;

const ON_DRIFT = ['reconcile', 'fail', 'report'] as const;

const EXIT_CODES = 'Exit codes: 0 done, 1 failed and put back (or drift that was not to be repaired), 2 bad input, 3 mixed state.';

export const applyCommand: CommandModule = {
  command: 'apply',
  describe: 'Make a network namespace hold exactly the rules of the settings',
  builder: (command) =>
    command
      .options({
        ...SETTINGS_OPTIONS,
        ...WORKLOAD_OPTIONS,
        ...TARGET_OPTIONS,
        'on-drift': {
          type: 'string',
          default: 'reconcile',
          describe: `Where other rules of Istio are there: ${ON_DRIFT.join(', ')}`,
          group: 'Target:',
        },
        ...flags('Target', {
          'before-proxy': 'Apply though no proxy listens yet, as an init container does; else --here is refused',
          exact: 'Native rules just as the program makes them, which capture IPv6 where it is off',
        }),
        ...SHARED,
      })
      .example([
        ['$0 apply --here --before-proxy', "the rules of the injector's defaults, in an init container"],
        ['$0 apply --netns /run/netns/test -f sidecar.yaml', 'settings from a file, in a namespace'],
        ['$0 apply --pid 4242 -f pod.yaml', 'the desired rules of a pod'],
        ['$0 apply --pid 4242 --dry-run', 'what would change for a process'],
        ['$0 apply --netns /run/netns/test -- --native-nftables', 'the same in tables of nft'],
      ])
      .epilogue(EXIT_CODES),
  handler: (parsed) =>
    finish(async () => {
      const { apply } = await import('./apply.ts');
      const drift = last(parsed, 'on-drift') ?? '';
      const onDrift = ON_DRIFT.find((word) => word === drift);
      if (onDrift === undefined) throw badOption('--on-drift', `${JSON.stringify(drift)} is not one of ${ON_DRIFT.join(', ')}`);
      return apply(
        {
          ...request(parsed),
          options: { ...options(parsed), onDrift },
          beforeProxy: parsed['before-proxy'] === true,
          exact: parsed['exact'] === true,
        },
        planOptions(parsed),
      );
    }, parsed),
};

export const cleanCommand: CommandModule = {
  command: 'clean',
  describe: 'Remove what any release of Istio left in a network namespace',
  builder: (command) =>
    command
      .options(TARGET_OPTIONS)
      .options(SHARED)
      .example([
        ['$0 clean --here', 'remove all rules of Istio here'],
        ['$0 clean --netns /run/netns/test --dry-run', 'what would be removed'],
      ])
      .epilogue(EXIT_CODES),
  handler: (parsed) =>
    finish(async () => {
      const { remove } = await import('./apply.ts');
      return remove({ ...request(parsed), options: options(parsed) });
    }, parsed),
};

function request(parsed: Parsed): { target: ReturnType<typeof targetGiven>; output: string } {
  return { target: targetGiven(parsed), output: outputOf(parsed) };
}

function options(parsed: Parsed): { dryRun: boolean; host: boolean; backend?: 'nft' | 'legacy' | 'plain' } {
  const backend = backendGiven(parsed);
  return { dryRun: parsed['dry-run'] === true, host: parsed['host'] === true, ...(backend === undefined ? {} : { backend }) };
}
