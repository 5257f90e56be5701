/** The words of `escapes` on the command line. */

import type { CommandModule } from 'yargs';
import { badOption } from '../../sources/bad-option.ts';
import { implicitSource } from '../../sources/implicit-source.ts';
import { isLive, LIVE_OPTIONS } from '../live-options.ts';
import { CLUSTER_OPTIONS, COLOR_OPTIONS, last, outputOption, SETTINGS_OPTIONS, SOURCES, sourceOperand, sourceOptions } from '../options.ts';
import { finish } from '../terminal/result.ts';
import { WORKLOAD_OPTIONS, workloadOption } from '../workloads/option.ts';

export const escapesCommand: CommandModule = {
  command: 'escapes [source]',
  describe: 'List the TCP connections that do not pass the proxy',
  builder: (command) =>
    command
      .positional('source', sourceOperand(`${SOURCES}; manifests of many workloads as well`))
      .options(SETTINGS_OPTIONS)
      .options({ ...CLUSTER_OPTIONS, ...LIVE_OPTIONS })
      .options(WORKLOAD_OPTIONS)
      .options({
        allow: { type: 'string', requiresArg: true, describe: 'A file of escapes that somebody answers for', group: 'Escapes:' },
        baseline: {
          type: 'string',
          requiresArg: true,
          describe: 'What -o json printed before: only escapes that are new count',
          group: 'Escapes:',
        },
        watch: {
          type: 'boolean',
          default: false,
          describe: 'Of a cluster: one line for each escape that comes or goes, until SIGTERM or SIGINT',
          group: 'Escapes:',
        },
        output: outputOption('text, json, markdown, sarif or junit'),
        ...COLOR_OPTIONS,
      })
      .example([
        ['$0 escapes deployment.yaml', 'one workload'],
        ['kubectl get pods -A -o json | $0 escapes', 'all pods of a cluster'],
        ['$0 escapes pods.json --allow allowed.yaml -o sarif', 'for a code scanner'],
        ['$0 escapes pid:4242', 'the rules of a live pod'],
        ['$0 escapes -A -l team=shop', 'what the cluster has, by kubectl'],
        ['$0 escapes deploy/orders -n shop --live', 'by the rules that are in its pods now'],
        ['$0 escapes cluster --watch -o json', 'what changes there from now on'],
      ])
      .epilogue(
        'Ports on which the proxy itself listens are no escape.\nExit codes: 0 none, or all are allowed; 1 an escape, an allowance that has expired, or one that is unknown; 2 bad input.',
      ),
  handler: (parsed) =>
    finish(async (paint) => {
      const { escapes } = await import('./escapes.ts');
      const given = { ...sourceOptions(parsed), ...workloadOption(parsed) };
      const [source, allow, baseline] = [implicitSource(last(parsed, 'source'), given), last(parsed, 'allow'), last(parsed, 'baseline')];
      if (parsed['watch'] === true) {
        if (isLive(parsed)) throw badOption('--live', 'does not go with --watch, which looks at manifests');
        if (baseline !== undefined)
          throw badOption('--baseline', 'does not go with --watch, which tells what changes from now on; --allow does');
        const { watchEscapes } = await import('./watch.ts');
        return watchEscapes({ source, given, ...(allow === undefined ? {} : { allow }), output: last(parsed, 'output') ?? '' });
      }
      const request = {
        ...(allow === undefined ? {} : { allow }),
        ...(baseline === undefined ? {} : { baseline }),
        output: last(parsed, 'output') ?? '',
        today: new Date().toISOString().slice(0, 10),
        paint,
      };
      if (!isLive(parsed)) return escapes({ ...request, ...(source === undefined ? {} : { source }), given });
      const { lookLive } = await import('../live.ts');
      return lookLive(
        parsed,
        given,
        { words: source === undefined ? [] : [source], several: true },
        ({ podsOf, given: { cluster: _, ...alone } }) => escapes({ ...request, given: alone, pods: podsOf(source ?? '') }),
      );
    }, parsed),
};
