/** The words of `why` on the command line. */

import type { CommandModule } from 'yargs';
import { VERDICTS } from '../../istio/packets/verdict.ts';
import type { OpenedPod } from '../../sources/live-pods.ts';
import { isLive, SOURCE_OPTIONS } from '../live-options.ts';
import { withDashes } from '../lone-dashes.ts';
import { flags, valued } from '../option-rows.ts';
import { COLOR_OPTIONS, givenOf, outputOf, outputOption, planOptions } from '../options.ts';
import { finish } from '../result.ts';
import { columnsOf } from '../terminal/columns.ts';

const WHY_OPTIONS = {
  ...SOURCE_OPTIONS,
  ...flags('Packet', { resolve: 'Look names up; otherwise they are addresses outside' }),
  ...valued('Output', { expect: `The expected verdict: exit code 1 for any other (${VERDICTS.join(', ')})` }),
  ...flags('Output', { verbose: 'The trail as well, rule by rule' }),
  ...outputOption('text, json, markdown, svg, mermaid or dot'),
  ...COLOR_OPTIONS,
};

/** The rules that are there, and the manifest that says which should be. */
function besideEachOther(word: string, pods: readonly OpenedPod[]): readonly string[] {
  return pods.length === 0 ? [word] : pods.flatMap(({ live, manifest }) => [live, manifest]);
}

export const whyCommand: CommandModule = {
  command: 'why [words..]',
  describe: 'Say where a connection goes, why, and what to do',
  builder: (command) =>
    command
      .positional('words', {
        type: 'string',
        array: true,
        describe: 'SOURCE... [FROM to] HOST:PORT',
      })
      .options(WHY_OPTIONS)
      .example([
        ['$0 why pod.yaml 10.20.30.40:3306', 'from the app of a manifest'],
        ['$0 why ticket.txt pod.yaml 10.20.30.40:3306', 'by rules that were found, and the manifest beside them'],
        ['$0 why before.txt after.txt pod:8080', 'what it was before, and what changed it'],
        ['$0 why pod.yaml@1.20 pod.yaml@1.28 pod:22', 'since which release'],
        ['$0 why pods.json deploy/orders to mysql.db:3306', 'from one workload of a cluster'],
        ['$0 why deploy/orders -n shop 10.20.30.40:3306 --live', 'by the rules that are in a pod of it now, beside its manifest'],
        ['$0 why deploy/orders -n shop 10.20.30.40:3306', 'from a workload of the cluster, by kubectl'],
      ])
      .epilogue('Where two states or releases are named, the first is what was before.\nExit codes: 0; 1 not as expected; 2 bad input.'),
  handler: (parsed) =>
    finish(async (paint) => {
      const { why } = await import('./why.ts');
      const argv = process.argv.slice(2).map((word) => (word === '->' ? 'to' : word));
      const words = withDashes(argv, (parsed['words'] ?? []) as readonly string[], WHY_OPTIONS);
      const given = planOptions(parsed);
      const request = {
        ...givenOf(parsed, 'expect'),
        resolve: parsed['resolve'] === true,
        verbose: parsed['verbose'] === true,
        output: outputOf(parsed),
        paint,
        columns: columnsOf(process.stdout, process.env),
      };
      if (!isLive(parsed)) return why({ ...request, words, given });
      const { readWhyOperands } = await import('./operands.ts');
      const { sources } = readWhyOperands(words);
      const { observeLive } = await import('../live.ts');
      return observeLive(parsed, given, { words: sources, several: false }, ({ podsOf, given: stoppable }) =>
        why({
          ...request,
          words: words.flatMap((word) => (sources.includes(word) ? besideEachOther(word, podsOf(word)) : [word])),
          given: stoppable,
        }),
      );
    }, parsed),
};
