import { expect, it } from 'vitest';
import type { Capability, Rights } from '../../../src/host/failure/rights.ts';
import { denied } from '../../../src/host/namespace/denied.ts';

function rights(root: boolean, ...capabilities: readonly Capability[]): Rights {
  return { root, has: (one) => capabilities.includes(one), modules: undefined };
}

it('who is no root is told to be', () => {
  expect(denied('open', rights(false))).toMatch(/^user \d+ may not; run as root$/);
});

it('root is never told to be root: what it lacks is named', () => {
  expect(denied('open', rights(true, 'SYS_ADMIN'))).toBe(
    'this root lacks the capability SYS_PTRACE; add it (kubectl debug --profile=sysadmin does)',
  );
  expect(denied('enter', rights(true, 'SYS_PTRACE'))).toMatch(/lacks the capability SYS_ADMIN/);
  expect(denied('enter', rights(true, 'SYS_PTRACE', 'SYS_ADMIN'))).toMatch(/^root may not, even with SYS_ADMIN: /);
});
