import { expect, it } from 'vitest';
import { ambientPlans, besideOthers, foreignTables, mixedRules, nativePlans } from './native-subjects.ts';
import type { Outcome } from './trace-rounds.ts';
import type { Subject } from './trace-trials.ts';
import { playAll } from './trace-trials.ts';
import { describeTraced } from './tracing-requirements.ts';
import { played, rounds } from './trials.ts';
import { TRIXIE_ROOT } from './trixie-root.ts';

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
    expectNoneWrong(await playNft('random tables of nft', foreignTables(rounds(90, 2), true)), 3000, 0.85);
  });

  it('that hang at the same priorities, of which nobody knows which is asked first', { timeout: 180_000 }, async () => {
    expectNoneWrong(await playNft('random tables at equal priorities', foreignTables(rounds(45), false)), 1500, 0.8);
  });

  it('beside those of iptables', { timeout: 180_000 }, async () => {
    expectNoneWrong(await playNft('random tables of nft and iptables', mixedRules(rounds(60))), 2000, 0.85);
  });

  it('of Istio beside those of kube-proxy and of a firewall', { timeout: 180_000 }, async () => {
    expectNoneWrong(await playNft('native outcomes beside others', besideOthers(played(nativePlans()))), 3000, 0.95);
  });

  it('and of iptables that the ambient mode makes, with its marks and policy routing', { timeout: 180_000 }, async () => {
    const subjects = played(ambientPlans());
    expectNoneWrong(await playNft('ambient golden outcomes', subjects), 3000, 0.99);
  });
});

describeTraced('with nft 1.1.3 and iptables 1.8.11, the simulator says of a packet what the kernel does with it', () => {
  it.skipIf(TRIXIE_ROOT === undefined)('in tables of Istio, in those of others, and in both', { timeout: 180_000 }, async () => {
    const some = <T>(all: readonly T[]): readonly T[] => played(all).filter((_, index) => index % 2 === 0);
    const subjects = [...some(nativePlans()), ...some(ambientPlans()), ...foreignTables(rounds(45), true), ...mixedRules(rounds(24))];
    const outcome = await playAll('all of these by the programs of trixie', {
      subjects,
      backend: 'nft',
      ...(TRIXIE_ROOT !== undefined && { root: TRIXIE_ROOT }),
    });
    expectNoneWrong(outcome, 5000, 0.9);
  });
});
