import type { FileStatus } from '../host/system/interface.ts';
import { system } from '../host/system.ts';

/** What a name leads to; undefined for what is not there, or may not be looked at. */
export function kindOfFile(file: string): FileStatus['kind'] | undefined {
  try {
    return system.statusOf(file).kind;
  } catch {
    return undefined;
  }
}
