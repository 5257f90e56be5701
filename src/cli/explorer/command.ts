/** The words of `explorer` on the command line. */

import type { CommandModule } from 'yargs';
import { finish } from '../result.ts';

export const explorerCommand: CommandModule = {
  command: 'explorer [sources..]',
  describe: 'Print a page that explores rules in a browser, offline',
  builder: (command) =>
    command
      .positional('sources', {
        type: 'string',
        array: true,
        describe: 'FILE, - (standard input), live, pid:N, netns:PATH, exec:TEXT; without one the page begins with a default pod',
      })
      .example([
        ['$0 explorer > page.html', 'the page alone'],
        ['$0 explorer rules.txt > page.html', 'with rules in it'],
        ['sudo $0 explorer pid:4242 > page.html', 'with those of a pod'],
      ])
      .epilogue('The page is one file, works from disk, and sends nothing anywhere. Exit codes: 0 done, 2 input that can not be used.'),
  handler: (parsed) =>
    finish(async () => {
      const { explorer } = await import('./explorer.ts');
      return explorer([parsed['sources'] ?? []].flat().map(String));
    }, parsed),
};
