/** The steps from one setting to another, one by one, as whoever is interrupted between them leaves a pod. */

import { expect, it } from 'vitest';
import { applyPlan } from '../../src/host/kernel/apply.ts';
import type { Target } from '../../src/host/namespace/namespace.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { DEFAULT_POD } from '../default-pod.ts';
import { connectIn, listenIn } from './hammer.ts';
import { feed } from './namespace.ts';
import { inPair } from './pod-and-client.ts';
import { unlockedIn } from './programs-in.ts';
import { describeKernel } from './requirements.ts';

const REDIRECT = DEFAULT_POD;
// mangle captures for TPROXY: it comes first where it begins to, and last where it ceases.
const TPROXY = [...DEFAULT_POD, '-m', 'TPROXY', '--redirect-dns', '--capture-all-dns', '--drop-invalid'];

describeKernel.each(['nft', 'legacy'] as const)('between two settings, with iptables-%s,', (backend) => {
  it('what both capture is captured after each single step', async () => {
    const settings = [
      { args: TPROXY, order: ['mangle', 'raw', 'nat'] },
      { args: REDIRECT, order: ['raw', 'nat', 'mangle'] },
    ];
    const to = { inbound: [80, 443], outbound: [53, 80], datagrams: [] };
    await inPair(async (pair) => {
      const target: Target = { kind: 'netns', path: `/run/netns/${pair.pod.name}` };
      await applyPlan(target, planFromArguments(REDIRECT), { backend }, unlockedIn(pair.pod));
      const silence = await listenIn(pair, to);
      try {
        for (const { args, order } of settings) {
          const { steps } = await applyPlan(target, planFromArguments(args), { backend, dryRun: true }, unlockedIn(pair.pod));
          const single = steps.flatMap(({ argv, text }) =>
            text.split(/(?<=^COMMIT\n)/m).map((part) => ({ command: argv.join(' '), part })),
          );
          expect(single.flatMap(({ part }) => /^\*(\w+)/.exec(part)?.[1] ?? [])).toEqual(order);
          for (const { command, part } of single) {
            expect(await pair.pod.run(feed(command, part))).toMatchObject({ exitCode: 0 });
            const { captured, ...others } = await (await connectIn(pair, to))();
            expect(others, `after ${part}`).toEqual({ escaped: 0, lost: {} });
            expect(captured).toBeGreaterThanOrEqual(40);
          }
        }
      } finally {
        await silence();
      }
    });
  });
});
