/** The words of `explain` on the command line. */

import type { CommandModule } from 'yargs';
import { implicitSource } from '../../sources/implicit-source.ts';
import { SOURCE_OPTIONS } from '../live-options.ts';
import { rememberOperands } from '../next/typed-call.ts';
import { atOneSource } from '../one-source.ts';
import { COLOR_OPTIONS, last, outputOf, outputOption, planOptions, SOURCES, sourceOperand, VERBOSE_OPTIONS } from '../options.ts';
import { finish } from '../result.ts';
import { pageWidth } from '../terminal/columns.ts';

export const explainCommand: CommandModule = {
  command: 'explain [source]',
  describe: 'Show where each setting comes from, and why each rule is there',
  builder: (command) =>
    command
      .positional('source', sourceOperand(`Settings, manifests or rules: ${SOURCES}; default: the settings given`))
      .options({
        ...SOURCE_OPTIONS,
        ...outputOption('table, json, yaml, markdown, svg, mermaid or dot', 'table'),
        ...VERBOSE_OPTIONS,
        ...COLOR_OPTIONS,
      })
      .example([
        ['$0 explain -f pod.yaml', 'a pod: what its annotations or its init container say'],
        ['$0 explain -f shop.yaml --workload Deployment/shop/cart', 'one workload of several'],
        ['$0 explain -f deployment.yaml --values values.yaml', 'with what the mesh is installed with'],
        ['$0 explain deployment.yaml@1.6', 'what an older release makes of it'],
        ['$0 explain saved.txt', 'rules that were found, each with its reason and its counters'],
        ['$0 explain @1.20 --set inbound.includePorts=8080', 'settings of our own'],
        ['$0 explain deploy/orders -n shop --live', 'those that are in a pod of the cluster now'],
        ["$0 explain @1.10 -- -p 15001 -b '*' -d 9100", 'arguments of istio-iptables'],
      ])
      .epilogue('Exit codes: 0 done, 2 input that can not be used, or nameservers that are not known: the rest is still printed.'),
  handler: (parsed) =>
    finish(async (paint) => {
      const { explain } = await import('./explain.ts');
      const given = planOptions(parsed);
      const source = implicitSource(last(parsed, 'source'), given);
      rememberOperands(parsed, { source });
      const request = {
        output: outputOf(parsed),
        paint,
        width: pageWidth(process.stdout, process.env),
        verbose: parsed['verbose'] === true,
      };
      return atOneSource(parsed, given, source, (of) => explain({ ...request, ...of }));
    }, parsed),
};
