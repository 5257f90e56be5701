/** The words of `probe` on the command line. */

import type { CommandModule } from 'yargs';
import { NAMESPACE_OPTIONS, targetGiven } from '../apply/target.ts';
import { last, planOptions, SETTINGS_OPTIONS, WORKLOAD_OPTIONS } from '../options.ts';
import { finish } from '../result.ts';

export const probeCommand: CommandModule = {
  command: 'probe',
  describe: 'Prove that redirection works in a network namespace (default: this one)',
  builder: (command) =>
    command
      .options({ ...SETTINGS_OPTIONS, ...WORKLOAD_OPTIONS, ...NAMESPACE_OPTIONS })
      .option('timeout', { type: 'string', default: '5s', describe: 'How long to try', group: 'Probe:' })
      .option('port', { type: 'string', default: '15002', describe: 'The port that is called', group: 'Probe:' })
      .example([
        ['$0 probe', 'inbound where it may be the proxy, else outbound'],
        ['$0 probe --timeout 30s', 'wait for rules that another makes'],
        ['$0 probe --pid 4242 -f pod.yaml', 'in the pod of a process'],
      ])
      .epilogue('Exit codes: 0 redirected or not tested, 126 not redirected, 2 bad input.'),
  handler: (parsed) =>
    finish(async () => {
      const { probeCommandWork } = await import('./probe.ts');
      return probeCommandWork({
        target: targetGiven(parsed, { kind: 'here' }),
        given: planOptions(parsed),
        timeout: last(parsed, 'timeout') ?? '',
        port: last(parsed, 'port') ?? '',
      });
    }, parsed),
};
