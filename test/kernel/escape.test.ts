import { expect, it } from 'vitest';
import type { Effects } from '../../src/host/kernel/apply.ts';
import { applyPlan, clean } from '../../src/host/kernel/apply.ts';
import type { ApplyOptions } from '../../src/host/kernel/options.ts';
import type { Target } from '../../src/host/namespace/namespace.ts';
import type { Command } from '../../src/host/run.ts';
import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import type { Answers, Destinations } from './hammer.ts';
import { connectIn, listenIn } from './hammer.ts';
import type { Namespace } from './namespace.ts';
import { inPair } from './pod-and-client.ts';
import { unlockedIn } from './programs-in.ts';
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
const EACH = PLAYS_ALL ? 30 : process.env['TEST_PROGRAM'] === 'executable' ? 2 : 4;

/** Every way on one backend at least, and from REDIRECT to TPROXY on both. */
const WAYS: Readonly<Record<'nft' | 'legacy', readonly Swap[]>> = {
  nft: SWAPS.filter((swapped, index) => PLAYS_ALL || index % 2 === 0 || swapped === REDIRECT_TO_TPROXY),
  legacy: SWAPS.filter((swapped, index) => PLAYS_ALL || index % 2 === 1 || swapped === REDIRECT_TO_TPROXY),
};

type Change = (pod: Namespace, plan: CapturePlan, options: ApplyOptions, args: readonly string[]) => Promise<void>;

function targetOf({ name }: Namespace): Target {
  return { kind: 'netns', path: `/run/netns/${name}` };
}

/** Whether a build of its own is tested, which then makes each change; Node's code makes it within this process, several times as fast. */
const IS_OTHER_BUILD = process.env['TEST_PROGRAM'] !== undefined;

const apply: Change = async (pod, plan, options, args) => {
  if (IS_OTHER_BUILD) return byProgram(pod, options, args);
  expect(await applyPlan(targetOf(pod), plan, options, unlockedIn(pod))).toMatchObject({ outcome: 'applied', failures: [] });
};

async function byProgram(pod: Namespace, { backend }: ApplyOptions, args: readonly string[]): Promise<void> {
  const forced = backend === undefined || args.includes(NATIVE) ? [] : ['--force-iptables-binary', backend];
  const found = await run(pod, ['istio-iptables', ...args, ...forced]);
  expect(found).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('applied and verified') });
}

const WRONG: readonly { readonly name: string; readonly swaps: number; readonly change: Change }[] = [
  {
    name: 'all is removed before it is made again',
    swaps: 2,
    change: async (pod, plan, options) => {
      await clean(targetOf(pod), options, unlockedIn(pod));
      await applyPlan(targetOf(pod), plan, options, unlockedIn(pod));
    },
  },
  {
    name: 'the tables change in the opposite order',
    swaps: 4,
    change: async (pod, plan, options) => {
      await applyPlan(targetOf(pod), plan, options, backwards(pod));
    },
  },
];

/** This machine, with the tables of every restore in the opposite order. */
function backwards(pod: Namespace): Effects {
  const { programs, ...effects } = unlockedIn(pod);
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
  change: (pod: Namespace, plan: CapturePlan, args: readonly string[]) => Promise<void>,
): Promise<Answers> {
  const plans = between.map((args) => [planFromArguments(args), args] as const);
  const [one, other] = plans as [(typeof plans)[number], (typeof plans)[number]];
  return inPair(async (pair) => {
    await change(pair.pod, ...one);
    const silence = await listenIn(pair, to);
    let answers: Answers;
    try {
      const stop = await connectIn(pair, to);
      try {
        for (let done = 0; done < swaps; done += 1) await change(pair.pod, ...(done % 2 === 0 ? other : one));
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
      const answers = await swap(swapped, EACH, (pod, plan, args) => apply(pod, plan, { backend }, args));
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
        answers = await swap(REDIRECT_TO_TPROXY, swaps, (pod, plan, args) => change(pod, plan, { backend }, args));
        tell(backend, name, swaps, answers);
      }
      expect(answers?.escaped).toBeGreaterThan(0);
    },
  );
});

describeKernel('while two processes connect without pause, with native nftables', () => {
  it.each(process.env['TEST_PROGRAM'] === 'executable' ? played(NATIVE_SWAPS) : NATIVE_SWAPS)(
    'apply lets none escape: $name',
    { timeout: 180_000 },
    async (swapped) => {
      const answers = await swap(swapped, EACH, (pod, plan, args) => apply(pod, plan, {}, args));
      tell('native', swapped.name, EACH, answers);
      const { captured, ...others } = answers;
      expect(others).toEqual({ escaped: 0, lost: {} });
      expect(captured).toBeGreaterThan(10 * EACH);
    },
  );
});
