import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Identification } from '../../../src/istio/found/identify.ts';
import { describeAnswer, identify } from '../../../src/istio/found/identify.ts';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import type { CapturePlan } from '../../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { spansText } from '../../../src/istio/releases/spans-text.ts';
import type { SettingKey } from '../../../src/istio/settings/settings.ts';
import { printList } from '../../../src/netfilter/list/print-list.ts';
import { observeAll } from '../../../src/netfilter/observation.ts';
import { printRule, printSave } from '../../../src/netfilter/print.ts';
import { capture } from '../../golden.ts';
import { answerFor, identified, seenIn } from './identifying.ts';

const AMBIENT_TPROXY = readFileSync(new URL('../packets/ambient-tproxy.save', import.meta.url), 'utf8');

function planAt(release: string, sets: readonly string[] = [], facts: object = { nameservers: ['10.96.0.10'] }): CapturePlan {
  return planFromSettings({ sets, release: { value: release, source: { kind: 'option', option: '--release' } }, facts });
}

function saveAt(release: string, ...sets: readonly string[]): string {
  return printSave(planAt(release, sets).ip);
}

/** The settings that are not as in a default pod, as they were found. */
function nonDefaultIn({ answers: [answer] }: Identification): Readonly<Record<string, unknown>> {
  return Object.fromEntries((answer?.nonDefault.settings ?? []).map((key) => [key, answer?.plan.settings[key].value]));
}

function spansOf({ answers }: Identification): readonly string[] {
  return answers.map(({ releases }) => spansText(releases));
}

/** `nat ISTIO_OUTPUT missing: -j RETURN` for each difference of the likeliest answer. */
function differencesOf({ answers: [answer] }: Identification): readonly string[] {
  return (answer?.differences ?? []).map((one) => {
    const rules = [
      ...('left' in one && typeof one.left === 'object' ? [one.left] : []),
      ...('right' in one && typeof one.right === 'object' ? [one.right] : []),
    ];
    return `${one.table} ${one.chain} ${one.kind}: ${rules.map(({ rule }) => printRule(rule)).join(' => ')}`;
  });
}

const port = (number: number) => ({ first: number, last: number });

describe.each([
  { file: '2019-05-no-inbound.list.txt', releases: '1.0.0 to 1.2.10', unread: [] },
  { file: '2021-01-default.list.txt', releases: '1.7.0 to 1.12.9', unread: [] },
  { file: '2024-10-default.list.txt', releases: '1.18.0 to 1.24.6', unread: [] },
  { file: 'damaged-default.save.txt', releases: '1.7.0 to 1.12.9', unread: [5, 6, 7, 8, 9] },
])('the capture $file', ({ file, releases, unread }) => {
  const text = capture(file);
  const page = `# My pod does not start\n\nThis is what I see:\n\n\`\`\`\n${text}\`\`\`\n\nWhat do the **rules** mean? They are\n* nat\n* all of it\n`;

  it('is of the releases that are said to have made it, a default pod', () => {
    const found = identified(text);
    expect([found.outcome, spansOf(found)[0], nonDefaultIn(found)]).toEqual(['exact', releases, {}]);
  });

  it('is the same in a page', () => {
    const found = identified(page);
    expect([found.outcome, spansOf(found)[0], nonDefaultIn(found)]).toEqual(['exact', releases, {}]);
  });

  it('has the inbound ports that are said, and captures everything outbound', () => {
    const [answer] = identified(text).answers;
    const { settings } = answer?.plan ?? planAt('1.30');
    const wanted = releases.startsWith('1.0') ? [] : '*';
    expect([settings['inbound.includePorts'].value, settings['outbound.includeRanges'].value]).toEqual([wanted, '*']);
    if (wanted === '*') expect(settings['inbound.excludePorts'].value).toEqual([15090, 15021, 15020].map(port));
  });

  it('names the lines that could not be read as not seen', () => {
    const { unseen } = seenIn(text);
    expect(unseen.map(({ reason }) => reason.replace(/^[^:]*: /, ''))).toEqual(unread.length === 0 ? [] : [unread.join(', ')]);
  });
});

it('the default capture of 1.7 to 1.12 may also be of releases that exclude port 22 no more by themselves', () => {
  const found = identified(capture('2021-01-default.list.txt'));
  expect(spansOf(found)).toEqual(['1.7.0 to 1.12.9', '1.13.0 to 1.17.8']);
  expect(found.answers[1]?.plan.settings['inbound.excludePorts'].value).toEqual([22, 15090, 15021, 15020].map(port));
});

describe('rules that somebody has changed', () => {
  const sets = ['inbound.excludePorts=15090,15021,9100,15020', 'dns.capture=servers', 'outbound.excludeRanges=192.0.2.0/24'];
  const wanted = { 'inbound.excludePorts': [15090, 15021, 9100, 15020].map(port), 'dns.capture': 'servers' };
  const save = saveAt('1.20.0', ...sets);
  const call = '-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m tcp ! --dport 15008 -m owner --gid-owner 1337 -j ISTIO_IN_REDIRECT\n';
  const returns = '-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN\n';
  const zone = '-A OUTPUT -p udp -m udp --sport 15053 -m owner --gid-owner 1337 -j CT --zone 2\n';
  const mine = '-A ISTIO_OUTPUT -d 198.51.100.7/32 -j ACCEPT\n';

  it.each([
    ['a rule that is gone', save.replace(call, ''), ['nat ISTIO_OUTPUT missing']],
    ['another rule that is gone', save.replace(returns, ''), ['nat ISTIO_OUTPUT missing']],
    ['a loose rule that is gone', save.replace(zone, ''), ['raw OUTPUT missing']],
    ['a rule too many', save.replace(returns, `${mine}${returns}`), ['nat ISTIO_OUTPUT extra']],
    ['a rule that stands twice', save.replace(returns, `${returns}${returns}`), ['nat ISTIO_OUTPUT extra']],
    ['a user that was changed', save.replace(returns, returns.replace('1337', '1338')), ['nat ISTIO_OUTPUT changed']],
    ['a port that was changed', save.replace(zone, zone.replace('15053', '15054')), ['raw OUTPUT changed']],
    [
      'a rule that was moved',
      save.replace(call, '').replace('-A ISTIO_OUTPUT -d 127', `${call}-A ISTIO_OUTPUT -d 127`),
      ['nat ISTIO_OUTPUT moved'],
    ],
    ['two rules that are gone', save.replace(call, '').replace(zone, ''), ['raw OUTPUT missing', 'nat ISTIO_OUTPUT missing']],
  ])('are told by %s, and their settings by the others', (_, text, differences) => {
    expect(text).not.toBe(save);
    const found = identified(text);
    expect([found.outcome, spansOf(found)]).toEqual(['nearest', ['1.20.0 to 1.22.8']]);
    expect(differencesOf(found).map((one) => one.replace(/:.*$/, ''))).toEqual(differences);
    expect(nonDefaultIn(found)).toMatchObject(wanted);
  });

  it.each(['tcp', 'udp'])('tell their nameservers by the other protocol where a rule of %s is gone', (protocol) => {
    const facts = { nameservers: ['10.96.0.10', '10.96.0.11'] };
    const { ip } = planAt('1.28.0', ['dns.capture=servers'], facts);
    const gone = `-A ISTIO_OUTPUT_DNS -d 10.96.0.11/32 -p ${protocol} -m ${protocol} --dport 53 -j REDIRECT --to-ports 15053\n`;
    expect(printSave(ip)).toContain(gone);
    const found = identified(printSave(ip).replace(gone, ''));
    expect([found.answers[0]?.facts, found.answers[0]?.differences.length]).toEqual([facts, 1]);
  });

  it('have the ordinary settings where those are as near as nonDefault ones', () => {
    const found = identified(
      saveAt('1.30.3').replace('-A ISTIO_OUTPUT -s', '-A ISTIO_OUTPUT -d 198.51.100.0/24 -j RETURN\n-A ISTIO_OUTPUT -s'),
    );
    expect([found.outcome, nonDefaultIn(found), differencesOf(found)]).toEqual([
      'nearest',
      {},
      ['nat ISTIO_OUTPUT extra: -d 198.51.100.0/24 -j RETURN'],
    ]);
  });

  it('are told by a rule that is gone rather than by one that became another', () => {
    const found = identified(
      saveAt('1.18.0', 'outbound.ownerGroups=2001,2002').replace('-A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN\n', ''),
    );
    expect(nonDefaultIn(found)).toEqual({ 'outbound.ownerGroups': [port(2001), port(2002)] });
    expect(differencesOf(found)).toEqual(['nat ISTIO_OUTPUT missing: -m owner --gid-owner 1337 -j RETURN']);
  });

  it('are those of other settings where a change is just what these would be', () => {
    const found = identified(saveAt('1.30.3').replace('--to-ports 15001', '--to-ports 15009'));
    expect([found.outcome, nonDefaultIn(found)]).toEqual(['exact', { 'proxy.port': 15009 }]);
  });

  it('come nearest to the release whose kind of rules they are, whatever the drift of one family', () => {
    const plan = planAt('1.15.0', ['mode=TPROXY'], { addresses: ['2001:db8::7'] });
    const ip6 = printSave(plan.ip6).replace('-A ISTIO_DIVERT -j ACCEPT\n', '').replace('--on-port 15006', '--on-port 15007');
    const found = identified(`$ iptables-save\n${printSave(plan.ip)}$ ip6tables-save\n${ip6}`);
    expect(answerFor(found, '1.15.0').plan.settings['proxy.inboundPort'].value).toBe(15006);
    expect(differencesOf(found)).toHaveLength(2);
  });
});

describe('rules of others beside ours', () => {
  const save = saveAt('1.24.2', 'dns.capture=servers');

  it('are set aside and counted by program', () => {
    const text = save
      .replace('*nat\n', '*nat\n:KUBE-SERVICES - [0:0]\n:CNI-HOSTPORT-DNAT - [0:0]\n')
      .replace(
        /COMMIT\n$/,
        '-A PREROUTING -j KUBE-SERVICES\n-A KUBE-SERVICES -d 10.96.0.1/32 -j RETURN\n-A OUTPUT -j CNI-HOSTPORT-DNAT\nCOMMIT\n',
      );
    const found = identified(text);
    expect([found.outcome, spansOf(found)]).toEqual(['exact', spansOf(identified(save))]);
    expect(found.setAside.programs.map(({ program, rules, chains }) => [program, rules, chains])).toEqual([
      ['kube-proxy and kubelet', 2, 1],
      ['CNI plugins', 1, 1],
    ]);
  });

  it('are set aside where nobody is known to make them', () => {
    const text = save
      .replace('*nat\n', '*nat\n:MINE - [0:0]\n')
      .replace(/COMMIT\n$/, '-A POSTROUTING -j MINE\n-A MINE -s 10.0.0.0/8 -j MASQUERADE\nCOMMIT\n');
    const found = identified(text);
    expect([found.outcome, spansOf(found)]).toEqual(['exact', spansOf(identified(save))]);
    expect(found.setAside.others).toEqual([
      { family: 'ip', table: 'nat', rules: 2, first: ['-A POSTROUTING -j MINE', '-A MINE -s 10.0.0.0/8 -j MASQUERADE'] },
    ]);
  });

  it('do not hide a drift of loose rules, of which ownership alone would claim none', () => {
    const old = saveAt('1.20.0', 'dns.capture=servers').replace(/COMMIT\n$/, '-A POSTROUTING -s 10.0.0.0/8 -j MASQUERADE\nCOMMIT\n');
    const gone = '-A OUTPUT -p udp -m udp --dport 53 -m owner --gid-owner 1337 -j RETURN\n';
    expect(old).toContain(gone);
    const found = identified(old.replace(gone, ''));
    expect(differencesOf(found)).toEqual([`nat OUTPUT missing: ${gone.slice('-A OUTPUT '.length).trimEnd()}`]);
  });

  it('take no longer by the number of them than they take to be read', () => {
    const many = (count: number) =>
      seenIn(
        save
          .replace('*nat\n', '*nat\n:KUBE-A - [0:0]\n')
          .replace(/COMMIT\n$/, `${'-A KUBE-A -d 10.1.2.3/32 -p tcp -m tcp --dport 80 -j RETURN\n'.repeat(count)}COMMIT\n`),
      );
    const cost = (seen: ReturnType<typeof many>): number => {
      const start = process.cpuUsage();
      expect(identify(seen).outcome).toBe('exact');
      const { user, system } = process.cpuUsage(start);
      return user + system;
    };
    const [few, lots] = [many(500), many(50_000)];
    cost(few);
    expect(cost(lots)).toBeLessThan(20 * cost(few) + 200_000);
  });
});

describe('what is no sidecar', () => {
  it.each([
    ['an empty observation', observeAll({ ip: { family: 'ip', tables: [] }, ip6: { family: 'ip6', tables: [] } })],
    ['the plan of mode NONE', observeAll(planAt('1.30.3', ['mode=NONE']))],
    ["a user's firewall", seenIn('*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n')],
    ["a user's redirect", seenIn('*nat\n-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080\nCOMMIT\n')],
    ["a user's drop of invalid packets", seenIn('*mangle\n-A PREROUTING -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n')],
    ["a user's return for an interface", seenIn('*nat\n-A PREROUTING -i eth1 -j RETURN\nCOMMIT\n')],
  ])('is not taken for one: %s', (_, seen) => {
    expect(identify(seen)).toMatchObject({ outcome: 'none', answers: [], ambient: [] });
  });

  it('is told as ambient mode by its chains', () => {
    const text = '*mangle\n:ISTIO_PRERT - [0:0]\n:ISTIO_OUTPUT - [0:0]\n-A PREROUTING -j ISTIO_PRERT\n-A OUTPUT -j ISTIO_OUTPUT\nCOMMIT\n';
    const { outcome, ambient } = identified(text);
    expect([outcome, ambient.map(({ table, chain }) => `${table} ${chain}`)]).toEqual([
      'none',
      ['mangle ISTIO_PRERT', 'mangle ISTIO_OUTPUT'],
    ]);
  });

  it('is told as ambient mode also by the chain of nat whose name a sidecar has as well, as in 1.21 to 1.23', () => {
    const { outcome, answers, ambient } = identified(AMBIENT_TPROXY);
    expect({ outcome, answers, chains: ambient.map(({ table, chain }) => `${table} ${chain}`) }).toEqual({
      outcome: 'none',
      answers: [],
      chains: ['mangle ISTIO_OUTPUT', 'mangle ISTIO_PRERT', 'nat ISTIO_OUTPUT'],
    });
  });

  it('may be there beside one', () => {
    const text = saveAt('1.25.0').replace('*nat\n', '*mangle\n:ISTIO_PRERT - [0:0]\n-A PREROUTING -j ISTIO_PRERT\nCOMMIT\n*nat\n');
    const found = identified(text);
    expect([found.outcome, spansOf(found), found.ambient.length]).toEqual(['exact', ['1.25.0 to 1.30.3'], 1]);
  });

  it('is a flood of rules in chains of that name', () => {
    const flood = '-A ISTIO_OUTPUT -p tcp -m tcp --dport 80 -j ACCEPT\n'.repeat(6000);
    expect(identified(saveAt('1.25.0').replace(/COMMIT\n$/, `${flood}COMMIT\n`))).toMatchObject({ outcome: 'none', oversized: true });
  });
});

describe('what the rules do not tell', () => {
  const untold = (text: string): Readonly<Record<string, string>> => {
    const found = identified(text);
    const answer = found.answers[0];
    if (answer === undefined) throw new Error('nothing was found');
    return Object.fromEntries(
      describeAnswer(found, answer).untraced.map((one) => [
        one.key,
        one.why === 'not-seen' ? `${one.why} ${one.tables.map(({ table }) => table).join()}` : one.why,
      ]),
    );
  };
  const list = (release: string, table: string, ...sets: readonly string[]): string => {
    const { ip } = planAt(release, sets);
    return printList({ ...ip, tables: ip.tables.filter(({ name }) => name === table) });
  };

  it('is what stands in a table that is not shown', () => {
    expect(untold(list('1.20', 'nat'))).toMatchObject({ dropInvalid: 'not-seen mangle' });
    expect(untold(saveAt('1.20'))).not.toHaveProperty('dropInvalid');
  });

  it('is what counts only beside another value', () => {
    expect(untold(saveAt('1.20', 'inbound.includePorts=80'))).toMatchObject({
      'inbound.excludePorts': 'no-rule',
      'tproxy.mark': 'no-rule',
    });
    expect(untold(saveAt('1.20', 'mode=TPROXY'))).not.toHaveProperty('tproxy.mark');
  });

  it('is what the releases do not have', () => {
    expect(untold(saveAt('1.6.3'))).toMatchObject({ 'proxy.tunnelPort': 'not-known', 'outbound.ownerGroups': 'not-known' });
  });

  it('is whether TPROXY captures in mangle what nat does not', () => {
    expect(untold(list('1.20', 'nat', 'inbound.includePorts='))).toMatchObject({
      mode: 'not-seen mangle',
      'inbound.includePorts': 'not-seen mangle',
    });
  });

  it('is the names of interfaces in a listing without them, of which it tells the number', () => {
    const plan = planAt('1.20', ['interfaces.exclude=eth7', 'interfaces.reroute=net1,net2']);
    const bare = printSave(plan.ip).replace(/ (?:! )?-[io] \S+/g, '');
    expect(bare).not.toContain('net1');
    const rows = printList(plan.ip)
      .split('\n')
      .map((line) =>
        /^ *\d/.test(line) ? line.replace(/^ *\d+ +\d+ (\S* +\S+ +\S+) +\S+ +\S+ /, '$1 ') : line.replace(/^ pkts bytes |in +out +/g, ''),
      );
    const found = identified(rows.join('\n'));
    expect(found.outcome).toBe('exact');
    expect(nonDefaultIn(found)).toEqual({
      'interfaces.exclude': ['excluded1'],
      'interfaces.reroute': [expect.any(String), expect.any(String)],
    });
    // Beside rules of a known program as well, though ownership claims no rule whose interfaces are hidden.
    const kube = `${rows.join('\n')}\nChain KUBE-SERVICES (0 references)\ntarget prot opt source destination\nRETURN all -- 0.0.0.0/0 0.0.0.0/0\n`;
    expect(nonDefaultIn(identified(kube))).toEqual(nonDefaultIn(found));
    expect(untold(rows.join('\n'))).toMatchObject({ 'interfaces.exclude': 'hidden', 'interfaces.reroute': 'hidden' } satisfies Partial<
      Record<SettingKey, string>
    >);
  });
});

describe('what only the environment of old releases asks for', () => {
  const ask = (release: string, env: Record<string, string>, ...args: readonly string[]) =>
    identify(observeAll(planFromArguments(['-u', '1337', '-b', '*', '-i', '*', ...args], { release, env, nameservers: ['10.96.0.10'] })));

  it.each([
    ['1.3.0', 'redirectsOwnCalls', { DISABLE_REDIRECTION_ON_LOCAL_LOOPBACK: 'true' }, []],
    ['1.7.0', 'dnsPort', { ISTIO_META_DNS_CAPTURE: 'true' }, []],
    ['1.10.4', 'dnsZones', { ISTIO_META_DNS_CONNTRACK_ZONE: 'true' }, ['--redirect-dns']],
  ] as const)('is found at %s, left out of YAML with a word, and among the arguments: %s', (release, name, env, args) => {
    const found = ask(release, env, ...args);
    const answer = answerFor(found, release);
    expect(answer.nonDefault.switches).toEqual([name]);
    const { sidecar, commands } = describeAnswer(found, answer);
    expect(sidecar.notInYaml.map((one) => one.name)).toEqual([name]);
    expect(sidecar.notInYaml[0]?.reason).toMatch(/^only [A-Z_]+ sets it$/);
    const command = commands.find(({ releases }) => releases.includes(release));
    expect(command).toMatchObject({ env, args: expect.arrayContaining([...args]) });
  });

  it('is logging, by a flag of these releases', () => {
    const found = ask('1.20.3', {}, '--iptables-trace-logging');
    expect(answerFor(found, '1.20.3').nonDefault.switches).toEqual(['traceLogging']);
    expect(spansOf(found)).toEqual(['1.18.0 to 1.24.6']);
  });
});

it('settings that no arguments ask for are answers all the same, with the reason', () => {
  const found = identify(observeAll(planAt('1.30.3', ['proxy.uids=', 'proxy.gids='])));
  expect(found.outcome).toBe('exact');
  const { commands } = describeAnswer(found, answerFor(found, '1.30.3'));
  expect(commands.map((command) => ('reason' in command ? command.reason : 'asked for'))).toEqual(['no flag or variable sets it']);
});

it('what YAML can not say is left out of it, and named', () => {
  const plan = planFromArguments(['-u', '1337', '-b', '*', '-d', '0:1023,http'], { release: '1.30.3' });
  const found = identify(observeAll(plan));
  const { sidecar } = describeAnswer(found, answerFor(found, '1.30.3'));
  expect(sidecar.notInYaml.map(({ name }) => name)).toEqual(['inbound.excludePorts']);
  expect(sidecar.document['inbound']).toBeUndefined();
});
