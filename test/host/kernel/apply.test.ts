import { expect, it } from 'vitest';
import type { Effects } from '../../../src/host/kernel/apply.ts';
import { applyPlan, clean } from '../../../src/host/kernel/apply.ts';
import { missingRules } from '../../../src/host/kernel/missing-rules.ts';
import type { Ran } from '../../../src/host/run.ts';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { FAMILIES } from '../../../src/netfilter/family.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import { DISTINCT_PLANS } from '../../golden-plans.ts';
import { PLAYS_ALL } from '../../trials.ts';

/** What each program answers, by the words of its command that follow nsenter's. */
type Answers = (program: string, stdin: string) => Partial<Ran> | undefined;

const FILES = ['ip_tables_names', 'ip6_tables_names', 'if_inet6', 'fib_trie', 'ipv6_route'];
const LOOPBACK = '  |-- 127.0.0.1\n     /32 host LOCAL\n';

/** Programs that are only imagined, for what no test machine has: a kernel without IPv6, one without any netfilter. */
function imagined(files: Readonly<Record<string, string>>, answers: Answers): Effects & { readonly commands: readonly string[] } {
  const commands: string[] = [];
  const tail = FILES.flatMap((file) => (file in files ? [`==> /proc/net/${file} <==\n${files[file]}`] : [])).join('\n');
  return {
    commands,
    lock: async () => ({ release: () => undefined }),
    programs: {
      started: () => commands.length,
      start: () => ({ spoke: Promise.resolve(true), stop: () => undefined, pid: undefined, ended: Promise.resolve('') }),
      run: async ({ argv, stdin = '' }) => {
        const program = argv.slice(2).join(' ');
        if (program.startsWith('tail '))
          return { argv, exitCode: 0, signal: null, stdout: tail, stderr: '', timedOut: false, notFound: false };
        commands.push(program);
        return { argv, exitCode: 0, signal: null, stdout: '', stderr: '', timedOut: false, notFound: false, ...answers(program, stdin) };
      },
    },
  };
}

// This process's own namespace, but named: so that all that is read of it is imagined.
const NAMED = { kind: 'netns', path: '/proc/self/ns/net' } as const;
const PLAIN = { fib_trie: `Main:\n${LOOPBACK}Local:\n${LOOPBACK}`, ip_tables_names: '' };
/** A kernel whose saves are these, of which nft has nothing to add. */
const saving = (save: string, save6: string): Effects =>
  imagined({ ...PLAIN, if_inet6: 'fd000000000000000000000000000002 02 40 00 80 eth0\n' }, (program) => {
    if (program === 'iptables-nft-save') return { stdout: save };
    if (program === 'ip6tables-nft-save') return { stdout: save6 };
    return program.startsWith('nft') ? { exitCode: null, notFound: true } : {};
  });

const ARGS = ['-p', '15001', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-b', '*'];

it('IPv6 that is wanted on a kernel without it is a failure before anything is changed', async () => {
  const effects = imagined(PLAIN, () => ({}));
  const result = await applyPlan(NAMED, planFromArguments(ARGS, { addresses: ['fd00::2'] }), {}, effects);
  expect(result).toMatchObject({ outcome: 'failed', state: 'as before', tried: [], failures: [{ cause: 'no-ip6', family: 'ip6' }] });
  expect(effects.commands.filter((command) => command.includes('restore') || command.startsWith('ip6'))).toEqual([]);
});

it('a kernel without IPv6 is not asked about it where IPv4 is all that is wanted', async () => {
  let restored = '';
  const effects = imagined(PLAIN, (program, stdin) => {
    if (program.startsWith('iptables-nft-restore')) restored = stdin;
    if (program === 'iptables-nft-save')
      return {
        stdout: restored.replace(
          '*nat\n',
          '*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n',
        ),
      };
    return program.startsWith('nft') ? { exitCode: null, notFound: true } : {};
  });
  const result = await applyPlan(NAMED, planFromArguments(ARGS), {}, effects);
  expect(result).toMatchObject({ outcome: 'applied', state: 'as wanted', failures: [] });
  expect(effects.commands).toEqual(['nft -j list ruleset', 'iptables-nft-save', 'iptables-nft-restore --noflush', 'iptables-nft-save']);
});

it('rules that only reject IPv6 are left out on a kernel without it, with a warning', async () => {
  const plan = planFromArguments(ARGS, { release: '1.2' });
  expect(plan.ip6.tables.map(({ name }) => name)).toEqual(['filter']);
  const result = await applyPlan(
    NAMED,
    plan,
    { dryRun: true },
    imagined(PLAIN, () => ({})),
  );
  expect(result).toMatchObject({ outcome: 'planned', warnings: ['this kernel has no IPv6, so there is none to reject'] });
  expect(result.steps.map(({ family }) => family)).toEqual(['ip']);
});

it('on a kernel without nf_tables legacy is taken', async () => {
  const said = 'iptables-nft-save v1.8.9 (nf_tables): Could not fetch rule set generation id: Protocol not supported\n';
  const effects = imagined(PLAIN, (program) => (program.includes('nft') ? { exitCode: 4, stderr: said } : {}));
  const result = await applyPlan(NAMED, planFromArguments(ARGS), { dryRun: true }, effects);
  expect(result).toMatchObject({ outcome: 'planned', backend: 'legacy' });
  expect(result.reasons[0]).toMatch(/^nft does not work: the kernel lacks/);
});

it('clean where nothing can be read says so and claims nothing', async () => {
  const effects = imagined(PLAIN, () => ({ exitCode: null, notFound: true }));
  expect(await clean(NAMED, {}, effects)).toMatchObject({
    outcome: 'failed',
    state: 'as before',
    failures: [{ cause: 'program-missing' }],
  });
});

/** The line of each rule of a save, with where it stands. */
function rulesOf(save: string): readonly { readonly at: number; readonly line: string; readonly place: string }[] {
  let table = '';
  return save.split('\n').flatMap((line, at) => {
    if (line.startsWith('*')) table = line.slice(1);
    return line.startsWith('-A ') ? [{ at, line, place: `${table} ${line.split(' ')[1]}` }] : [];
  });
}

it('each rule of each chain of the golden sets, made unreadable, is never taken for there, nor for missing', async () => {
  const tried = { ip: 0, ip6: 0 };
  const known = new Set<string>();
  // All 1990 of them take a minute: `npm run trials` has them, and other runs every fortieth, of both families.
  const step = PLAYS_ALL ? 1 : 40;
  for (const { name, plan: routed } of DISTINCT_PLANS) {
    const plan = { ...routed, routing: { rules: [], routes: [], addresses: [] } };
    const saves = { ip: printSave(plan.ip), ip6: printSave(plan.ip6) };
    for (const family of FAMILIES) {
      const rules = rulesOf(saves[family]);
      for (const { at, line, place } of rules) {
        // Of a chain that many sets have, each rule is tried once.
        const chain = rules.filter((one) => one.place === place);
        const key = `${family} ${place} ${line} ${chain.map((one) => one.line).join('\n')}`;
        if (known.has(key)) continue;
        known.add(key);
        if (known.size % step !== 0) continue;
        const damaged = saves[family]
          .split('\n')
          .with(at, line.replace(/ -[jg] .*/, ' -j'))
          .join('\n');
        const effects = family === 'ip' ? saving(damaged, saves.ip6) : saving(saves.ip, damaged);
        const where = `${name}, ${family}: ${line}`;
        tried[family] += 1;
        const { outcome, steps, unseen } = await applyPlan(NAMED, plan, { dryRun: true }, effects);
        expect(outcome, where).toBe('planned');
        expect(unseen, where).toMatchObject([{ family }]);
        // A chain of our own is written anew, whole.
        const [, own = ''] = place.split(' ');
        if (own.startsWith('ISTIO_')) expect(steps.map(({ text }) => text).join(''), where).toContain(own);
        expect
          .soft(await missingRules(plan, NAMED, effects), where)
          .toEqual([expect.stringMatching(/^not read, so that the rules of the plan may be there or not: IPv[46] /)]);
      }
    }
  }
  expect(known.size).toBeGreaterThan(1900);
  expect(tried.ip).toBeGreaterThan(30);
  expect(tried.ip6).toBeGreaterThan(5);
}, 180_000);

it('each golden set, as it stands, is there', async () => {
  for (const { name, plan } of DISTINCT_PLANS.filter(({ plan: { routing } }) => routing.rules.length + routing.addresses.length === 0)) {
    const result = await applyPlan(NAMED, plan, {}, saving(printSave(plan.ip), printSave(plan.ip6)));
    expect(result, name).toMatchObject({ outcome: 'unchanged', warnings: [] });
  }
});

it('a rule of somebody else that can not be read, in a chain of the kernel, is named after the work', async () => {
  const save = printSave(planFromArguments(ARGS).ip).replace('-A OUTPUT', '-A OUTPUT -p tcp --dport 99999 -j ACCEPT\n-A OUTPUT');
  const result = await applyPlan(NAMED, planFromArguments(ARGS), {}, saving(save, ''));
  expect(result.warnings.at(-1)).toMatch(/^IPv4 nat(?: OUTPUT)?: .*: whether packets reach the rules of Istio there is not known$/);
});

it.each([
  { kind: 'netns', path: '/no/such/namespace' },
  { kind: 'netns', path: '/etc/passwd' },
  { kind: 'pid', pid: 2 ** 30 },
] as const)('a target that is no namespace is a failure in words: $path $pid', async (target) => {
  const result = await applyPlan(
    target,
    planFromArguments(ARGS),
    {},
    imagined(PLAIN, () => ({})),
  );
  expect(result).toMatchObject({ outcome: 'failed', state: 'as before', failures: [{ cause: 'namespace' }], processes: 0 });
});

it('what fails before anything was changed leaves the state as it was; after that nobody knows', async () => {
  const effects = imagined(PLAIN, () => ({}));
  const noLock = { ...effects, lock: () => Promise.reject(new Error('no lock')) };
  expect(await applyPlan(NAMED, planFromArguments(ARGS), {}, noLock)).toMatchObject({ outcome: 'failed', state: 'as before' });
  const restoring: Effects = {
    ...effects,
    programs: {
      ...effects.programs,
      run: (command) =>
        command.argv.some((word) => word.includes('restore')) ? Promise.reject(new Error('lost')) : effects.programs.run(command),
    },
  };
  expect(await applyPlan(NAMED, planFromArguments(ARGS), {}, restoring)).toMatchObject({ outcome: 'failed', state: 'mixed' });
});
