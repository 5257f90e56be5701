import { expect, it } from 'vitest';
import { played, rounds } from '../trials.ts';
import { ambientPlans, besideOthers, foreignTables, mixedRules, nativePlans } from './native-subjects.ts';
import type { Outcome } from './trace-rounds.ts';
import type { Subject } from './trace-trials.ts';
import { playAll } from './trace-trials.ts';
import { describeTraced } from './tracing-requirements.ts';

function expectNoneWrong({ differences, compared, unknown }: Outcome, atLeast: number, known: number): void {
  expect(differences.slice(0, 3).join('\n\n'), `${differences.length} differences`).toBe('');
  expect(compared).toBeGreaterThanOrEqual(rounds(atLeast));
  // What is always unknown is never wrong.
  expect((compared - unknown) / compared).toBeGreaterThan(known);
}

async function playNft(what: string, subjects: readonly Subject[]): Promise<Outcome> {
  return playAll(what, { subjects, backend: 'nft' });
}

describeTraced('the simulator says of a packet what the kernel does with it in tables of nft', () => {
  it('that the native mode makes', { timeout: 180_000 }, async () => {
    expectNoneWrong(await playNft('native golden outcomes', played(nativePlans())), 3000, 0.99);
  });

  it('that nobody made for Istio', { timeout: 180_000 }, async () => {
    expectNoneWrong(await playNft('random tables of nft', foreignTables(rounds(90), true)), 3000, 0.8);
  });

  it('that hang at the same priorities, of which nobody knows which is asked first', { timeout: 180_000 }, async () => {
    expectNoneWrong(await playNft('random tables at equal priorities', foreignTables(rounds(45), false)), 1500, 0.5);
  });

  it('beside those of iptables', { timeout: 180_000 }, async () => {
    expectNoneWrong(await playNft('random tables of nft and iptables', mixedRules(rounds(60))), 2000, 0.5);
  });

  it('of Istio beside those of kube-proxy and of a firewall', { timeout: 180_000 }, async () => {
    expectNoneWrong(await playNft('native outcomes beside others', besideOthers(played(nativePlans()))), 3000, 0.6);
  });

  it('and of iptables that the ambient mode makes, with its marks and policy routing', { timeout: 180_000 }, async () => {
    const subjects = played(ambientPlans());
    expectNoneWrong(await playNft('ambient golden outcomes', subjects), 3000, 0.99);
  });
});
