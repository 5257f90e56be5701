/** The words of `help` on the command line; the text is in help.ts, which needs all commands. */

import type { CommandModule } from 'yargs';

export const helpCommand: CommandModule = {
  command: 'help [topic]',
  describe: 'Explain a command, or the settings that many commands share',
  builder: (command) => command.positional('topic', { type: 'string', describe: 'A command, or settings' }),
  handler: () => undefined,
};

/** What help is wanted of: behind `help`, or beside `--help` and `-h`; undefined where none is. */
export function helpTopic(words: readonly string[], names: readonly string[]): { readonly topic?: string } | undefined {
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  const [first, second] = own;
  if (first === 'help') return second === undefined || second.startsWith('-') ? {} : { topic: second };
  if (!own.includes('--help') && !own.includes('-h')) return undefined;
  const topic = own.find((word) => names.includes(word));
  return topic === undefined ? {} : { topic };
}
