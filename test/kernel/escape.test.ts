import { basename } from 'node:path';
import { expect, it } from 'vitest';
import type { Effects } from '../../src/host/kernel/apply.ts';
import { applyPlan, clean, machine } from '../../src/host/kernel/apply.ts';
import type { ApplyOptions } from '../../src/host/kernel/options.ts';
import type { Target } from '../../src/host/namespace/namespace.ts';
import type { Command } from '../../src/host/run.ts';
import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import type { Answers, Destinations } from './hammer.ts';
import { connectIn, listenIn } from './hammer.ts';
import { inPair } from './pod-and-client.ts';
import { describeKernel } from './requirements.ts';
import { run } from './starting.ts';
import { PLAYS_ALL, played } from './trials.ts';

const POD = ['-p', '15001', '-z', '15006', '-u', '1337', '-i', '*'];
const REDIRECT = [...POD, '-m', 'REDIRECT', '-b', '*', '-d', '15090,15021,15020'];
const TPROXY = [...POD, '-m', 'TPROXY', '-b', '*', '-d', '15090,15021,15020'];
const NATIVE = '--native-nftables';
const DNS = ['--redirect-dns', '--capture-all-dns'];

// What both settings of a swap capture.
const CONNECTIONS: Destinations = { inbound: [80, 443, 8080], outbound: [53, 80, 443, 8443], datagrams: [] };
const WITH_QUERIES: Destinations = { ...CONNECTIONS, outbound: [53, 80, 443], datagrams: [53] };

interface Swap {
  readonly name: string;
  readonly to: Destinations;
  readonly between: readonly [readonly string[], readonly string[]];
}

const REDIRECT_TO_TPROXY: Swap = { name: 'REDIRECT to TPROXY and back', to: CONNECTIONS, between: [REDIRECT, TPROXY] };

const SWAPS: readonly Swap[] = [
  {
    name: 'REDIRECT to REDIRECT with other lists',
    to: CONNECTIONS,
    between: [
      [...POD, '-m', 'REDIRECT', '-b', '*', '-d', '15090,15021,9000:9999', '-o', '3306', '-x', '192.0.2.0/24'],
      [...POD, '-m', 'REDIRECT', '-b', '80,443,8080', '-d', '', '-q', '8443'],
    ],
  },
  REDIRECT_TO_TPROXY,
  { name: 'DNS on and off', to: CONNECTIONS, between: [REDIRECT, [...REDIRECT, ...DNS]] },
  {
    name: 'REDIRECT to TPROXY and back beside DNS',
    to: WITH_QUERIES,
    between: [
      [...REDIRECT, ...DNS],
      [...TPROXY, ...DNS, '--drop-invalid'],
    ],
  },
  { name: 'iptables to native nftables and back', to: CONNECTIONS, between: [REDIRECT, [...REDIRECT, NATIVE]] },
  {
    name: 'TPROXY of native nftables to REDIRECT of iptables and back beside DNS',
    to: WITH_QUERIES,
    between: [
      [...TPROXY, ...DNS, '--drop-invalid', NATIVE],
      [...REDIRECT, ...DNS],
    ],
  },
  { name: 'TPROXY of iptables to REDIRECT of native nftables and back', to: CONNECTIONS, between: [TPROXY, [...REDIRECT, NATIVE]] },
];

/** Whatever iptables there is. */
const NATIVE_SWAPS: readonly Swap[] = [
  {
    name: 'REDIRECT to TPROXY and back beside DNS',
    to: WITH_QUERIES,
    between: [
      [...REDIRECT, ...DNS, NATIVE],
      [...TPROXY, ...DNS, '--drop-invalid', NATIVE],
    ],
  },
  {
    name: 'REDIRECT to REDIRECT with other lists',
    to: CONNECTIONS,
    between: [
      [...POD, '-m', 'REDIRECT', '-b', '*', '-d', '15090,15021,9000-9999', '-o', '3306', '-x', '192.0.2.0/24', NATIVE],
      [...POD, '-m', 'REDIRECT', '-b', '80,443,8080', '-d', '', '-q', '8443', NATIVE],
    ],
  },
];

/** Seven ways on two backends and two of nft alone: 480 swaps in all, and as many there as back. */
const EACH = PLAYS_ALL ? 30 : 4;

/** Every way on one backend at least, and from REDIRECT to TPROXY on both. */
const WAYS: Readonly<Record<'nft' | 'legacy', readonly Swap[]>> = {
  nft: SWAPS.filter((swapped, index) => PLAYS_ALL || index % 2 === 0 || swapped === REDIRECT_TO_TPROXY),
  legacy: SWAPS.filter((swapped, index) => PLAYS_ALL || index % 2 === 1 || swapped === REDIRECT_TO_TPROXY),
};

type Change = (target: NetnsTarget, plan: CapturePlan, options: ApplyOptions, args: readonly string[]) => Promise<void>;
type NetnsTarget = Extract<Target, { kind: 'netns' }>;

/** Whether a build of its own is tested, which then makes each change; Node's code makes it within this process, several times as fast. */
const IS_OTHER_BUILD = process.env['TEST_PROGRAM'] !== undefined;

const apply: Change = async (target, plan, options, args) => {
  if (IS_OTHER_BUILD) return byProgram(target, options, args);
  expect(await applyPlan(target, plan, options, unlocked())).toMatchObject({ outcome: 'applied', failures: [] });
};

async function byProgram({ path }: NetnsTarget, { backend }: ApplyOptions, args: readonly string[]): Promise<void> {
  const forced = backend === undefined || args.includes(NATIVE) ? [] : ['--force-iptables-binary', backend];
  const found = await run({ name: basename(path) }, ['istio-iptables', ...args, ...forced]);
  expect(found).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('applied and verified') });
}

const WRONG: readonly { readonly name: string; readonly swaps: number; readonly change: Change }[] = [
  {
    name: 'all is removed before it is made again',
    swaps: 2,
    change: async (target, plan, options) => {
      await clean(target, options, unlocked());
      await applyPlan(target, plan, options, unlocked());
    },
  },
  {
    name: 'the tables change in the opposite order',
    swaps: 4,
    change: async (target, plan, options) => {
      await applyPlan(target, plan, options, backwards());
    },
  },
];

// In tests nobody else works in the namespace, and the lock, which costs a process, has tests of its own.
function unlocked(): Effects {
  return { ...machine(), lock: async () => ({ release: () => undefined }) };
}

/** This machine, with the tables of every restore in the opposite order. */
function backwards(): Effects {
  const { programs, ...effects } = unlocked();
  const turned = ({ stdin = '', ...command }: Command): Command => {
    const restores = command.argv.some((word) => word.endsWith('-restore'));
    return {
      ...command,
      stdin: restores
        ? stdin
            .split(/(?<=^COMMIT\n)/m)
            .reverse()
            .join('')
        : stdin,
    };
  };
  return { ...effects, programs: { ...programs, run: (command) => programs.run(turned(command)) } };
}

/** Changes between the two settings again and again while connections are made without pause. */
function swap(
  { to, between }: Swap,
  swaps: number,
  change: (target: NetnsTarget, plan: CapturePlan, args: readonly string[]) => Promise<void>,
): Promise<Answers> {
  const plans = between.map((args) => [planFromArguments(args), args] as const);
  const [one, other] = plans as [(typeof plans)[number], (typeof plans)[number]];
  return inPair(async (pair) => {
    const target: NetnsTarget = { kind: 'netns', path: `/run/netns/${pair.pod.name}` };
    await change(target, ...one);
    const silence = await listenIn(pair, to);
    let answers: Answers;
    try {
      const stop = await connectIn(pair, to);
      try {
        for (let done = 0; done < swaps; done += 1) await change(target, ...(done % 2 === 0 ? other : one));
      } finally {
        answers = await stop();
      }
      return answers;
    } finally {
      await silence();
    }
  });
}

function tell(backend: string, name: string, swaps: number, { captured, escaped, lost }: Answers): void {
  console.log(
    `note: ${backend}, ${name}: ${swaps} swaps, ${captured + escaped} connections, ${escaped} escaped, lost ${JSON.stringify(lost)}`,
  );
}

describeKernel.each(['nft', 'legacy'] as const)('while two processes connect without pause, with iptables-%s', (backend) => {
  it.each(IS_OTHER_BUILD ? played(WAYS[backend]) : WAYS[backend])(
    'apply lets none escape: $name',
    { timeout: 180_000 },
    async (swapped) => {
      const answers = await swap(swapped, EACH, (target, plan, args) => apply(target, plan, { backend }, args));
      tell(backend, swapped.name, EACH, answers);
      const { captured, ...others } = answers;
      expect(others).toEqual({ escaped: 0, lost: {} });
      expect(captured).toBeGreaterThan(10 * EACH);
    },
  );

  // What the test above would see if apply were wrong. So few swaps show it on an idle machine; a busy one may take more.
  it.each(IS_OTHER_BUILD ? [] : WRONG)(
    'the test sees connections escape where $name',
    { timeout: 180_000 },
    async ({ name, swaps, change }) => {
      let answers: Answers | undefined;
      for (let tries = 0; tries < 15 && (answers?.escaped ?? 0) === 0; tries += 1) {
        answers = await swap(REDIRECT_TO_TPROXY, swaps, (target, plan, args) => change(target, plan, { backend }, args));
        tell(backend, name, swaps, answers);
      }
      expect(answers?.escaped).toBeGreaterThan(0);
    },
  );
});

describeKernel('while two processes connect without pause, with native nftables', () => {
  it.each(NATIVE_SWAPS)('apply lets none escape: $name', { timeout: 180_000 }, async (swapped) => {
    const answers = await swap(swapped, EACH, (target, plan, args) => apply(target, plan, {}, args));
    tell('native', swapped.name, EACH, answers);
    const { captured, ...others } = answers;
    expect(others).toEqual({ escaped: 0, lost: {} });
    expect(captured).toBeGreaterThan(10 * EACH);
  });
});
