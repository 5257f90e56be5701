import { expect, it } from 'vitest';
import { printRoutingCommands } from '../../src/istio/plan/routing.ts';
import { printCommands, printRestore, printSave } from '../../src/netfilter/print.ts';
import type { GoldenPlan } from '../golden-plans.ts';
import { DISTINCT_PLANS, GOLDEN_PLANS } from '../golden-plans.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { normalSave } from './saves.ts';
import { played, rounds } from './trials.ts';

const BEGINS = '### a plan';

// A namespace that is emptied again and again takes half the time of one for each plan.
const NO_RULES = ['mangle', 'raw', 'filter', 'nat'].map((table) => `*${table}\nCOMMIT\n`).join('');
const EMPTY = {
  nft: 'nft flush ruleset\n',
  legacy: feed('iptables-legacy-restore', NO_RULES) + feed('ip6tables-legacy-restore', NO_RULES),
} as const;

interface Load {
  readonly empty: string;
  readonly script: string;
  readonly saves: readonly [ip: string, ip6: string];
}

/** The names and texts of the plans whose rules are not what came of them; two at once, as test machines have two processors. */
async function unlike(plans: readonly GoldenPlan[], load: (golden: GoldenPlan) => Load): Promise<readonly string[]> {
  const halves = await Promise.all(
    [0, 1].map((half) => {
      const mine = plans.filter((_, index) => index % 2 === half);
      return inNamespace(async ({ run }) => {
        const scripts = mine.map((golden) => {
          const { empty, script, saves } = load(golden);
          return `${empty}echo '${BEGINS}'\n${script}${saves[0]}\necho ip6:\n${saves[1]}\n`;
        });
        const { exitCode, stdout, stderr } = await run(`set -e\n${scripts.join('')}`);
        const all = stdout.split(`${BEGINS}\n`).slice(1);
        return mine.flatMap((golden, index): readonly string[] => {
          const [ip = '', ip6 = ''] = all[index]?.split('ip6:\n') ?? [];
          const saved = `${normalSave(ip, false)}ip6:\n${normalSave(ip6, false)}`;
          const wanted = `${printSave(golden.plan.ip)}ip6:\n${printSave(golden.plan.ip6)}`;
          // The first that fails ends them all.
          if (exitCode !== 0 && index >= all.length - 1)
            return index >= all.length ? [] : [`${golden.name}: exit code ${exitCode}: ${stderr}`];
          return saved === wanted ? [] : [`${golden.name}\nsaved:\n${saved}\nwanted:\n${wanted}`];
        });
      });
    }),
  );
  return halves.flat();
}

describeKernel('an empty namespace that was given', () => {
  it.each(['nft', 'legacy'] as const)(
    'the restore text of any golden outcome saves, on %s, what the plan says',
    { timeout: 240_000 },
    async (backend) => {
      const load = ({ plan }: GoldenPlan): Load => ({
        empty: EMPTY[backend],
        script: `${feed(`iptables-${backend}-restore --noflush`, printRestore(plan.ip))}${feed(`ip6tables-${backend}-restore --noflush`, printRestore(plan.ip6))}`,
        saves: [`iptables-${backend}-save`, `ip6tables-${backend}-save`],
      });
      expect(await unlike(played(DISTINCT_PLANS), load)).toEqual([]);
      expect(DISTINCT_PLANS.length).toBeGreaterThan(400);
    },
  );

  it('the commands of a golden outcome one by one saves what the plan says', { timeout: 120_000 }, async () => {
    const sample = played(
      DISTINCT_PLANS.filter((_, index) => index % 10 === 0),
      6,
    );
    const load = ({ plan }: GoldenPlan): Load => ({
      empty: EMPTY.nft + EMPTY.legacy,
      script: `${printCommands(plan.ip)}${printCommands(plan.ip6)}`,
      saves: ['iptables-save', 'ip6tables-save'],
    });
    expect(await unlike(sample, load)).toEqual([]);
    expect(sample.length).toBeGreaterThanOrEqual(rounds(40, 6));
  });

  const routings = new Map(GOLDEN_PLANS.map(({ plan }) => [printRoutingCommands(plan.routing).join('\n'), plan.routing]));
  it.each([...routings].filter(([commands]) => commands !== ''))(
    'the routing commands\n%s\nshows these rules, routes and addresses',
    async (commands, { rules, routes, addresses }) => {
      const tables = [...new Set(routes.map(({ table }) => table))];
      const listing = ['-4', '-6'].flatMap((family) => [
        `ip ${family} rule | grep fwmark || true`,
        ...tables.map((table) => `ip ${family} route show table ${table} 2>/dev/null || true`),
        `ip ${family} addr show dev lo | grep -v ' 127.0.0.1/8 \\| ::1/128 ' | sed 's/ tentative//' | grep inet || true`,
      ]);
      const { exitCode, stdout, stderr } = await inNamespace(({ run }) => run(`set -e\n${commands}\n${listing.join('\n')}\n`), '');
      const of = <V extends { readonly family: string }>(list: readonly V[], family: string): readonly V[] =>
        list.filter((item) => item.family === family);
      const wanted = (['ip', 'ip6'] as const).flatMap((family) => [
        ...of(rules, family).map(({ mark, table }) => `32765: from all fwmark 0x${mark.toString(16)} lookup ${table}`),
        ...of(routes, family).map(
          ({ device }) => `local default dev ${device} ${family === 'ip' ? 'scope host' : 'metric 1024 pref medium'}`,
        ),
        ...of(addresses, family).map(({ address }) => `inet6 ${address} scope global`),
      ]);
      expect(stderr).toBe('');
      expect(exitCode).toBe(0);
      expect(
        stdout
          .split('\n')
          .map((line) => line.trim().replaceAll('\t', ' '))
          .filter((line) => line !== ''),
      ).toEqual(wanted);
    },
  );
});
