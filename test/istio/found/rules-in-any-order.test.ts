import { expect, it } from 'vitest';
import { observeRules } from '../../../src/istio/found/observe-rules.ts';
import { readRules } from '../../../src/netfilter/read.ts';

it('rules that end in ISTIO_OUTPUT break off nowhere if ISTIO_REDIRECT stands before it', () => {
  const redirect = '-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001\n';
  const output = '-A OUTPUT -p tcp -j ISTIO_OUTPUT\n-A ISTIO_OUTPUT -j ISTIO_REDIRECT\n';
  const reasons = (text: string): string =>
    observeRules(readRules(text))
      .unseen.map(({ reason }) => reason)
      .join();
  expect(reasons(`${redirect}${output}`)).not.toContain('may break off');
  expect(reasons(output)).toContain('may break off');
});
