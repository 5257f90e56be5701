import { readFileSync } from 'node:fs';

/** What a file of the kernel says; undefined where there is none, or it may not be read. */
export function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
