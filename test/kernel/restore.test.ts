import { expect, it } from 'vitest';
import { printRoutingCommands } from '../../src/istio/plan/routing.ts';
import { printCommands, printRestore, printSave } from '../../src/netfilter/print.ts';
import type { GoldenPlan } from '../golden-plans.ts';
import { DISTINCT_PLANS, GOLDEN_PLANS } from '../golden-plans.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';

/** The normal form of a save, made from its text alone so that nothing of ours takes part. */
function normalSave(save: string): string {
  const tables = new Map<string, string>();
  for (const [, name = '', body = ''] of save.replace(/^#.*\n/gm, '').matchAll(/^\*(\w+)\n([^]*?)^COMMIT\n/gm)) {
    if (!/^-A|^:\S+ - /m.test(body)) continue;
    const lines = body.replace(/ \[\d+:\d+\]$/gm, '').replace(/ -m comment --comment ("[^"]*"|\S+)/g, '');
    tables.set(name, `*${name}\n${lines}COMMIT\n`);
  }
  return ['mangle', 'raw', 'filter', 'nat'].map((name) => tables.get(name) ?? '').join('');
}

/** Runs `script` in a fresh namespace, then looks what is there; a failure of either is the answer. */
async function savedAfter(script: string, saves: readonly [ip: string, ip6: string]): Promise<string> {
  return inNamespace(async ({ run }) => {
    const { exitCode, stdout, stderr } = await run(`set -e\n${script}${saves[0]}\necho ip6:\n${saves[1]}\n`);
    const [ip = '', ip6 = ''] = stdout.split('ip6:\n');
    return exitCode === 0 ? `${normalSave(ip)}ip6:\n${normalSave(ip6)}` : `exit code ${exitCode}: ${stderr}`;
  });
}

/** The names and texts of the plans whose rules are not what came of them; two at once, as test machines have two processors. */
async function unlike(plans: readonly GoldenPlan[], load: (golden: GoldenPlan) => Promise<string>): Promise<readonly string[]> {
  const found: string[] = [];
  const waiting = plans.values();
  const work = async (): Promise<void> => {
    for (const golden of waiting) {
      const saved = await load(golden);
      const wanted = `${printSave(golden.plan.ip)}ip6:\n${printSave(golden.plan.ip6)}`;
      if (saved !== wanted) found.push(`${golden.name}\nsaved:\n${saved}\nwanted:\n${wanted}`);
    }
  };
  await Promise.all([work(), work()]);
  return found;
}

describeKernel('an empty namespace that was given', () => {
  it.each(['nft', 'legacy'])(
    'the restore text of any golden outcome saves, on %s, what the plan says',
    { timeout: 120_000 },
    async (backend) => {
      const load = ({ plan }: GoldenPlan): Promise<string> =>
        savedAfter(
          `${feed(`iptables-${backend}-restore --noflush`, printRestore(plan.ip))}${feed(`ip6tables-${backend}-restore --noflush`, printRestore(plan.ip6))}`,
          [`iptables-${backend}-save`, `ip6tables-${backend}-save`],
        );
      expect(await unlike(DISTINCT_PLANS, load)).toEqual([]);
      expect(DISTINCT_PLANS.length).toBeGreaterThan(400);
    },
  );

  it('the commands of a golden outcome one by one saves what the plan says, for one outcome in ten', { timeout: 60_000 }, async () => {
    const sample = DISTINCT_PLANS.filter((_, index) => index % 10 === 0);
    const load = ({ plan }: GoldenPlan): Promise<string> =>
      savedAfter(`${printCommands(plan.ip)}${printCommands(plan.ip6)}`, ['iptables-save', 'ip6tables-save']);
    expect(await unlike(sample, load)).toEqual([]);
    expect(sample.length).toBeGreaterThanOrEqual(40);
  });

  const routings = new Map(GOLDEN_PLANS.map(({ plan }) => [printRoutingCommands(plan.routing).join('\n'), plan.routing]));
  it.each([...routings].filter(([commands]) => commands !== ''))(
    'the routing commands\n%s\nshows these rules, routes and addresses',
    async (commands, { rules, routes, addresses }) => {
      const tables = [...new Set(routes.map(({ table }) => table))];
      const listing = ['-4', '-6'].flatMap((family) => [
        `ip ${family} rule | grep fwmark || true`,
        ...tables.map((table) => `ip ${family} route show table ${table} 2>/dev/null || true`),
        `ip ${family} addr show dev lo | grep -v ' 127.0.0.1/8 \\| ::1/128 ' | grep inet || true`,
      ]);
      const { exitCode, stdout, stderr } = await inNamespace(({ run }) => run(`set -e\n${commands}\n${listing.join('\n')}\n`));
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
