/** The way in of the static executable: the drop-in, and the commands that an init container needs besides. */

import { system } from '../../host/system.ts';
import { isOwnWord, OWN_WORDS } from '../own-words.ts';
import { dropIn } from './drop-in.ts';

const DROP_IN = 'istio-iptables';

/** QuickJS's own: the program's name and its arguments. */
declare const scriptArgs: readonly string[];

async function main([program = '', ...words]: readonly string[]): Promise<number> {
  const [first, ...rest] = words;
  // By whichever name: this is how it starts itself.
  if (isOwnWord(first)) {
    await OWN_WORDS[first]();
    return 0;
  }
  if (program.split('/').at(-1) === DROP_IN) return dropIn(words, system.environment());
  if (first === DROP_IN) return dropIn(rest, system.environment());
  return (await import('../static-program.ts')).runStaticProgram(words);
}

main(scriptArgs).then(system.exit, (error: unknown) => {
  const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
  system.printError(`istio-init: this should not have happened: ${text}\n`);
  // EX_SOFTWARE of sysexits: an error of this program, not of its input.
  system.exit(70);
});
