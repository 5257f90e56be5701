import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Compared, Setup } from './listeners-trial.ts';
import { playSetup, randomSetup } from './listeners-trial.ts';
import { randomBy } from './packets-random.ts';
import type { OpenPair } from './pod-and-client.ts';
import { openPair } from './pod-and-client.ts';
import { describeKernel } from './requirements.ts';
import { rounds } from './trials.ts';

const SEED = Number(process.env['LISTENERS_SEED'] ?? 1);
const ROUNDS = Number(process.env['LISTENERS_ROUNDS'] ?? rounds(12));

describeKernel('pods with several listeners and proxies, by chance', () => {
  let pair: OpenPair;
  beforeAll(async () => {
    pair = await openPair();
  });
  afterAll(() => pair.close());

  it(`give each call of ${ROUNDS} set-ups what the simulator says: who passes it on, who answers, or that nobody does`, {
    timeout: 60_000 + ROUNDS * 20_000,
  }, async () => {
    const all: (Compared & { readonly setup: Setup })[] = [];
    for (let index = 0; index < ROUNDS; index += 1) {
      const setup = randomSetup(randomBy(SEED * 10_000 + index));
      for (const one of await playSetup(pair, setup)) all.push({ ...one, setup });
    }
    const kinds = new Map<string, number>();
    for (const { real } of all) {
      const kind = real.endsWith('LOOP') ? 'loop' : real.replace(/\d+/g, 'N');
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    console.log(`listeners: ${ROUNDS} set-ups, ${all.length} calls: ${[...kinds].map(([kind, count]) => `${kind} ${count}`).join(', ')}`);
    expect(all.filter(({ real, simulated }) => real !== simulated)).toEqual([]);
  });
});
