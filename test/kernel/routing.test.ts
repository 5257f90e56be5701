import { expect, it } from 'vitest';
import { withUsualSource } from '../../src/istio/packets/packet/source.ts';
import type { Packet } from '../../src/netfilter/packet.ts';
import { firstPacket } from '../../src/netfilter/packet.ts';
import type { Host } from '../../src/netfilter/trace/host.ts';
import { simulatorFor } from '../../src/netfilter/trace.ts';
import { inNamespace } from './namespace.ts';
import { randomBy } from './packets-random.ts';
import { describeKernel } from './requirements.ts';
import type { KernelAnswer, World } from './routing-worlds.ts';
import { worldBy } from './routing-worlds.ts';
import { rounds } from './trials.ts';

/** Another one makes other namespaces; more of them take longer. */
const SEED = Number(process.env['ROUTING_SEED'] ?? 1);
const WORLDS = Number(process.env['ROUTING_WORLDS'] ?? rounds(100, 6));

/** `local`, `by eth0`, `refused`, or `unknown`. */
function simulated(host: Host, { question }: KernelAnswer): string {
  const { family, to, from, iif, mark, uid, protocol, sport, dport } = question;
  const own: Packet = {
    family,
    origin: 'local',
    protocol,
    source: from,
    destination: to,
    sourcePort: sport,
    destinationPort: dport,
    mark,
    uid,
  };
  const first = firstPacket(iif === undefined ? own : { ...own, origin: 'remote', uid: undefined, inInterface: iif });
  const end = simulatorFor({ family, tables: [] }, { ...host, forwarding: true }).end(first);
  if (end.kind === 'sent' || end.kind === 'forwarded') return `by ${end.outInterface ?? '?'}`;
  if (end.kind === 'local') return 'local';
  if (end.kind === 'dropped' && end.by.kind === 'no-route' && end.by.why.startsWith('its route leads to lo')) return 'by lo';
  return end.kind === 'dropped' ? `refused (${end.by.kind})` : end.kind;
}

function measured({ dev, local, question }: KernelAnswer): string {
  if (dev === undefined) return 'refused';
  return local && (question.iif !== undefined || dev === 'lo') ? 'local' : `by ${dev}`;
}

interface Sum {
  compared: number;
  unknown: number;
  sources: number;
  readonly wrong: string[];
}

function compare(sum: Sum, { host, answers, text }: World): void {
  for (const answer of answers) {
    const { question } = answer;
    // TCP has no connection with many; the kernel's route knows nothing of it.
    const said = simulated(host, { ...answer, question });
    const is = measured(answer);
    // What comes in for loopback, IPv6 throws out before it looks for a route.
    if (said === 'refused (martian)' && question.family === 'ip6') continue;
    sum.compared += 1;
    if (said === 'unknown' || said === 'by ?') sum.unknown += 1;
    else if (said.replace(/ \(.*/, '') !== is && !said.includes('tcp-to-many'))
      sum.wrong.push(`${text}\n${JSON.stringify(question)}: ${said}, the kernel: ${is}`);
    if (question.iif !== undefined || question.from !== undefined || answer.dev === undefined || answer.source === undefined) continue;
    const { source } = withUsualSource(
      {
        ...firstPacket({
          family: question.family,
          origin: 'local',
          protocol: question.protocol,
          sourcePort: question.sport,
          destinationPort: question.dport,
          mark: question.mark,
          uid: question.uid,
        }),
        destination: question.to,
      },
      host,
    );
    if (source === undefined) continue;
    sum.sources += 1;
    if (source !== answer.source) sum.wrong.push(`${text}\n${JSON.stringify(question)}: source ${source}, the kernel: ${answer.source}`);
  }
}

describeKernel('in namespaces with random interfaces, addresses, routes and policy rules', () => {
  it('the simulator routes packets as `ip route get` does, and gives them its sources', { timeout: 3_600_000 }, async () => {
    const sum: Sum = { compared: 0, unknown: 0, sources: 0, wrong: [] };
    await inNamespace(async (outer) => {
      for (let world = 0; world < WORLDS; world += 4) {
        const several = await Promise.all([0, 1, 2, 3].map((more) => worldBy(outer, randomBy(SEED * 100_000 + world + more), 15)));
        for (const one of several) compare(sum, one);
      }
    });
    console.log(
      `note: routing: ${sum.compared} packets and ${sum.sources} sources in ${WORLDS} namespaces, ${sum.unknown} not known, ${sum.wrong.length} wrong`,
    );
    expect(sum.wrong.slice(0, 3).join('\n\n'), `${sum.wrong.length} wrong`).toBe('');
    expect(sum.compared).toBeGreaterThanOrEqual(WORLDS * 20);
    expect(sum.unknown).toBeLessThan(sum.compared / 10);
  });
});
