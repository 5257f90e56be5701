import { describe, expect, it } from 'vitest';
import { INJECTION_CASES, pairsOf } from '../../golden-injection.ts';

describe('what the real injectors made of golden/injection is made here as well:', () => {
  it('there are enough of them', () => {
    expect(INJECTION_CASES.length).toBeGreaterThanOrEqual(280);
    expect(INJECTION_CASES.flatMap(({ outcomes }) => outcomes.flatMap(({ releases }) => releases)).length).toBeGreaterThan(6000);
  });

  it.each(INJECTION_CASES.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const pairs = pairsOf(one);
    expect(pairs.map(({ release, made }) => [release, made])).toEqual(pairs.map(({ release, wanted }) => [release, wanted]));
  });
});
