/**
 * Tests of properties. fast-check's package for vitest has the same form, and makes every chain of vitest's modifiers beforehand:
 * 2 s of the processor and 300 MB in each worker.
 */

import fc from 'fast-check';
import { it } from 'vitest';

type Arbitraries<Values extends [unknown, ...unknown[]]> = { [At in keyof Values]: fc.Arbitrary<Values[At]> };

/** `property([fc.nat()])('is ...', (value) => ...)`: a test that fails where the body throws, or answers false, for some values. */
export function property<Values extends [unknown, ...unknown[]]>(
  arbitraries: Arbitraries<Values>,
  parameters: fc.Parameters<Values> = {},
): (name: string, body: (...values: Values) => unknown, timeout?: number) => void {
  return (name, body, timeout) => {
    const holds = fc.asyncProperty(...arbitraries, async (...values: Values) => (await body(...values)) !== false);
    it(name, () => fc.assert(holds, parameters), timeout);
  };
}
