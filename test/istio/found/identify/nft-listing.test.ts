/**
 * Rules of iptables-nft as nft 1.0.6 lists them, loaded into the kernel with iptables-nft-restore 1.8.9. nft shows the names of
 * targets that it does not know, and not what they were given.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { identify } from '../../../../src/istio/found/identify.ts';
import { withNft } from '../../../../src/netfilter/nft/as-rules.ts';
import { readNft } from '../../../../src/netfilter/nft/read.ts';
import type { Observation } from '../../../../src/netfilter/observation.ts';
import { compareObservations, observeText } from '../../../../src/netfilter/observation.ts';
import { readRules } from '../../../../src/netfilter/read.ts';

function seenIn(text: string): Observation {
  const nft = readNft(text);
  if (nft === undefined) throw new Error('no nft');
  return observeText(withNft(readRules(text), nft));
}

const listing = (name: string): string => readFileSync(new URL(`${name}.txt`, import.meta.url), 'utf8');

describe('what iptables-nft made', () => {
  it('in TPROXY mode with DNS is identified, though nft hides what TPROXY and CT were given', () => {
    const { outcome, answers } = identify(seenIn(listing('tproxy-dns.nft')));
    expect([outcome, answers[0]?.releases[0], answers[0]?.nonDefault.settings]).toEqual(['exact', '1.25.0', ['mode', 'dns.capture']]);
  });

  it('in an ambient pod is identified, whatever words CONNMARK has there', () => {
    expect(identify(seenIn(listing('ambient-dns.nft'))).agent).toMatchObject([
      { outcome: 'exact', where: 'pod', answers: [{ knobs: { dns: true } }] },
    ]);
  });

  it('is not taken for another target, and what is hidden is told', () => {
    const text = listing('tproxy-dns.nft');
    const found = compareObservations(seenIn(text), seenIn(text.replace('xt target TPROXY', 'xt target CT')));
    expect(found.differences).toMatchObject([{ kind: 'changed', chain: 'ISTIO_TPROXY' }]);
    expect(found.notCompared.map(({ reason }) => reason)).toContain('what its rules give the target TPROXY is not shown');
  });
});

it('a translation that lost the protocol of two rules is near to what it was made of', () => {
  // iptables-restore-translate 1.8.9 leaves `-p tcp -m tcp` out where nothing is asked of the port.
  const [agent] = identify(seenIn(listing('ambient-dns.translated'))).agent;
  expect([agent?.outcome, agent?.answers[0]?.differences.length]).toEqual(['nearest', 2]);
});
