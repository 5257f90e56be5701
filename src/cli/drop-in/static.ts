/** The way in of the static executable: the drop-in alone. */

import { system } from '../../host/system.ts';
import { dropIn } from './drop-in.ts';

/** QuickJS's own: the program's name and its arguments. */
declare const scriptArgs: readonly string[];

async function main([first, ...rest]: readonly string[]): Promise<number> {
  if (first !== 'hold-lock')
    return dropIn(first === undefined ? [] : first === 'istio-iptables' ? rest : [first, ...rest], system.environment());
  await (await import('../../host/namespace/lock.ts')).holdLock();
  return new Promise(() => undefined);
}

main(scriptArgs.slice(1)).then(system.exit, (error: unknown) => {
  const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
  system.printError(`istio-init: this should not have happened: ${text}\n`);
  // EX_SOFTWARE of sysexits: an error of this program, not of its input.
  system.exit(70);
});
