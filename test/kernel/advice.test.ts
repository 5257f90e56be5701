/** Every command that a finding prints is run where the finding is: it works, the finding is gone, and what others made stays. */

import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import type { FindingCode } from '../../src/istio/advice/findings/kinds.ts';
import { FINDINGS } from '../../src/istio/advice/findings/kinds.ts';
import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import { printList } from '../../src/netfilter/list/print-list.ts';
import { printRestore, printSave } from '../../src/netfilter/print.ts';
import { BIN, run, SHELL_BIN, scratchFolder } from '../cli/program.ts';
import type { Namespace } from './namespace.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';

const RELEASE = { value: '1.23', source: { kind: 'option', option: '--release' } } as const;
const PLAIN = planFromSettings({ release: RELEASE });
const TPROXY = planFromSettings({ release: RELEASE, sets: ['mode=TPROXY'] });
const BOTH = planFromSettings({ release: RELEASE, facts: { addresses: ['fd00::5'] } });

const made = ({ ip, ip6 }: CapturePlan, backend = 'nft'): string =>
  feed(`iptables-${backend}-restore --noflush`, printRestore(ip)) +
  (ip6.tables.length === 0 ? '' : feed(`ip6tables-${backend}-restore --noflush`, printRestore(ip6)));
const native =
  "nft 'add table inet istio-proxy-nat; add chain inet istio-proxy-nat istio-output; add rule inet istio-proxy-nat istio-output accept'\n";
const deliver = 'ip rule add fwmark 1337 lookup 133; ip route add local default dev lo table 133\n';

/** What others made: no command touches it. */
const OTHERS = `iptables -t nat -N FIREWALL; iptables -t nat -A PREROUTING -m comment --comment "mine's; all" -j FIREWALL
iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE; iptables -A FORWARD -i docker0 -j ACCEPT\n`;

/** How each finding comes about whose fix is a command, and whether that command is only a look. */
const STATES: Partial<Readonly<Record<FindingCode, { readonly script: string }>>> = {
  'both-backends': { script: made(PLAIN) + made(PLAIN, 'legacy') },
  'native-and-iptables': { script: made(PLAIN) + native },
  'unreached-chain': { script: `${made(PLAIN)}iptables -t nat -F PREROUTING\n` },
  'left-over-chain': { script: `${made(PLAIN)}iptables -t mangle -N ISTIO_DIVERT; iptables -t mangle -A ISTIO_DIVERT -j ACCEPT\n` },
  'duplicate-jump': { script: `${made(PLAIN)}iptables -t nat -A OUTPUT -p tcp -j ISTIO_OUTPUT\n` },
  'made-twice': { script: `${made(PLAIN)}for c in 1 2; do iptables -t nat -A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001; done\n` },
  'looks-like-ours': {
    script: `${made(PLAIN)}iptables -t nat -A OUTPUT -d 10.0.0.10/32 -p udp -m udp --dport 53 -j REDIRECT --to-ports 15053\n`,
  },
  flushed: { script: `${made(PLAIN)}iptables -t nat -F\n` },
  guardrail: { script: `${made(PLAIN)}for c in INPUT FORWARD OUTPUT; do for p in udp tcp; do iptables -I $c -p $p -j DROP; done; done\n` },
  'routing-missing': { script: made(TPROXY) },
  'routing-left': { script: made(PLAIN) + deliver },
  'routing-doubled': { script: `${made(TPROXY)}${deliver}ip rule add fwmark 1337 lookup 133\n` },
  'passthrough-missing': {
    script: `ip link add e0 type veth peer name e1; ip link set e0 up; ip link set e1 up; ip addr add fd00::5/64 dev e0 nodad\n${made(BOTH)}`,
  },
  'passthrough-left': { script: `${made(PLAIN)}ip addr add ::6/128 dev lo\n` },
};

interface Found {
  readonly findings: readonly { readonly code: FindingCode; readonly fix: string }[];
  /** Commands to run next. */
  readonly again: readonly { readonly command: string }[];
}

async function checkedSource(source: string): Promise<Found> {
  const { stdout } = await run(['check', source, '--output', 'json']);
  return JSON.parse(stdout) as Found;
}

const checked = ({ name }: Namespace): Promise<Found> => checkedSource(`netns:/run/netns/${name}`);

const findings = async (namespace: Namespace): Promise<Found['findings']> => (await checked(namespace)).findings;

/** As somebody has it who copied it: a shell reads it. */
const copied = (command: string, bin = SHELL_BIN) =>
  execa('sh', ['-ec', command], { all: true, stdin: 'ignore', reject: false, env: { PATH: `${bin}:${process.env['PATH']}` } });

/** Hands the number of a process in a namespace to `use`. */
async function byProcess(namespace: Namespace, use: (pid: number) => Promise<void>): Promise<void> {
  const child = execa('ip', ['netns', 'exec', namespace.name, 'sh', '-c', 'echo there; exec sleep 600'], { reject: false });
  try {
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await use(child.pid ?? 0);
  } finally {
    child.kill();
    await child;
  }
}

/** The commands in a fix: of this program with their options, or what follows the words that say what it does. */
function commandsIn(fix: string): readonly string[] {
  const own = fix.match(/istio-init [a-z]+(?: --[a-z-]+ (?!with )\S+| --here)*/g) ?? [];
  return own.length > 0 ? own : [fix.replace(/^[^:/]*: /, '')];
}

const others = async (namespace: Namespace): Promise<string> => {
  const { stdout } = await namespace.run('iptables-nft-save');
  return stdout
    .split('\n')
    .filter((line) => /FIREWALL|docker0/.test(line))
    .join('\n');
};

describeKernel('a command in a finding', () => {
  const withCommand = (Object.keys(FINDINGS) as FindingCode[]).filter((code) => /\{command\}|istio-init [a-z]/.test(FINDINGS[code].fix));

  it('is in this table, whichever finding it is of', () => {
    const told = Object.keys(STATES).sort();
    // Its nameservers are asked of a process: the file of a namespace has none.
    expect([...told, 'other-nameservers'].sort()).toEqual([...withCommand].sort());
  });

  it.each(Object.entries(STATES))(
    'of %s works where the finding is, and ends it, and so does each other that is named',
    async (code, { script }) => {
      for (let at = 0, count = 1; at < count; at += 1) {
        await inNamespace(async (namespace) => {
          await namespace.run(script + OTHERS);
          const before = await others(namespace);
          const finding = (await findings(namespace)).find((one) => one.code === code);
          expect(finding?.fix).toEqual(expect.any(String));
          const commands = commandsIn(finding?.fix ?? '');
          count = commands.length;
          const command = commands[at] ?? '';
          expect(command).not.toMatch(/[{}]|undefined|^$/);
          const { all, exitCode } = await copied(command);
          expect(exitCode, `${command}: ${all}`).toBe(0);
          expect(all, command).not.toContain('error');
          const left = (await findings(namespace)).filter((one) => one.code === code && one.fix === finding?.fix);
          expect(left.map(({ fix }) => fix)).toEqual([]);
          expect(await others(namespace)).toBe(before);
        });
      }
    },
  );

  it.each(Object.entries(STATES))('of %s works by the number of a process as well', async (code, { script }) => {
    await inNamespace(async (namespace) => {
      await namespace.run(script + OTHERS);
      await byProcess(namespace, async (pid) => {
        const before = await others(namespace);
        const finding = (await checkedSource(`pid:${pid}`)).findings.find((one) => one.code === code);
        const [command = ''] = commandsIn(finding?.fix ?? '');
        expect(command).toMatch(new RegExp(`nsenter -t ${pid} -n |--pid ${pid}`));
        const { all, exitCode } = await copied(command);
        expect(exitCode, `${command}: ${all}`).toBe(0);
        const left = (await checkedSource(`pid:${pid}`)).findings.filter((one) => one.code === code && one.fix === finding?.fix);
        expect(left).toEqual([]);
        expect(await others(namespace)).toBe(before);
      });
    });
  });

  it.each([
    ['a table alone', printSave(PLAIN.ip)],
    ['an excerpt', '-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN\n-A ISTIO_OUTPUT -j ISTIO_REDIRECT\n'],
    ['a listing', printList(PLAIN.ip)],
  ])('that shows more than %s does is run on the node, with the number of a process of the pod', async (_, text) => {
    const folder = scratchFolder();
    try {
      const { again } = await checkedSource(join(folder.path, folder.write('shown.txt', text)));
      const looks = again.filter(({ command }) => command.includes('nsenter'));
      expect(looks).toHaveLength(1);
      await inNamespace(async (namespace) => {
        await namespace.run(made(PLAIN));
        await byProcess(namespace, async (pid) => {
          for (const { command } of looks) {
            // Who runs this is root already, and need not have the program.
            const { all, exitCode } = await copied(command.replaceAll('PID', `${pid}`).replaceAll('sudo ', ''), BIN);
            expect(exitCode, all).toBe(0);
            expect(all).toMatch(/^standard input: as it should be|as it should be/i);
          }
        });
      });
    } finally {
      folder.remove();
    }
  });

  it('to run next is one that runs, in every such state, and leaves alone what others made', async () => {
    let count = 0;
    for (const [code, { script }] of Object.entries(STATES)) {
      await inNamespace(async (namespace) => {
        await namespace.run(script + OTHERS);
        const before = await others(namespace);
        // Words in capitals are for the reader to fill in.
        const { again } = await checked(namespace);
        for (const { command } of again.filter((one) => !/\b(?:RELEASE|ARGUMENTS|PID)\b/.test(one.command))) {
          const { exitCode, all } = await copied(command);
          expect([0, 1], `${code}: ${command}: ${all}`).toContain(exitCode);
          count += 1;
        }
        expect(await others(namespace)).toBe(before);
      });
    }
    expect(count).toBeGreaterThan(5);
  });
});
