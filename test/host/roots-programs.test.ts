import { describe, expect, it } from 'vitest';
import { nameRootsPrograms } from '../../src/host/roots-programs.ts';

function pathAfter(PATH: string | undefined, user: number): string | undefined {
  const environment: Record<string, string | undefined> = { PATH };
  nameRootsPrograms(environment, user);
  return environment['PATH'];
}

describe('the folders of the programs of root', () => {
  it('are named behind all others, each once', () => {
    expect(pathAfter('/home/me/bin:/usr/bin:/bin', 1000)).toBe('/home/me/bin:/usr/bin:/bin:/usr/sbin:/sbin');
    expect(pathAfter('/usr/sbin:/usr/bin', 1000)).toBe('/usr/sbin:/usr/bin:/sbin');
  });

  it('are left alone for root, and where there is no PATH', () => {
    expect(pathAfter('/usr/bin', 0)).toBe('/usr/bin');
    expect(pathAfter(undefined, 1000)).toBeUndefined();
  });
});
