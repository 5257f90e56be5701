/** The words of `changes` on the command line. */

import type { CommandModule } from 'yargs';
import { last, outputOf, outputOption } from '../options.ts';
import { finish } from '../result.ts';
import { pageWidth } from '../terminal/columns.ts';

export const changesCommand: CommandModule = {
  command: 'changes [range]',
  describe: 'Show what changed between releases of Istio',
  builder: (command) =>
    command
      .positional('range', { type: 'string', describe: '1.20..1.28, 1.20.. (to the newest), ..1.5, or one release' })
      .options(outputOption('text, json or markdown'))
      .example([
        ['$0 changes 1.20..1.28', 'from the newest patch of 1.20 to that of 1.28'],
        ['$0 changes 1.9.5..1.10.1', 'from patch to patch'],
        ['$0 changes 1.23', 'what 1.23 changed against 1.22'],
        ['$0 changes 1.25.4', 'what one patch changed'],
        ['$0 changes 1.28..1.24', 'what a downgrade undoes'],
        ['$0 changes 1.20.. -o markdown', 'up to the newest, for a ticket'],
      ])
      .epilogue('Exit codes: 0 done, 2 input that can not be used.'),
  handler: (parsed) =>
    finish(async () => {
      const { changes } = await import('./changes.ts');
      return changes({
        range: last(parsed, 'range') ?? '',
        output: outputOf(parsed),
        width: pageWidth(process.stdout, process.env),
      });
    }, parsed),
};
