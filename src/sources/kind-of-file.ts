import { system } from '../host/system.ts';

/** What a name leads to; undefined for what is not there, or may not be looked at. */
export function kindOfFile(file: string): 'file' | 'folder' | 'other' | undefined {
  try {
    const { kind } = system.statusOf(file);
    return kind === 'pipe' ? 'other' : kind;
  } catch {
    return undefined;
  }
}
