import { expect, it } from 'vitest';
import { applyPlan } from '../../src/host/kernel/apply.ts';
import type { Target } from '../../src/host/namespace/namespace.ts';
import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import { numbersBy } from '../random.ts';
import type { Victim } from './killing.ts';
import { runAndKill, VICTIMS } from './killing.ts';
import type { Namespace } from './namespace.ts';
import { ADDRESSES, inPair } from './pod-and-client.ts';
import { unlockedIn } from './programs-in.ts';
import { describeKernel } from './requirements.ts';
import type { State } from './table-states.ts';
import { areEqual, differences, look, prefixes, wantedState } from './table-states.ts';
import { rounds } from './trials.ts';

type Backend = 'nft' | 'legacy';

/** Arguments, and the tables in the order in which they have to change on the way to them. */
interface Setting {
  readonly args: readonly string[];
  readonly order: readonly string[];
}

interface Transition {
  readonly name: string;
  /** Of all kills. */
  readonly share: number;
  readonly between: readonly [Setting, Setting];
}

const POD = ['-p', '15001', '-z', '15006', '-u', '1337', '-i', '*', '-b', '*'];
const REDIRECT = [...POD, '-m', 'REDIRECT', '-d', '15090,15021,15020'];
const OTHER_PORTS = [...POD, '-m', 'REDIRECT', '-d', '9000:9999', '-o', '3306,5432', '-x', '192.0.2.0/24'];
const TPROXY = [...POD, '-m', 'TPROXY', '-d', '15090,15021,15020', '--redirect-dns', '--capture-all-dns', '--drop-invalid'];

// mangle captures for TPROXY: it comes first where it begins to, and last where it ceases.
const TO_REDIRECT = ['raw', 'nat', 'mangle'];
const TO_TPROXY = ['mangle', 'raw', 'nat'];

const TRANSITIONS: readonly Transition[] = [
  {
    name: 'nat alone',
    share: 0.6,
    between: [
      { args: REDIRECT, order: ['ip nat'] },
      { args: OTHER_PORTS, order: ['ip nat'] },
    ],
  },
  {
    name: 'REDIRECT, and TPROXY with DNS and drop-invalid',
    share: 0.4,
    between: [
      { args: [...REDIRECT, '--dual-stack'], order: inBoth(TO_REDIRECT) },
      { args: [...TPROXY, '--dual-stack'], order: inBoth(TO_TPROXY) },
    ],
  },
];

// IPv6 goes first: what is left of it is recognised by IPv4.
function inBoth(tables: readonly string[]): readonly string[] {
  return [...FAMILIES].reverse().flatMap((family) => tables.map((table) => `${family} ${table}`));
}

function planOf({ args }: Setting): CapturePlan {
  return planFromArguments(args, { addresses: [ADDRESSES.ip.pod, ADDRESSES.ip6.pod] });
}

function targetOf({ name }: Namespace): Target {
  return { kind: 'netns', path: `/run/netns/${name}` };
}

/** How many kills left all tables old, some of them, all of them new. */
interface Tally {
  old: number;
  mixed: number;
  new: number;
}

/** Kills the program again and again on its way between the two settings, and checks what it leaves. */
async function killAgainAndAgain(pod: Namespace, backend: Backend, { between }: Transition, kills: number, seed: number): Promise<Tally> {
  const next = numbersBy(seed);
  const plans = between.map(planOf) as [CapturePlan, CapturePlan];
  const wanted = plans.map(wantedState) as [State, State];
  const run = (to: 0 | 1, victim: Victim, delay: number): Promise<number | null> =>
    runAndKill(pod, [...between[to].args, '--force-iptables-binary', backend], victim, delay);
  const runToItsEnd = async (to: 0 | 1): Promise<number> => {
    const begin = performance.now();
    expect(await run(to, 'the program', 60_000), `seed ${seed}`).toBe(0);
    const took = performance.now() - begin;
    expect(await look(pod, backend), `seed ${seed}`).toEqual(wanted[to]);
    return took;
  };

  // The first one has no rules to read yet.
  await runToItsEnd(1);
  const whole = await runToItsEnd(0);
  // Most of a run is spent elsewhere. So every other kill is aimed at the moment of the change, which those before have
  // told: it was too early where all was old, and too late where all was new.
  let aim = whole * 0.7;
  const step = whole / 20;

  const tally: Tally = { old: 0, mixed: 0, new: 0 };
  let before = wanted[0].tables;
  let to: 0 | 1 = 1;
  for (let round = 0; round < kills; round += 1) {
    const victim = VICTIMS[round % VICTIMS.length] as Victim;
    const aimed = next() < 0.5;
    const delay = aimed ? aim + (next() - 0.5) * 3 * step : next() * whole;
    await run(to, victim, delay);
    const seen = await look(pod, backend);

    const what: string = `seed ${seed}, kill ${round}: ${victim} after ${delay.toFixed(1)} ms, on the way to ${between[to].args.join(' ')}`;
    const allowed = prefixes(before, wanted[to].tables, between[to].order);
    const reached = allowed.findIndex((tables) => areEqual(tables, seen.tables));
    if (reached === -1) expect.fail(`${what}: ${differences(seen.tables, before, wanted[to].tables, between[to].order)}`);
    for (const family of FAMILIES) {
      // It is there before the rules that need it, and goes after them; it is never doubled.
      const needed = seen.tables.get(`${family} mangle`)?.includes('-j TPROXY') === true ? 1 : 0;
      for (const count of seen.routing[family]) expect([needed, 1], `${what}: routing of ${family}`).toContain(count);
    }
    const left = reached === 0 ? 'old' : reached < allowed.length - 1 ? 'mixed' : 'new';
    tally[left] += 1;
    if (aimed && left === 'old') aim += step;
    if (aimed && left === 'new') aim = Math.max(aim - step, 10);

    if (next() < 0.5) {
      // Forward or back, from wherever the program has stopped.
      const at = next() < 0.5 ? 0 : 1;
      const { state, failures } = await applyPlan(targetOf(pod), plans[at], { backend }, unlockedIn(pod));
      expect({ state, failures }, what).toEqual({ state: 'as wanted', failures: [] });
      before = wanted[at].tables;
      to = at === 0 ? 1 : 0;
    } else {
      // The next one finds what this one has left, and is killed as well.
      before = seen.tables;
      if (left !== 'old' && (left === 'new' || next() < 0.5)) to = to === 0 ? 1 : 0;
    }
  }
  for (const end of [0, 1] as const) await runToItsEnd(end);
  return tally;
}

describeKernel.each([
  { backend: 'nft', kills: 200 },
  { backend: 'legacy', kills: 100 },
] as const)('the program killed at random moments, with iptables-$backend,', ({ backend, kills }) => {
  it.concurrent.each(TRANSITIONS)(
    'leaves each table old or new, in their order, and the next run heals it: $name',
    { timeout: 240_000 },
    async (transition) => {
      const seed = Date.now() % 2 ** 32;
      const times = rounds(kills * transition.share);
      await inPair(async ({ pod }) => {
        // Both ends of the cable are up; what is on it counts when the kernel has noticed that.
        await pod.run('until ip link show v0 | grep -q "state UP"; do sleep 0.01; done');
        const tally = await killAgainAndAgain(pod, backend, transition, times, seed);
        console.log(`note: ${backend}, ${transition.name}: ${times} kills, left old ${tally.old}, mixed ${tally.mixed}, new ${tally.new}`);
      });
    },
  );
});
