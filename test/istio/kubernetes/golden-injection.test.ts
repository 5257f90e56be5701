import { describe, expect, it } from 'vitest';
import { expectEvidence } from '../../evidence.ts';
import { INJECTION_CASES, pairsOf } from '../../golden-injection.ts';

describe('what the real injectors made of golden/injection is made here as well:', () => {
  it('there are enough of them', () => {
    expect(INJECTION_CASES.length).toBeGreaterThanOrEqual(280);
    expect(INJECTION_CASES.flatMap(({ outcomes }) => outcomes.flatMap(({ releases }) => releases)).length).toBeGreaterThan(6000);
  });

  let [pairsSeen, equal] = [0, 0];
  it.each(INJECTION_CASES.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const pairs = pairsOf(one);
    pairsSeen += pairs.length;
    expect(pairs.map(({ release, made }) => [release, made])).toEqual(pairs.map(({ release, wanted }) => [release, wanted]));
    equal += pairs.length;
  });

  it('and the page of evidence has these numbers', () => {
    const releases = new Set(INJECTION_CASES.flatMap(({ outcomes }) => outcomes.flatMap((outcome) => outcome.releases)));
    expectEvidence({ of: 'injection', releases: releases.size, inputs: INJECTION_CASES.length, pairs: pairsSeen, equal });
  });
});
