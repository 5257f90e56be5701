import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { printNftScript } from '../../src/netfilter/nft/print.ts';
import { NO_NFT } from '../../src/netfilter/nft/ruleset.ts';
import { printRestore } from '../../src/netfilter/print.ts';
import { run as runKept, SHELL_BIN } from '../cli/program.ts';
import type { Namespace } from './namespace.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { run as runByNode, startingFrom } from './starting.ts';

const { run } = startingFrom(SHELL_BIN);

const RELEASE = { value: '1.23', source: { kind: 'option', option: '--release' } } as const;
const PLAIN = planFromSettings({ release: RELEASE });
const NATIVE = planFromArguments(['-i', '*', '-b', '*', '-d', '15090,15021,15020', '--native-nftables'], { release: '1.28' });
const TPROXY = planFromSettings({ release: RELEASE, sets: ['mode=TPROXY'] });

interface Found {
  readonly exitCode: number;
  readonly verdict: string;
  readonly findings: readonly { readonly code: string; readonly fix: string }[];
  readonly drift?: { readonly difference: { readonly differences: readonly { readonly kind: string; readonly chain: string }[] } };
  readonly again: readonly { readonly command: string }[];
}

async function checked({ name }: Namespace, ...options: readonly string[]): Promise<Found> {
  const { stdout } = await runKept(['check', `netns:/run/netns/${name}`, '--output', 'json', ...options]);
  const found = JSON.parse(stdout) as Found;
  // No proxy runs in these.
  return { ...found, findings: found.findings.filter(({ code }) => code !== 'no-listener') };
}

function differences({ drift }: Found): readonly string[] {
  return (drift?.difference.differences ?? []).map(({ kind, chain }) => `${kind} ${chain}`);
}

function codes({ findings }: Found): readonly string[] {
  return findings.map(({ code }) => code);
}

/** A script that makes the rules of a plan anew. */
function made({ ip, ip6 }: CapturePlan, backend = 'nft'): string {
  return (
    feed(`iptables-${backend}-restore`, printRestore(ip)) +
    (ip6.tables.length === 0 ? '' : feed(`ip6tables-${backend}-restore`, printRestore(ip6)))
  );
}

/** What a fix says to run, behind the words that say what it does. */
async function follow({ fix }: { readonly fix: string }): Promise<void> {
  await execa('sh', ['-ec', fix.replace(/^[^:]*: /, '')]);
}

describeKernel('a check of what is live', () => {
  it('finds each kind of drift that was made by hand, and nothing before it', async () => {
    const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
      ['iptables -t nat -D ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN', ['extra ISTIO_OUTPUT'], []],
      ['iptables -t nat -D OUTPUT 1', ['extra OUTPUT'], ['unreached-chain']],
      ['iptables -t nat -I ISTIO_OUTPUT -p tcp --dport 25 -j RETURN', ['missing ISTIO_OUTPUT'], []],
      ['iptables -t nat -R ISTIO_REDIRECT 1 -p tcp -j REDIRECT --to-ports 15099', ['changed ISTIO_REDIRECT'], []],
      [
        'iptables -t nat -D ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN; iptables -t nat -I ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN',
        ['moved ISTIO_OUTPUT'],
        [],
      ],
      ['iptables -P INPUT DROP', ['policy INPUT'], ['policy']],
      ['iptables -t nat -I OUTPUT -d 10.9.0.0/16 -m comment --comment "it\'s mine" -j ACCEPT', ['missing OUTPUT'], ['foreign-first']],
      ['iptables -t nat -A OUTPUT -p tcp -j ISTIO_OUTPUT', ['missing OUTPUT'], ['duplicate-jump']],
      ['iptables -t nat -N ISTIO_OUTPUT_DNS', ['missing-chain ISTIO_OUTPUT_DNS'], ['left-over-chain']],
      ['for p in tcp udp; do iptables -I INPUT -p $p -j DROP; done', ['missing INPUT', 'missing INPUT'], ['guardrail']],
    ];
    await inNamespace(async (namespace) => {
      await namespace.run(made(PLAIN));
      expect(await checked(namespace, '--release', '1.23')).toMatchObject({ exitCode: 0, findings: [], again: [] });
      for (const [script, drift, findings] of cases) {
        const { stderr } = await namespace.run(
          `iptables -P INPUT ACCEPT; iptables -F; iptables -t nat -F; iptables -t nat -X; ${made(PLAIN)}${script}`,
        );
        expect(stderr).toBe('');
        const found = await checked(namespace, '--release', '1.23');
        expect({ script, drift: differences(found), findings: codes(found), exitCode: found.exitCode }).toEqual({
          script,
          drift,
          findings,
          exitCode: 1,
        });
      }
    });
  });

  it('a command that is printed takes away what is Istio’s, and nothing else', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(`${made(PLAIN)}iptables -t nat -I OUTPUT -d 10.9.0.0/16 -m comment --comment "it's mine, \\$(id)" -j ACCEPT
        iptables -t nat -A OUTPUT -p tcp -j ISTIO_OUTPUT; for p in tcp udp; do iptables -I INPUT -p $p -j DROP; done; iptables -P OUTPUT DROP`);
      const { findings } = await checked(namespace);
      expect(findings.map(({ code }) => code)).toEqual(['guardrail', 'duplicate-jump', 'foreign-first', 'policy']);
      const [guardrail, jump, ...others] = findings;
      for (const finding of [guardrail, jump]) if (finding !== undefined) await follow(finding);
      // What is not Istio's is for whoever put it there: nothing here takes it out.
      for (const { fix } of others) expect(fix).toMatch(/^ask who /);
      expect((await checked(namespace)).findings.map(({ code }) => code)).toEqual(['foreign-first', 'policy']);
    });
  });

  it('knows rules of both backends, and repairs what it is told to', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(made(PLAIN) + made(PLAIN, 'legacy'));
      const found = await checked(namespace);
      expect({ codes: codes(found), drift: differences(found), exitCode: found.exitCode }).toEqual({
        codes: ['both-backends'],
        drift: [],
        exitCode: 1,
      });
      const [repair] = found.again;
      expect(repair?.command).toBe(`istio-init apply --netns /run/netns/${namespace.name} --release 1.24.6`);
      const clean = ['clean', '--netns', `/run/netns/${namespace.name}`, '--backend', 'legacy'];
      expect(await run(namespace, ['istio-init', ...clean])).toMatchObject({ exitCode: 0 });
      expect(await checked(namespace)).toMatchObject({ exitCode: 0, findings: [] });
    });
  });

  it('misses the routing that TPROXY needs, says how to get it, and finds what is left of it', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(made(TPROXY));
      const bare = await checked(namespace);
      expect({ codes: codes(bare), drift: differences(bare) }).toEqual({ codes: ['routing-missing'], drift: [] });
      await follow({ fix: `: ${bare.findings[0]?.fix}` });
      expect(await checked(namespace)).toMatchObject({ exitCode: 0, findings: [] });
      await namespace.run('ip rule add fwmark 1337 lookup 133; ');
      expect(codes(await checked(namespace))).toEqual(['routing-doubled']);
      await namespace.run('for t in mangle nat; do iptables -t $t -F; iptables -t $t -X; done');
      const left = await checked(namespace);
      expect({ codes: codes(left), exitCode: left.exitCode }).toEqual({ codes: ['routing-left'], exitCode: 1 });
      await follow({ fix: `: ${left.findings[0]?.fix}` });
      expect(await checked(namespace)).toMatchObject({ exitCode: 0, verdict: 'no rules of Istio', findings: [] });
    });
  });

  it('sees an IPv6 address without rules, and ::6 that is missing', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(`ip link add e0 type veth peer name e1; ip link set e0 up; ip link set e1 up; ip addr add 10.1.2.3/24 dev e0; ip addr add fd00::5/64 dev e0 nodad
        ${made(PLAIN)}`);
      expect(codes(await checked(namespace))).toEqual(['ip6-not-captured']);
      await namespace.run(
        feed('ip6tables-nft-restore', printRestore(planFromSettings({ release: RELEASE, facts: { addresses: ['fd00::5'] } }).ip6)),
      );
      const found = await checked(namespace);
      expect(codes(found)).toEqual(['passthrough-missing']);
      await follow({ fix: `: ${found.findings[0]?.fix}` });
      expect(await checked(namespace)).toMatchObject({ exitCode: 0, findings: [] });
    });
  });

  it('tells a table that was flushed from one that was never made, and knows the rules of the other family', async () => {
    const both = planFromSettings({ release: RELEASE, facts: { addresses: ['fd00::5'] } });
    await inNamespace(async (namespace) => {
      await namespace.run(`${made(both)}ip -6 addr add ::6/128 dev lo; ip6tables -t nat -F`);
      const found = await checked(namespace);
      expect({ codes: codes(found), exitCode: found.exitCode }).toEqual({ codes: ['flushed'], exitCode: 1 });
      expect(found.again[0]?.command).toMatch(/ --release 1.24.6 --set dualStack=true$/);
    });
  });

  it('says that nothing listens where the rules lead, until something does', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(made(PLAIN));
      const note = async (): Promise<string> => {
        const { stdout } = await runKept(['check', `netns:/run/netns/${namespace.name}`]);
        return /^note .*$/m.exec(stdout)?.[0] ?? '';
      };
      expect(await note()).toContain('nothing listens on TCP 15001 and 15006,');
      const script =
        "for (const port of [15001, 15006]) require('node:net').createServer().listen(port, '127.0.0.1', () => console.log(port))";
      const proxy = execa('ip', ['netns', 'exec', namespace.name, process.execPath, '-e', script], { reject: false });
      try {
        await expect.poll(note, { timeout: 20_000 }).toBe('');
      } finally {
        proxy.kill('SIGKILL');
        await proxy;
      }
    });
  });

  it('reads native tables, and finds them beside rules of iptables', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(feed('nft -f -', printNftScript(NATIVE.nft ?? NO_NFT)));
      expect(await checked(namespace)).toMatchObject({ exitCode: 0, verdict: 'as it should be', findings: [] });
      await namespace.run('nft flush chain inet istio-proxy-nat istio-output');
      expect(await checked(namespace)).toMatchObject({ exitCode: 1, verdict: 'not as it should be' });
      await namespace.run(made(PLAIN));
      expect(await checked(namespace)).toMatchObject({ exitCode: 1, findings: [{ code: 'native-and-iptables' }] });
    });
  });
});

describeKernel('a check of this machine', () => {
  it('says what it offers, and changes nothing', async () => {
    await inNamespace(async (namespace) => {
      const before = await namespace.run('nft list ruleset; cat /proc/net/ip_tables_names');
      const { exitCode, stdout } = await runByNode(namespace, ['istio-init', 'check']);
      expect({ exitCode, first: stdout.split('\n')[0] }).toEqual({
        exitCode: 0,
        first: "this network namespace: no rules of Istio's sidecar",
      });
      for (const line of [
        /ok +rights +root, NET_ADMIN yes, NET_RAW yes/,
        /ok +iptables-nft +v1/,
        /ok +backend +apply would use nft/,
        /ok +own lock +free/,
      ])
        expect(stdout).toMatch(line);
      expect(await namespace.run('nft list ruleset; cat /proc/net/ip_tables_names')).toEqual(before);
    });
  });

  it('names what a process without rights lacks, and the command to run instead', async () => {
    await inNamespace(async (namespace) => {
      const prefix = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'];
      const { exitCode, stdout, stderr } = await run(namespace, ['istio-init', 'check', '--release', '1.23'], { prefix });
      expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' });
      expect(stdout).toMatch(/^this network namespace: RULES NOT SEEN: .*no NET_ADMIN capability/);
      expect(stdout).toContain('            sudo istio-init check pid:PID --release 1.23\n');
      expect(stdout).not.toContain('as root');
      expect(stdout).toMatch(/warn +rights +root, NET_ADMIN no, and its bounding set forbids it, .*no_new_privs set\n +fix: add NET_ADMIN/);
    });
  });

  it('says that it did not see all where legacy is in use and NET_RAW is lacking', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run('iptables-legacy -t nat -N ISTIO_OUTPUT; iptables-nft -t nat -N ISTIO_OUTPUT');
      const prefix = ['setpriv', '--bounding-set=-all,+net_admin', '--inh-caps=-all'];
      const { exitCode, stdout } = await run(namespace, ['istio-init', 'check', '--release', '1.23', '-o', 'json'], { prefix });
      expect(stdout).toContain('NET_RAW');
      // What nft lacks, legacy may have.
      expect(exitCode).toBe(2);
      await namespace.run('iptables-nft -t nat -F; iptables-nft -t nat -X');
      const empty = await run(namespace, ['istio-init', 'check'], { prefix });
      expect(empty.stdout).toMatch(/^this network namespace: NOT KNOWN: IPv4 nat: what legacy holds can not be read/);
      expect(empty.exitCode).toBe(2);
    });
  });

  it('names who holds the locks', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'istio-init-lock-'));
    const lock = join(folder, 'xtables.lock');
    await inNamespace(async (namespace) => {
      const script = `require('node:net').createServer().listen('\\0' + 'istio-init: one run at a time in a network namespace '.padEnd(107, '.'), () => console.log('held'))`;
      const own = execa('ip', ['netns', 'exec', namespace.name, process.execPath, '-e', script], { reject: false });
      const xtables = execa('sh', ['-c', 'exec flock --no-fork "$0" sh -c "echo held; exec sleep 30"', lock], { reject: false });
      try {
        await Promise.all([own, xtables].map((holder) => new Promise((resolve) => holder.stdout?.once('data', resolve))));
        const { stdout } = await run(namespace, ['istio-init', 'check'], { env: { XTABLES_LOCKFILE: lock } });
        expect(stdout).toMatch(new RegExp(`warn +xtables lock +${lock} is held by process \\d+ \\(\\w+\\)`));
        expect(stdout).toMatch(/warn +own lock +another run of istio-init is at work/);
      } finally {
        for (const holder of [own, xtables]) holder.kill('SIGKILL');
        await Promise.all([own, xtables]);
      }
    });
    rmSync(folder, { recursive: true });
  });
});
