/** The words of `diff` on the command line. */

import type { CommandModule } from 'yargs';
import { holdsStandardInput } from '../../host/standard-input.ts';
import { isLive, LIVE_OPTIONS } from '../live-options.ts';
import {
  all,
  CLUSTER_OPTIONS,
  CLUSTER_SOURCES,
  COLOR_OPTIONS,
  FAMILY_OPTIONS,
  last,
  outputOption,
  SETTINGS_OPTIONS,
  sourceOptions,
} from '../options.ts';
import { finish } from '../terminal/result.ts';
import { WORKLOAD_OPTIONS, workloadOption } from '../workloads/option.ts';

const OPERANDS = `FILE, - (standard input), FILE@1.23, @1.23, @own (each workload as injected), live, pid:N, netns:PATH, exec:TEXT, ${CLUSTER_SOURCES}`;

// yargs hands over a lone dash as an empty text.
const dash = (text: string): string => (text === '' ? '-' : text);

export const diffCommand: CommandModule = {
  command: 'diff [left] [right]',
  describe: 'Compare two sources: their rules, or what happens to packets',
  builder: (command) =>
    command
      .positional('left', { type: 'string', coerce: dash, describe: OPERANDS })
      .positional('right', {
        type: 'string',
        coerce: dash,
        describe: 'The same; default: the settings given, what made the left, or the left as it would be',
      })
      .options(SETTINGS_OPTIONS)
      .options({ ...CLUSTER_OPTIONS, ...LIVE_OPTIONS })
      .options(WORKLOAD_OPTIONS)
      .option('annotation', {
        type: 'string',
        requiresArg: true,
        describe: 'What if the pod had it: excludeInboundPorts=8080, full or short names (repeatable)',
        group: 'What if:',
      })
      .option('value', {
        type: 'string',
        requiresArg: true,
        describe: 'What if the mesh had it: global.proxy.excludeInboundPorts=8080 (repeatable)',
        group: 'What if:',
      })
      .options(FAMILY_OPTIONS)
      .option('by', {
        type: 'string',
        requiresArg: true,
        default: 'rules',
        describe: 'rules, or packets: what happens to all of them at either operand',
        group: 'Output:',
      })
      .option('counters', {
        type: 'boolean',
        default: false,
        describe: 'Which rules the packets between two looks took, by their counters (text, json)',
        group: 'Output:',
      })
      .option('output', outputOption('text, patch, json, markdown, svg, mermaid or dot'))
      .option('all', {
        type: 'boolean',
        default: false,
        describe: 'Compare rules of other programs as well (KUBE-, CNI-, DOCKER, ...)',
        group: 'Output:',
      })
      .options(COLOR_OPTIONS)
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
      const [right, family] = [last(parsed, 'right'), last(parsed, 'family')];
      const given = { ...sourceOptions(parsed), ...workloadOption(parsed) };
      const left = last(parsed, 'left') ?? (given.filename === undefined && holdsStandardInput() ? '-' : undefined);
      const request = {
        annotations: all(parsed, 'annotation'),
        values: all(parsed, 'value'),
        by: last(parsed, 'by') ?? '',
        counters: parsed['counters'] === true,
        output: last(parsed, 'output') ?? '',
        ...(family === undefined ? {} : { family }),
        all: parsed['all'] === true,
        paint,
      };
      const operands = (one: string | undefined, other: string | undefined): object => ({
        ...(one === undefined ? {} : { left: one }),
        ...(other === undefined ? {} : { right: other }),
      });
      if (!isLive(parsed)) return diff({ ...request, ...operands(left, right), given });
      const words = [left, right].flatMap((word) => word ?? []);
      const { besideManifest, lookLive } = await import('../live.ts');
      return lookLive(parsed, given, { words, several: false }, ({ podsOf, given: stoppable }) => {
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
