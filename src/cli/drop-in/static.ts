/** The way in of the static executable: the drop-in alone. */

import { system } from '../../host/system.ts';
import { dropIn } from './drop-in.ts';

const DROP_IN = 'istio-iptables';
const BAD_INPUT = 2;

/** QuickJS's own: the program's name and its arguments. */
declare const scriptArgs: readonly string[];

async function main([program = '', ...words]: readonly string[]): Promise<number> {
  const [first, ...rest] = words;
  // How this program holds a lock in another namespace: it starts itself, by whichever name.
  if (first === 'hold-lock') {
    await (await import('../../host/namespace/lock.ts')).holdLock();
    // Until its standard input ends.
    return new Promise(() => undefined);
  }
  if (first === DROP_IN) return dropIn(rest, system.environment());
  if (program.split('/').at(-1) === DROP_IN) return dropIn(words, system.environment());
  system.printError(`istio-init: this executable has ${DROP_IN} alone; the image of the tools has the other commands\n`);
  return BAD_INPUT;
}

main(scriptArgs).then(system.exit, (error: unknown) => {
  const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
  system.printError(`istio-init: this should not have happened: ${text}\n`);
  // EX_SOFTWARE of sysexits: an error of this program, not of its input.
  system.exit(70);
});
