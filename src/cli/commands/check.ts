/** The words of `check` on the command line. */

import type { CommandModule } from 'yargs';
import { FAMILY_OPTIONS, last, SETTINGS_OPTIONS, settingsGiven } from '../options.ts';
import { finish } from '../talk.ts';

export const checkCommand: CommandModule = {
  command: 'check [source]',
  describe: 'One screen: whose rules these are, drift, findings, and what the machine offers',
  builder: (command) =>
    command
      // yargs hands over a lone dash as an empty text.
      .positional('source', {
        type: 'string',
        coerce: (text: string) => (text === '' ? '-' : text),
        describe: 'live, pid:N, netns:PATH, FILE, - (standard input), exec:TEXT; left out: live, and this machine',
      })
      .options(SETTINGS_OPTIONS)
      .options(FAMILY_OPTIONS)
      .option('output', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        default: 'text',
        describe: 'text, json, or markdown for a ticket',
        group: 'Output:',
      })
      .option('no-color', { type: 'boolean', default: false, describe: 'No colour on a terminal either', group: 'Output:' })
      .example([
        ['$0 check', 'this network namespace, and this machine'],
        ['$0 check pid:4242', 'the pod of a process, from its node'],
        ['$0 check pid:4242 -f sidecar.yaml', 'held against settings'],
        ["$0 check live --release 1.20 -- -p 15001 -b '*'", 'held against arguments of istio-iptables'],
        ['$0 check saved.txt -o markdown', 'what somebody saved, for a ticket'],
      ])
      .epilogue(
        'Without settings the rules are held against what they tell themselves.\nExit codes: 0 as it should be, or no rules of Istio; 1 drift, or a finding that is more than a note; 2 bad input, or rules that can not be seen.',
      ),
  handler: (parsed) =>
    finish(async () => {
      const [{ check }, { paintFor }] = await Promise.all([import('../check.ts'), import('../colour.ts')]);
      const [source, family] = [last(parsed, 'source'), last(parsed, 'family')];
      return check({
        ...(source === undefined ? {} : { source }),
        given: settingsGiven(parsed),
        output: last(parsed, 'output') ?? '',
        ...(family === undefined ? {} : { family }),
        paint: paintFor(process.stdout, process.env, parsed['no-color'] === true),
      });
    }),
};
