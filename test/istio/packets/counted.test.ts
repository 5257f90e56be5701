import { expect, it } from 'vitest';
import { countedOn } from '../../../src/istio/packets/counted.ts';
import { podNetworkOfRules, traceIn } from '../../../src/istio/packets/pod-network.ts';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { observeText } from '../../../src/netfilter/observation.ts';
import { firstPacket } from '../../../src/netfilter/packet.ts';
import { readRules } from '../../../src/netfilter/read.ts';

const PLAN = planFromArguments(['-i', '*', '-b', '*'], { release: '1.24.0' });
const SAVE = `*filter
:OUTPUT ACCEPT [9:540]
[7:420] -A OUTPUT -p tcp -j ACCEPT
COMMIT
*nat
:OUTPUT ACCEPT [9:540]
:ISTIO_OUTPUT - [0:0]
:ISTIO_REDIRECT - [0:0]
[9:540] -A OUTPUT -p tcp -j ISTIO_OUTPUT
[0:0] -A ISTIO_OUTPUT -p tcp -m tcp --dport 5432 -j RETURN
[1:60] -A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN
[8:480] -A ISTIO_OUTPUT -j ISTIO_REDIRECT
[8:480] -A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
COMMIT
`;

function counted(text: string, destinationPort: number): readonly string[] {
  const network = podNetworkOfRules(observeText(readRules(text)), PLAN);
  const packet = firstPacket({
    family: 'ip',
    origin: 'local',
    protocol: 'tcp',
    destination: '10.9.0.5',
    destinationPort,
    uid: 1000,
    gid: 1000,
  });
  return countedOn(traceIn(network, packet));
}

it('the last rule that matched in each table says how many came this way', () => {
  expect(counted(SAVE, 80)).toEqual(['nat ISTIO_REDIRECT 1 has counted 8 connections', 'filter OUTPUT 1 has counted 7 packets']);
});

it('a rule that has counted nothing has met no such packet', () => {
  expect(counted(SAVE, 5432)[0]).toBe('nat ISTIO_OUTPUT 1 has counted 0 connections: none like it has come since the counters began');
});

it('one is one, and without counters nothing is said', () => {
  expect(counted(SAVE.replace('[8:480] -A ISTIO_REDIRECT', '[1:60] -A ISTIO_REDIRECT'), 80)[0]).toBe(
    'nat ISTIO_REDIRECT 1 has counted 1 connection',
  );
  expect(counted(SAVE.replace(/^\[\d+:\d+\] /gm, ''), 80)).toEqual([]);
});

it('of a listing of one table as well: what is not shown is taken to let the packet pass', () => {
  const listing = SAVE.slice(SAVE.indexOf('*nat') + 5)
    .replace(/^:(\S+) ACCEPT .*$/m, '-P $1 ACCEPT')
    .replace(/^:(\S+) - .*$/gm, '-N $1')
    .replace(/^\[(\d+):(\d+)\] (.*?) -j/gm, '$3 -c $1 $2 -j')
    .replace('COMMIT\n', '');
  expect(listing).toContain('-A OUTPUT -p tcp -c 9 540 -j ISTIO_OUTPUT');
  expect(counted(listing, 5432)).toEqual(['nat ISTIO_OUTPUT 1 has counted 0 connections: none like it has come since the counters began']);
});
