/** The program killed at random moments on its way between native settings, and between native nftables and iptables. */

import { expect, it } from 'vitest';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { printNft } from '../../src/netfilter/nft/print.ts';
import { printSave } from '../../src/netfilter/print.ts';
import { runAndKill, VICTIMS } from './killing.ts';
import type { Namespace } from './namespace.ts';
import { inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { normalSave } from './saves.ts';
import { rounds } from './trials.ts';

const POD = ['-p', '15001', '-z', '15006', '-u', '1337', '-i', '*', '-b', '*', '-d', '15090,15021,15020'];
const NATIVE = '--native-nftables';
const REDIRECT = [...POD, '-m', 'REDIRECT'];
const TPROXY = [...POD, '-m', 'TPROXY', '--redirect-dns', '--capture-all-dns', '--drop-invalid'];

/** What is there of ours, in both, and how often the policy rule stands there. */
interface Seen {
  readonly native: string;
  readonly ip: string;
  readonly routing: number;
}

async function look({ run }: Namespace): Promise<Seen> {
  const { stdout } = await run('nft -s list ruleset; echo "###"; iptables-nft-save; echo "###"; ip rule');
  const [nft = '', save = '', rules = ''] = stdout.split('###\n');
  const own = nft.split(/^(?=table )/m).filter((table) => table.startsWith('table inet istio-proxy-'));
  const inOrder = ['nat', 'mangle', 'raw'].flatMap((name) => own.filter((table) => table.includes(`istio-proxy-${name} `)));
  return {
    native: chainsOf(inOrder.join('').replaceAll('\t', '  ')),
    ip: normalSave(save),
    routing: rules.match(/fwmark 0x539 /g)?.length ?? 0,
  };
}

/** The order in which chains were made means nothing. */
function chainsOf(listing: string): string {
  return listing
    .split(/^(?=table )/m)
    .map((table) =>
      table
        .split(/^ {2}(?=chain )/m)
        .map((chain) => chain.replace(/[\s}]+$/, ''))
        .sort()
        .join('\n'),
    )
    .join('\n');
}

function wantedOf(args: readonly string[]): Omit<Seen, 'routing'> {
  const plan = planFromArguments(args);
  return { native: chainsOf(printNft(plan)), ip: plan.nft === undefined ? printSave(plan.ip) : '' };
}

const BETWEEN: readonly (readonly [name: string, one: readonly string[], other: readonly string[]])[] = [
  ['native REDIRECT, and TPROXY with DNS and drop-invalid', [...REDIRECT, NATIVE], [...TPROXY, NATIVE]],
  ['REDIRECT of iptables, and native TPROXY with DNS and drop-invalid', REDIRECT, [...TPROXY, NATIVE]],
];

describeKernel('the program killed at random moments', () => {
  it.concurrent.each(BETWEEN)(
    'leaves each transaction old or new, and the next run heals it: %s',
    { timeout: 240_000 },
    async (name, one, other) => {
      const settings = [one, other] as const;
      const wanted = settings.map(wantedOf) as [Omit<Seen, 'routing'>, Omit<Seen, 'routing'>];
      const kills = rounds(75);
      const tally = { old: 0, both: 0, new: 0 };
      await inNamespace(async (pod) => {
        const runToItsEnd = async (to: 0 | 1): Promise<number> => {
          const begin = performance.now();
          expect(await runAndKill(pod, settings[to], 'the program', 60_000)).toBe(0);
          const took = performance.now() - begin;
          expect(await look(pod)).toEqual({ ...wanted[to], routing: settings[to].includes('TPROXY') ? 1 : 0 });
          return took;
        };
        await runToItsEnd(1);
        const whole = await runToItsEnd(0);
        let aim = whole * 0.7;
        for (let round = 0; round < kills; round += 1) {
          const to = round % 2 === 0 ? 1 : 0;
          const victim = VICTIMS[round % VICTIMS.length] as (typeof VICTIMS)[number];
          // Every other kill is aimed at the moment of the change, which those before have told.
          const delay = round % 2 === 0 ? Math.random() * whole : aim + (Math.random() - 0.5) * whole * 0.3;
          await runAndKill(pod, settings[to], victim, delay);
          const seen = await look(pod);
          const what = `kill ${round}: ${victim} after ${delay.toFixed(1)} ms, on the way to ${settings[to].join(' ')}`;
          const [from, goal] = [wanted[to === 0 ? 1 : 0], wanted[to]];
          // What comes stands there before what goes: nothing of both at no time.
          const state =
            seen.native === from.native && seen.ip === from.ip
              ? 'old'
              : seen.native === goal.native && seen.ip === goal.ip
                ? 'new'
                : 'both';
          if (state === 'both') {
            expect([seen.native, seen.ip], what).toEqual([
              [from, goal].map(({ native }) => native).join(''),
              [from, goal].map(({ ip }) => ip).join(''),
            ]);
            expect(from.ip === '' || goal.ip === '', what).toBe(from.ip !== goal.ip);
          }
          const needed = seen.native.includes('tproxy ip to') ? 1 : 0;
          expect([needed, 1], what).toContain(seen.routing);
          tally[state] += 1;
          if (round % 2 === 1) aim = state === 'old' ? aim + whole / 20 : state === 'new' ? Math.max(aim - whole / 20, 10) : aim;
          await runToItsEnd(to);
        }
      });
      console.log(`note: ${name}: ${kills} kills, left old ${tally.old}, both ${tally.both}, new ${tally.new}`);
      expect(tally.old + tally.both + tally.new).toBe(kills);
    },
  );
});
