import { expect, it } from 'vitest';
import type { Effects } from '../../src/host/apply.ts';
import { applyPlan, machine } from '../../src/host/apply.ts';
import type { CapturePlan } from '../../src/istio/plan.ts';
import { planFromArguments } from '../../src/istio/plan-from-arguments.ts';
import { printSave } from '../../src/netfilter/print.ts';
import { connectIn, listenIn } from './hammer.ts';
import type { Victim } from './killing.ts';
import { runAndKill, VICTIMS } from './killing.ts';
import type { Namespace } from './namespace.ts';
import { feed } from './namespace.ts';
import { ADDRESSES, inPair } from './pod-and-client.ts';
import { describeKernel } from './requirements.ts';
import { normalSave } from './saves.ts';

const POD = ['-p', '15001', '-z', '15006', '-u', '1337', '-i', '*', '-b', '*'];
const REDIRECT = [...POD, '-m', 'REDIRECT', '-d', '15090,15021,15020'];
const TPROXY = [...POD, '-m', 'TPROXY', '-d', '15090,15021,15020', '--redirect-dns', '--capture-all-dns', '--drop-invalid'];

/** Two settings, and the tables in the order in which they have to change from the one to the other. */
interface Transition {
  readonly name: string;
  readonly between: readonly [Setting, Setting];
}

interface Setting {
  readonly args: readonly string[];
  /** On the way to it. */
  readonly order: readonly string[];
}

const TRANSITIONS: readonly Transition[] = [
  {
    name: 'nat alone',
    between: [
      { args: REDIRECT, order: ['ip nat'] },
      { args: [...POD, '-m', 'REDIRECT', '-d', '9000:9999', '-o', '3306,5432', '-x', '192.0.2.0/24'], order: ['ip nat'] },
    ],
  },
  {
    name: 'REDIRECT and TPROXY with DNS and drop-invalid, IPv4 and IPv6',
    between: [
      { args: [...REDIRECT, '--dual-stack'], order: ['ip raw', 'ip nat', 'ip mangle', 'ip6 raw', 'ip6 nat', 'ip6 mangle'] },
      { args: [...TPROXY, '--dual-stack'], order: ['ip mangle', 'ip raw', 'ip nat', 'ip6 mangle', 'ip6 raw', 'ip6 nat'] },
    ],
  },
];

function planOf({ args }: Setting): CapturePlan {
  return planFromArguments(args, { addresses: [ADDRESSES.ip.pod, ADDRESSES.ip6.pod] });
}

/** Each table's rules as text, under `ip nat`, and the policy routing. */
type State = ReadonlyMap<string, string>;

function stateOf(ip: string, ip6: string): State {
  return new Map(
    Object.entries({ ip, ip6 }).flatMap(([family, text]) =>
      [...text.matchAll(/^\*(\w+)\n[^]*?^COMMIT\n/gm)].map(([table, name]): [string, string] => [`${family} ${name}`, table]),
    ),
  );
}

function wantedState({ ip, ip6 }: CapturePlan): State {
  return stateOf(printSave(ip), printSave(ip6));
}

interface Seen {
  readonly tables: State;
  /** Policy rules and local routes of TPROXY, by family. */
  readonly routing: Readonly<Record<'ip' | 'ip6', { readonly rules: number; readonly routes: number }>>;
}

const PARTS = '### ';

async function look({ run }: Namespace, backend: string): Promise<Seen> {
  const commands = [
    `iptables-${backend}-save`,
    `ip6tables-${backend}-save`,
    ...['-4', '-6'].flatMap((family) => [`ip ${family} rule`, `ip ${family} route show table 133 2>/dev/null`]),
  ];
  const { stdout } = await run(commands.map((command) => `${command}\necho '${PARTS}'\n`).join(''));
  const [ip = '', ip6 = '', ...routing] = stdout.split(`${PARTS}\n`);
  const [rules, routes, rules6, routes6] = routing.map((text) => (text.match(/fwmark 0x539|^local default/gm) ?? []).length);
  return {
    tables: stateOf(normalSave(ip), normalSave(ip6)),
    routing: { ip: { rules: rules ?? -1, routes: routes ?? -1 }, ip6: { rules: rules6 ?? -1, routes: routes6 ?? -1 } },
  };
}

/** Numbers from 0 to 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// The lock costs a process here, and the program that is killed takes it in the namespace.
function unlocked(): Effects {
  return { ...machine(), lock: async () => ({ release: () => undefined }) };
}

interface Tally {
  old: number;
  mixed: number;
  new: number;
}

/** Kills the program again and again on its way from one setting to the other; what it left is checked, and mostly healed. */
async function killAgainAndAgain(
  pod: Namespace,
  backend: 'nft' | 'legacy',
  { between }: Transition,
  kills: number,
  seed: number,
): Promise<Tally> {
  const next = random(seed);
  const plans = between.map(planOf) as [CapturePlan, CapturePlan];
  const wanted = plans.map(wantedState) as [State, State];
  const tally: Tally = { old: 0, mixed: 0, new: 0 };
  const run = (to: 0 | 1, victim: Victim, delay: number): Promise<number | null> =>
    runAndKill(pod, [...between[to].args, '--force-iptables-binary', backend], victim, delay);

  // Both ends of the cable are up by now, but the program counts no interface before it runs.
  await pod.run('until ip link show v0 | grep -q "state UP"; do sleep 0.01; done');
  const begin = performance.now();
  for (const to of [0, 1, 0] as const) {
    expect(await run(to, 'the program', 60_000)).toBe(0);
    expect((await look(pod, backend)).tables).toEqual(wanted[to]);
  }
  const whole = (performance.now() - begin) / 3;
  // Most of a run is spent elsewhere. So every other kill is aimed at the moment of the change, which the kills before
  // have told: too early where all was old, too late where all was new.
let aim = whole * 0.8;

  let before = wanted[0];
  let at: 0 | 1 = 0;
  for (let round = 0; round < kills; round += 1) {
    const to: 0 | 1 = at === 0 ? 1 : 0;
    const victim = VICTIMS[round % VICTIMS.length] as Victim;
    const aimed = next() < 0.5;
    const delay = aimed ? aim + (next() - 0.5) * 16 : next() * whole * 1.1;
    await run(to, victim, delay);
    const seen = await look(pod, backend);
    const what = `seed ${seed}, kill ${round} of ${victim} after ${delay.toFixed(1)} ms, on the way to ${between[to].args.join(' ')}`;

    const pending = between[to].order.filter((table) => before.get(table) !== wanted[to].get(table));
    const done = pending.filter((table) => seen.tables.get(table) === wanted[to].get(table)).length;
    const allowed = new Map(before);
    for (const table of pending.slice(0, done)) {
      const text = wanted[to].get(table);
      if (text === undefined) allowed.delete(table);
      else allowed.set(table, text);
    }
    expect(sorted(seen.tables), what).toEqual(sorted(allowed));
    for (const family of ['ip', 'ip6'] as const) {
      const captures = seen.tables.get(`${family} mangle`)?.includes('-j TPROXY') === true;
      expect(
        [
          [1, 1],
          ...(captures
            ? []
            : [
                [0, 0],
                [0, 1],
                [1, 0],
              ]),
        ],
        `${what}: routing of ${family}`,
      ).toContainEqual(Object.values(seen.routing[family]));
    }
    tally[done === 0 ? 'old' : done < pending.length ? 'mixed' : 'new'] += 1;
    if (aimed && done === 0) aim = Math.min(aim + 4, whole * 2);
    if (aimed && done === pending.length) aim = Math.max(aim - 4, 10);

    if (next() < 0.5) {
      at = next() < 0.5 ? to : at;
      const result = await applyPlan({ kind: 'netns', path: `/run/netns/${pod.name}` }, plans[at], { backend }, unlocked());
      expect({ state: result.state, failures: result.failures }, what).toEqual({ state: 'as wanted', failures: [] });
      before = wanted[at];
    } else {
      // The next one is killed on the way back, and finds what this one has left.
      at = to;
      before = seen.tables;
    }
  }
  for (const to of [0, 1, 0] as const) {
    expect(await run(to, 'the program', 60_000)).toBe(0);
    const { tables: left, routing } = await look(pod, backend);
    expect(sorted(left), `seed ${seed}, at the end`).toEqual(sorted(wanted[to]));
    const routes = plans[to].routing.routes.map(({ family }) => family);
    for (const family of ['ip', 'ip6'] as const)
      expect(routing[family].rules + routing[family].routes).toBe(routes.includes(family) ? 2 : 0);
  }
  return tally;
}

function sorted(state: State): readonly string[] {
  return [...state].map(([name, text]) => `${name} ${text}`).sort();
}

describeKernel.each([
  { backend: 'nft', kills: 100 },
  { backend: 'legacy', kills: 50 },
] as const)('the program killed at random moments, with iptables-$backend', ({ backend, kills }) => {
  it.concurrent.each(TRANSITIONS)('leaves each table old or new, in order, and the next run heals it: $name', async (transition) => {
    const seed = Date.now() % 2 ** 32;
    const tally = await inPair(({ pod }) => killAgainAndAgain(pod, backend, transition, kills, seed));
    console.log(
      `note: ${backend}, ${transition.name}: killed ${kills} times, left old ${tally.old}, mixed ${tally.mixed}, new ${tally.new}`,
    );
    expect(tally.old + tally.mixed + tally.new).toBe(kills);
  });
});
void connectIn;
void listenIn;
void feed;
