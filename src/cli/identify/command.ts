/** The words of `identify` on the command line. */

import type { CommandModule } from 'yargs';
import { implicitSource } from '../../sources/implicit-source.ts';
import { SOURCE_OPTIONS } from '../live-options.ts';
import { rememberOperands } from '../next/typed-call.ts';
import { atOneSource } from '../one-source.ts';
import {
  CLUSTER_SOURCES,
  COLOR_OPTIONS,
  FAMILY_OPTIONS,
  givenOf,
  last,
  outputOf,
  outputOption,
  planOptions,
  sourceOperand,
  VERBOSE_OPTIONS,
} from '../options.ts';
import { finish } from '../result.ts';

export const identifyCommand: CommandModule = {
  command: 'identify [source]',
  describe: 'Find the releases and settings that make these rules',
  builder: (command) =>
    command
      .positional(
        'source',
        sourceOperand(`Rules or manifests: FILE, - (standard input), live, pid:N, netns:PATH, exec:TEXT, ${CLUSTER_SOURCES}`),
      )
      .options({
        ...SOURCE_OPTIONS,
        ...FAMILY_OPTIONS,
        ...outputOption('text, json (every answer), yaml (settings for -f) or markdown'),
        ...VERBOSE_OPTIONS,
        ...COLOR_OPTIONS,
      })
      .example([
        ['$0 identify saved.txt', 'a save, a listing, or a page with one in it'],
        ['iptables-save | $0 identify -', 'what this machine holds'],
        ['$0 identify pid:4242', 'the pod of a process'],
        ['$0 identify saved.txt -o yaml > sidecar.yaml', 'the settings, to go on with'],
        ['$0 identify -f cluster.json', 'which releases make the rules of each workload'],
        ['$0 identify deploy/orders -n shop --live', 'what is in a pod of the cluster now'],
        ['$0 identify blog-post.md -o markdown', 'for a ticket'],
      ])
      .epilogue(
        'Only equality counts, as far as the source shows the tables; rules of other programs are ignored.\nExit codes: 0 exactly what a release makes, 1 only near to it, 2 no rules of Istio, or input that can not be used, even in part.',
      ),
  handler: (parsed) =>
    finish(async (paint) => {
      const { identifyRules } = await import('./identify.ts');
      const given = planOptions(parsed);
      const request = { ...givenOf(parsed, 'family'), output: outputOf(parsed), verbose: parsed['verbose'] === true, paint };
      const source = implicitSource(last(parsed, 'source'), given);
      rememberOperands(parsed, { source });
      return atOneSource(parsed, given, source, (of) => identifyRules({ ...request, ...of }));
    }, parsed),
};
