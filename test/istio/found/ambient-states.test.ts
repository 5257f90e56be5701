/** Whatever the node agent of any release makes in a pod: no release of istio-iptables is said to have made it, and nothing of it is ours. */

import { expect, it } from 'vitest';
import { identify } from '../../../src/istio/found/identify.ts';
import { ownChainsOf } from '../../../src/istio/found/ownership/parts.ts';
import { FAMILIES } from '../../../src/netfilter/family.ts';
import { observeText } from '../../../src/netfilter/observation.ts';
import { readRules } from '../../../src/netfilter/read.ts';
import { AMBIENT_CASES } from '../../golden-ambient.ts';

const states = AMBIENT_CASES.filter(({ name }) => name.startsWith('iptables-')).flatMap(({ name, outcomes }) =>
  outcomes.flatMap((outcome) =>
    FAMILIES.flatMap((family) => {
      const text = outcome[family] ?? '';
      return text.includes('ISTIO_') ? [{ name: `${name} at ${outcome.releases[0]}, ${family}`, family, text }] : [];
    }),
  ),
);

it('there are enough of them', () => {
  expect(states.length).toBeGreaterThan(80);
});

it.each(states)('$name', ({ family, text }) => {
  const seen = observeText(readRules(text, { family }));
  expect(identify(seen)).toMatchObject({ outcome: 'none', answers: [] });
  expect([...ownChainsOf(seen[family])]).toEqual([]);
});
