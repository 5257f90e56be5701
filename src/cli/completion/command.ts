/** The words of `completion` on the command line. */

import type { CommandModule } from 'yargs';
import { oneOf } from '../../istio/bad-option.ts';
import { last } from '../options.ts';
import { finish } from '../result.ts';

export const completionCommand: CommandModule = {
  command: 'completion [shell]',
  describe: 'Print a script that completes commands and values in your shell',
  builder: (command) =>
    command.positional('shell', { type: 'string', describe: 'bash, zsh, fish or powershell (default: that of SHELL)' }).example([
      ['source <($0 completion bash)', 'in ~/.bashrc; zsh alike, in ~/.zshrc behind compinit'],
      ['$0 completion fish > ~/.config/fish/completions/istio-init.fish', 'once'],
      ['$0 completion powershell | Out-String | Invoke-Expression', 'in $PROFILE'],
    ]),
  handler: (parsed) =>
    finish(async () => {
      const { SCRIPTS, SHELLS } = await import('./scripts.ts');
      const shell = oneOf('completion', last(parsed, 'shell') ?? usualShell(), SHELLS);
      return { output: SCRIPTS[shell], problems: [], notes: [], exitCode: 0 };
    }, parsed),
};

function usualShell(): string {
  return (process.env['SHELL'] ?? '').split('/').at(-1) || 'bash';
}
