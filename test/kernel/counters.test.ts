import { expect, it } from 'vitest';
import { compareByCounters, isUncounted } from '../../src/cli/diff/by-counters.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { printSave } from '../../src/netfilter/print.ts';
import { readSource } from '../../src/sources/read-source.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';

const NONE = { sets: [], env: [], addresses: [], nameservers: [] };
const SAVE = printSave(planFromArguments(['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-b', '*']).ip);
const CONNECT = 'python3 -c \'import socket; socket.socket().connect_ex(("192.0.2.10", 80))\'';

describeKernel.concurrent('counters of a live namespace', () => {
  it.each(['nft', 'legacy'])('tell which rules real connections took, in %s', async (backend) => {
    await inNamespace(async (namespace) => {
      await namespace.run(feed(`iptables-${backend}-restore`, SAVE));
      const read = () => readSource(`netns:/run/netns/${namespace.name}`, NONE);
      const before = await read();
      await namespace.run(`${CONNECT}; ${CONNECT}`);
      const after = await read();
      const found = compareByCounters(before, after, { all: false });
      const taken = found.counted.flatMap((one) => (one.kind === 'counted' && one.packets > 0n ? [one] : []));
      expect(taken.map(({ chain, packets, right, because }) => [chain, right?.position, packets, because?.text])).toEqual([
        ['OUTPUT', 1, 2n, 'What the pod sends goes through ISTIO_OUTPUT.'],
        ['ISTIO_OUTPUT', 3, 2n, 'An application calling itself over lo is left alone.'],
      ]);
      expect(isUncounted(compareByCounters(after, await read(), { all: false }))).toBe(true);
      await namespace.run(`iptables-${backend} -t nat -Z; ${CONNECT}`);
      expect(compareByCounters(after, await read(), { all: false }).counted.filter(({ kind }) => kind === 'reset')).toHaveLength(2);
    });
  });
});
