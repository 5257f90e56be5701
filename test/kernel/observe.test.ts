import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { printNftScript } from '../../src/netfilter/nft/print.ts';
import { NO_NFT } from '../../src/netfilter/nft/ruleset.ts';
import { printRestore } from '../../src/netfilter/print.ts';
import { SHELL_BIN } from '../cli/program.ts';
import type { Namespace } from './namespace.ts';
import { feed } from './namespace.ts';
import { ADDRESSES, inPair } from './pod-and-client.ts';
import { describeKernel } from './requirements.ts';
import { pathBehind, run as runByNode, startingFrom } from './starting.ts';

const { run, start } = startingFrom(SHELL_BIN);

const { service, pod: podAddress } = ADDRESSES.ip;

const IPTABLES = printRestore(planFromArguments(['-i', '*', '-b', '*', '-d', '15090']).ip);
const NATIVE = printNftScript(planFromArguments(['--native-nftables', '-i', '*', '-b', '*'], { release: '1.29.2' }).nft ?? NO_NFT);
/** Words of nft's own messages, and what a terminal would obey. */
const HOSTILE = `table inet foreign {
  chain out {
    type filter hook output priority 7
    counter comment "x # handle 1 (verdict drop) \u001b[2J"
    meta l4proto { tcp, udp } accept comment "trace id 1 ip nat OUTPUT policy drop"
  }
}
`;

async function tables({ run: inside }: Namespace): Promise<string> {
  return (await inside('nft list tables')).stdout;
}

const WORDS = ['trace', 'live', `${service}:80`, '--observe'] as const;

describeKernel('trace --observe', { timeout: 60_000 }, () => {
  it('lays a connection that it makes beside what is predicted, by iptables-nft and by nft, and leaves nothing', () =>
    inPair(async ({ pod }) => {
      await pod.run(feed('iptables-nft-restore --noflush', IPTABLES));
      const before = await tables(pod);
      const first = await runByNode(pod, ['istio-init', ...WORDS, '--connect']);
      expect(first.exitCode, first.stderr).toBe(0);
      expect(first.stdout).toMatch(/= nat OUTPUT 1 .*\n {2}= nat ISTIO_OUTPUT \d+ .*\n {2}= nat ISTIO_REDIRECT 1 .*--to-ports 15001\n/);
      expect(first.stdout).toContain('delivered here, to 127.0.0.1:15001, as predicted, rule by rule');
      expect(await tables(pod)).toBe(before);
      await pod.run(`nft flush ruleset\n${feed('nft -f -', NATIVE + HOSTILE)}`);
      const second = await run(pod, ['istio-init', ...WORDS, '--connect', '--from', 'uid:1337,gid:1337', '-o', 'json']);
      const { observed } = JSON.parse(second.stdout) as {
        observed: { agrees: boolean; end: object; rules: { place: string; by: string; text: string }[] };
      };
      expect(observed).toMatchObject({ agrees: true, end: { kind: 'left', device: 'v0', address: service, port: 80 } });
      expect(observed.rules.map(({ place, by }) => `${by} ${place}`)).toEqual([
        'both inet istio-proxy-nat output 1',
        expect.stringMatching(/^both inet istio-proxy-nat istio-output \d+$/),
        'both inet foreign out 1',
        'both inet foreign out 2',
      ]);
      const text = await run(pod, ['istio-init', ...WORDS, '--connect']);
      expect(text.stdout).not.toContain('\u001b[2J');
    }));

  it('waits for somebody from outside, says when nobody came, and goes without a trace when it is interrupted or killed', () =>
    inPair(async ({ pod, client }) => {
      await pod.run(feed('iptables-nft-restore --noflush', IPTABLES));
      const before = await tables(pod);
      const call = `bash -c 'exec 3<>/dev/tcp/${podAddress}/8080' 2>/dev/null`;
      const waiting = start(pod, [
        'istio-init',
        'trace',
        'live',
        `${podAddress}:8080`,
        '--from',
        'outside',
        '--observe',
        '--timeout',
        '20s',
        '-o',
        'json',
      ]);
      for (let tries = 0; tries < 200 && (await tables(pod)) === before; tries += 1) await sleep(20);
      await client.run(call);
      const { observed } = JSON.parse((await waiting.ended).stdout) as { observed: { agrees: boolean; packet: object; end: object } };
      expect(observed).toMatchObject({
        agrees: true,
        packet: { inInterface: 'v0' },
        end: { kind: 'local', address: podAddress, port: 15006 },
      });
      const nobody = await run(pod, ['istio-init', ...WORDS, '--timeout', '1']);
      expect(nobody).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('no such packet was seen in 1 s; --connect sends one') });
      const interrupted = start(pod, ['istio-init', ...WORDS]);
      for (let tries = 0; tries < 200 && (await tables(pod)) === before; tries += 1) await sleep(20);
      process.kill(interrupted.pid, 'SIGINT');
      expect((await interrupted.ended).exitCode).toBe(130);
      expect(await tables(pod)).toBe(before);
      const killed = start(pod, ['istio-init', ...WORDS, '--timeout', '1']);
      for (let tries = 0; tries < 200 && (await tables(pod)) === before; tries += 1) await sleep(20);
      process.kill(killed.pid, 'SIGKILL');
      await killed.ended;
      expect(await tables(pod)).toContain(`istio_init_trace_${killed.pid}`);
      const after = await run(pod, ['istio-init', ...WORDS, '--connect']);
      expect(after).toMatchObject({
        exitCode: 0,
        stderr: expect.stringContaining(`istio_init_trace_${killed.pid} was left by a run that was killed, and is removed`),
      });
      expect(await tables(pod)).toBe(before);
    }));

  it('removes its table, and says why it ends, on SIGTERM, SIGINT and SIGHUP, and when nft monitor dies or nft is killed at its removal', () =>
    inPair(async ({ pod }) => {
      await pod.run(feed('nft -f -', NATIVE));
      const before = await tables(pod);
      const seen = async (): Promise<void> => {
        for (let tries = 0; tries < 200 && (await tables(pod)) === before; tries += 1) await sleep(20);
        expect(await tables(pod)).not.toBe(before);
      };
      for (const [signal, exitCode] of [
        ['SIGTERM', 143],
        ['SIGINT', 130],
        ['SIGHUP', 129],
      ] as const) {
        const watching = start(pod, ['istio-init', ...WORDS]);
        await seen();
        process.kill(watching.pid, signal);
        expect((await watching.ended).exitCode).toBe(exitCode);
        expect(await tables(pod)).toBe(before);
      }
      const deserted = start(pod, ['istio-init', ...WORDS]);
      await seen();
      const { stdout } = await pod.run(
        `for p in $(ip netns pids ${pod.name}); do tr '\\0' ' ' < /proc/$p/cmdline | sed "s/^/$p /"; echo; done`,
      );
      const monitor = Number(/^(\d+) nft -a monitor trace/m.exec(stdout)?.[1]);
      process.kill(monitor, 'SIGKILL');
      expect(await deserted.ended).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('packets can not be observed there: ') });
      expect(await tables(pod)).toBe(before);
      const spoilt = pathBehind({
        nft: `case "$1 $2" in "delete table") [ -e "$0.killed" ] || { touch "$0.killed"; kill -9 $$; };; esac\nexec /usr/sbin/nft "$@"`,
      });
      expect((await run(pod, ['istio-init', ...WORDS, '--connect'], { path: spoilt })).exitCode).toBe(0);
      expect(await tables(pod)).toBe(before);
    }));

  it('says of rules of iptables-legacy that they can not be seen, and refuses what is no live namespace', () =>
    inPair(async ({ pod }) => {
      await pod.run(feed('iptables-legacy-restore --noflush', IPTABLES));
      const found = await run(pod, ['istio-init', ...WORDS, '--connect']);
      expect(found.stdout.replace(/\s+/g, ' ')).toContain(
        'not seen rules of iptables-legacy (nat): nftrace does not show them, only their own target TRACE does',
      );
      expect(found.stdout).toContain('delivered here, to 127.0.0.1:15001, as predicted');
      const refused = await run(pod, ['istio-init', 'trace', '@1.23', `${service}:80`, '--observe']);
      expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('takes a live namespace as SOURCE') });
    }));
});
