import { statSync } from 'node:fs';

/** What a name leads to; undefined for what is not there, or may not be looked at. */
export function kindOfFile(file: string): 'file' | 'folder' | 'other' | undefined {
  try {
    const stat = statSync(file);
    return stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other';
  } catch {
    return undefined;
  }
}
