/** The words of `version` on the command line. */

import type { CommandModule } from 'yargs';
import { VERSION } from '../program-version.ts';
import { finish } from '../result.ts';

export const versionCommand: CommandModule = {
  command: 'version',
  describe: 'Print the version',
  handler: (parsed) => finish(() => ({ output: `${VERSION}\n`, problems: [], notes: [], exitCode: 0 }), parsed),
};
