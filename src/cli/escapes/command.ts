/** The words of `escapes` on the command line. */

import type { CommandModule } from 'yargs';
import { badOption } from '../../istio/bad-option.ts';
import { implicitSource } from '../../sources/implicit-source.ts';
import { isLive, SOURCE_OPTIONS } from '../live-options.ts';
import { withDashes } from '../lone-dashes.ts';
import { rememberOperands } from '../next/typed-call.ts';
import { flags, valued } from '../option-rows.ts';
import { COLOR_OPTIONS, givenOf, last, outputOf, outputOption, planOptions, SOURCES, sourceOperand } from '../options.ts';
import { finish } from '../result.ts';

const ESCAPES_OPTIONS = {
  ...SOURCE_OPTIONS,
  ...valued('Escapes', {
    allow: 'A file of escapes that somebody answers for',
    baseline: 'What -o json printed before: only escapes that are new count',
  }),
  ...flags('Escapes', { watch: 'Of a cluster: one line for each escape that comes or goes, until SIGTERM or SIGINT' }),
  ...outputOption('text, json, markdown, sarif or junit'),
  ...COLOR_OPTIONS,
};

export const escapesCommand: CommandModule = {
  command: 'escapes [source..]',
  describe: 'List the TCP connections that do not pass the proxy',
  builder: (command) =>
    command
      .positional('source', { ...sourceOperand(`${SOURCES}; manifests of many workloads, and several of them`), array: true })
      .options(ESCAPES_OPTIONS)
      .example([
        ['$0 escapes deployment.yaml', 'one workload'],
        ['$0 escapes orders.yaml cart.yaml', 'several files'],
        ['kubectl get pods -A -o json | $0 escapes', 'all pods of a cluster'],
        ['$0 escapes pods.json --allow allowed.yaml -o sarif', 'for a code scanner'],
        ['$0 escapes pid:4242', 'the rules of a live pod'],
        ['$0 escapes -A -l team=shop', 'what the cluster has, by kubectl'],
        ['$0 escapes deploy/orders -n shop --live', 'by the rules that are in its pods now'],
        ['$0 escapes cluster --watch -o json', 'what changes there from now on'],
      ])
      .epilogue(
        'Ports on which the proxy itself listens are no escape.\nA file for --allow (without ports or to: any):\n  apiVersion: istio-init/v1\n  kind: EscapeAllowances\n  allow:\n  - what: outbound\n    ports: [3306]\n    to: 10.0.0.0/8\n    workloads: shop/*\n    owner: team-db\n    reason: MySQL speaks first\n    until: 2027-06-30\nExit codes: 0 none, or all are allowed; 1 an escape, an allowance that has expired, or one that is unknown; 2 bad input.',
      ),
  handler: (parsed) =>
    finish(async (paint) => {
      const { escapes } = await import('./escapes.ts');
      const given = planOptions(parsed);
      const words = [parsed['source'] ?? []].flat().map(String);
      const named = withDashes(
        process.argv.slice(2),
        words.filter((word) => word !== ''),
        ESCAPES_OPTIONS,
      );
      const source = implicitSource(named[0], given);
      rememberOperands(parsed, { source: named.length > 1 ? named : source });
      if (named.length > 1 && (isLive(parsed) || parsed['watch'] === true))
        throw badOption(isLive(parsed) ? '--live' : '--watch', 'goes with one SOURCE');
      if (parsed['watch'] === true) {
        if (isLive(parsed)) throw badOption('--live', 'does not go with --watch, which looks at manifests');
        if (last(parsed, 'baseline') !== undefined)
          throw badOption('--baseline', 'does not go with --watch, which prints what changes from now on; --allow does');
        const { watchEscapes } = await import('./watch.ts');
        return watchEscapes({ source, given, ...givenOf(parsed, 'allow'), output: outputOf(parsed) });
      }
      const request = {
        ...givenOf(parsed, 'allow', 'baseline'),
        output: outputOf(parsed),
        today: new Date().toISOString().slice(0, 10),
        paint,
      };
      if (!isLive(parsed))
        return escapes({ ...request, ...(named.length > 1 ? { sources: named } : source === undefined ? {} : { source }), given });
      const { observeLive } = await import('../live.ts');
      return observeLive(
        parsed,
        given,
        { words: source === undefined ? [] : [source], several: true },
        ({ podsOf, given: { cluster: _, ...alone } }) => escapes({ ...request, given: alone, pods: podsOf(source ?? '') }),
      );
    }, parsed),
};
