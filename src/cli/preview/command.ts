/** The words of `preview` on the command line. */

import type { CommandModule } from 'yargs';
import { refuseUnusedAccess } from '../../sources/cluster-options.ts';
import { implicitSource } from '../../sources/implicit-source.ts';
import { flags } from '../option-rows.ts';
import {
  CLUSTER_OPTIONS,
  FAMILY_OPTIONS,
  givenOf,
  last,
  outputOption,
  planOptions,
  SETTINGS_OPTIONS,
  SOURCES,
  sourceOperand,
  WORKLOAD_OPTIONS,
} from '../options.ts';
import { finish } from '../result.ts';

const EXAMPLES: [string, string][] = [
  ['$0 preview', "the injector's defaults, newest release"],
  ['$0 preview --release 1.12 --explain', 'each rule of 1.12 with its reason'],
  ['$0 preview -f sidecar.yaml -o commands', 'settings from a file, as commands'],
  ['kubectl get pods -A -o json | $0 preview -f -', 'all pods of a cluster, in groups of equal rules'],
  ['$0 preview --set dns.capture=all -o list', 'one setting changed, as tables'],
  ["$0 preview @1.5 -- -p 15001 -b '*'", 'arguments of istio-iptables at 1.5'],
  ['$0 preview --ambient @1.30 --set dns=true', 'what the node agent puts into an ambient pod'],
  ['$0 preview saved.txt -o json', 'rules that were found, as data'],
  ['$0 preview pid:4711 -o list', "what is live in a process's network namespace"],
  ["$0 preview exec:istio-iptables -- -b '*'", 'what another program makes of arguments'],
];

export const previewCommand: CommandModule = {
  command: 'preview [source]',
  describe: 'Show the rules of settings, a manifest, a text or a live namespace',
  builder: (command) =>
    command
      .positional('source', sourceOperand(SOURCES))
      .options({
        ...SETTINGS_OPTIONS,
        ...CLUSTER_OPTIONS,
        ...WORKLOAD_OPTIONS,
        ...FAMILY_OPTIONS,
        ...outputOption(
          'restore (default), save, commands, list, json, yaml, svg, mermaid or dot; of native rules nft (default), nft-script or nft-json, and save, restore or list as iptables says them; of many workloads also table (default)',
          null,
        ),
        ...flags('Settings', { ambient: "The node agent's rules in an ambient pod: --set where=host, backend=nftables, dns=true, ..." }),
        ...flags('Output', { explain: 'Say why each rule is there' }),
      })
      .example(EXAMPLES)
      .epilogue(
        'Everything after -- is read as arguments of istio-iptables at the release.\nExit codes: 0 done, 2 input that can not be used, even in part: the rest is still printed.',
      ),
  handler: (parsed) =>
    finish(async () => {
      const { preview } = await import('./preview.ts');
      const given = planOptions(parsed);
      const ambient = parsed['ambient'] === true;
      const named = last(parsed, 'source');
      if (ambient) refuseUnusedAccess([named], given);
      const source = ambient ? named : implicitSource(named, given, 'nothing');
      return preview({
        ...(source === undefined ? {} : { source }),
        given,
        ...givenOf(parsed, 'output', 'family'),
        explain: parsed['explain'] === true,
        ambient,
      });
    }, parsed),
};
