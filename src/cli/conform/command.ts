/** The words of `conform` on the command line. */

import type { CommandModule } from 'yargs';
import { valued } from '../option-rows.ts';
import { all, COLOR_OPTIONS, givenOf, outputOf, outputOption } from '../options.ts';
import { finish } from '../result.ts';
import { progressFor } from '../terminal/progress.ts';

export const conformCommand: CommandModule = {
  command: 'conform [program..]',
  describe: "Test whether a program does what Istio's istio-iptables does",
  builder: (command) =>
    command
      .positional('program', { type: 'string', array: true, describe: 'The program and what stands before its arguments' })
      .options({
        ...valued('Cases', {
          release: 'The release that it claims to be (default: the nearest)',
          cases: 'A folder of cases in the form of golden/command-line, besides those of this program (repeatable)',
          only: 'Only cases whose name has this text, or all of --cases: cases',
          env: 'A variable of its environment, as K=V (repeatable)',
          deadline: 'Seconds that each run has (default: 30)',
        }),
        ...outputOption('text, json or junit'),
        ...COLOR_OPTIONS,
      })
      .example([
        ['$0 conform pilot-agent istio-iptables', 'which release it is'],
        ['$0 conform --release 1.28.10 ./my-istio-iptables', 'whether it is this one'],
        ['$0 conform ./my-istio-iptables -o junit > report.xml', 'for a test report'],
        ['$0 conform --cases mine --only cases ./my-istio-iptables', 'with cases of your own alone'],
      ])
      .epilogue(
        'Needs root: each run has network, mount and process namespaces of its own, and no rights but NET_ADMIN and NET_RAW.\nExit codes: 0 equal to a release in every case, 1 not, 2 bad input.',
      ),
  handler: (parsed) =>
    finish(async (paint) => {
      const { conform } = await import('./conform.ts');
      return conform({
        program: [...all(parsed, 'program'), ...all(parsed, '--')],
        ...givenOf(parsed, 'release', 'only', 'deadline'),
        cases: all(parsed, 'cases'),
        env: all(parsed, 'env'),
        output: outputOf(parsed),
        progress: progressFor(
          process.stderr,
          process.env,
          () => performance.now(),
          process,
          (count) => `${count} runs`,
        ),
        paint,
      });
    }, parsed),
};
