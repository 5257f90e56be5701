/** The words of `diff` on the command line. */

import type { CommandModule } from 'yargs';
import { holdsStandardInput } from '../../host/standard-input.ts';
import { parseSource } from '../../sources/source-name.ts';
import { isLive, SOURCE_OPTIONS } from '../live-options.ts';
import { rememberOperands } from '../next/typed-call.ts';
import { flags, valued } from '../option-rows.ts';
import {
  all,
  CLUSTER_SOURCES,
  COLOR_OPTIONS,
  FAMILY_OPTIONS,
  givenOf,
  last,
  outputOf,
  outputOption,
  planOptions,
  sourceOperand,
} from '../options.ts';
import { finish } from '../result.ts';

const OPERANDS = `FILE, - (standard input), FILE@1.23, @1.23, @own (each workload as injected), live, pid:N, netns:PATH, exec:TEXT, ${CLUSTER_SOURCES}`;

export const diffCommand: CommandModule = {
  command: 'diff [left] [right]',
  describe: 'Compare two sources: their rules, or what happens to packets',
  builder: (command) =>
    command
      .positional('left', sourceOperand(OPERANDS))
      .positional('right', sourceOperand('The same; default: the settings given, what made the left, or the left as it would be'))
      .options({
        ...SOURCE_OPTIONS,
        ...valued('What if', {
          annotation: 'What if the pod had it: excludeInboundPorts=8080, full or short names (repeatable)',
          value: 'What if the mesh had it: global.proxy.excludeInboundPorts=8080 (repeatable)',
        }),
        ...FAMILY_OPTIONS,
        ...valued('Output', { by: { default: 'rules', describe: 'rules, or packets: what happens to all of them at either operand' } }),
        ...flags('Output', { counters: 'Which rules the packets between two looks took, by their counters (text, json)' }),
        ...outputOption('text, patch, json, markdown, svg, mermaid or dot'),
        ...flags('Output', { all: 'Compare rules of other programs as well (KUBE-, CNI-, DOCKER, ...)' }),
        ...COLOR_OPTIONS,
      })
      .example([
        ['$0 diff saved.txt', 'a capture against the settings that made it'],
        ['$0 diff saved.txt @1.23', "against the injector's defaults of 1.23"],
        ['$0 diff live -f sidecar.yaml', 'this namespace against settings'],
        ['$0 diff @1.12 @1.13', 'two releases, the same settings'],
        ['$0 diff @1.12 @1.23 -o patch -- -d 80', 'arguments at two releases, for patch(1)'],
        ["$0 diff exec:istio-iptables @1.23 -- -b '*'", 'what a program makes of arguments'],
        ['$0 diff @1.12 @1.13 --by packets', 'what that changes for traffic'],
        ['$0 diff -f cluster.json @own @1.28', 'what changes for whom with an upgrade'],
        ['$0 diff shop.yaml@1.12 shop.yaml@1.28', 'the same for what is not injected yet'],
        ['$0 diff before.yaml after.yaml', 'what changes for whom between two files of manifests'],
        ['$0 diff pod.yaml --annotation excludeInboundPorts=8080', 'what an annotation would change'],
        ['$0 diff pod.yaml --set inbound.excludePorts+=8080', 'what a setting would'],
        ['$0 diff pod.yaml --release 1.28', 'what another release would'],
        ['$0 diff deploy/orders -n shop --live', 'the rules in a pod of the cluster now, against its manifest'],
        ['$0 diff before.txt live --counters', 'which rules the packets since then took'],
        ['$0 diff before.txt after.txt -o markdown', 'two captures, for a ticket'],
      ])
      .epilogue(
        'Left is -, right is +. Settings go to the operands that are releases; beside one manifest or release they are what changes.\nExit codes: 0 same, 1 different (or not known to be the same), 2 input that can not be used, even in part.',
      ),
  handler: (parsed) =>
    finish(async (paint) => {
      const { diff } = await import('./diff.ts');
      const given = planOptions(parsed);
      const [left, right] = withPipe(givenOf(parsed, 'left', 'right'), {
        isFile: given.filename !== undefined,
        isWhatIf: ['annotation', 'value', 'set', 'release', '--'].some(
          (name) => parsed[name] !== undefined && [parsed[name]].flat().length > 0,
        ),
      });
      rememberOperands(parsed, { left, right });
      const request = {
        annotations: all(parsed, 'annotation'),
        values: all(parsed, 'value'),
        by: last(parsed, 'by') ?? '',
        counters: parsed['counters'] === true,
        output: outputOf(parsed),
        ...givenOf(parsed, 'family'),
        all: parsed['all'] === true,
        paint,
      };
      const operands = (one: string | undefined, other: string | undefined): object => ({
        ...(one === undefined ? {} : { left: one }),
        ...(other === undefined ? {} : { right: other }),
      });
      if (!isLive(parsed)) return diff({ ...request, ...operands(left, right), given });
      const words = [left, right].flatMap((word) => word ?? []);
      const { besideManifest, observeLive } = await import('../live.ts');
      return observeLive(parsed, given, { words, several: false }, ({ podsOf, given: stoppable }) => {
        const pods = [left, right].map((word) => (word === undefined ? undefined : podsOf(word)[0]));
        const [one, other] = [pods[0]?.live ?? left, pods[1]?.live ?? right];
        const [pod] = pods;
        // Beside another operand the cluster has no part in it any more.
        const { cluster: _, ...alone } = stoppable;
        const compared = right === undefined && pod !== undefined ? besideManifest(stoppable, pod) : alone;
        return diff({ ...request, ...operands(one, other), given: compared });
      });
    }, parsed),
};

/** A pipe is what is compared where nothing else is named, or nothing but the release to compare it with. */
function withPipe(
  { left, right }: { readonly left?: string; readonly right?: string },
  { isFile, isWhatIf }: { readonly isFile: boolean; readonly isWhatIf: boolean },
): readonly [string | undefined, string | undefined] {
  const isRelease = left !== undefined && right === undefined && parseSource(left).kind === 'settings';
  if ((left === undefined ? isFile : !isRelease || isFile || isWhatIf) || !holdsStandardInput()) return [left, right];
  return ['-', left];
}
