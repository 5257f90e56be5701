// What is asked most of a trace and stands in no rule: what tcpdump shows where (istio#38547, measured), and what a port check
// proves (istio#59097: nc says open although a NetworkPolicy forbids it).

import { afterAll, describe, expect, it } from 'vitest';
import { plain } from '../../../src/cli/terminal/color.ts';
import { trace } from '../../../src/cli/trace/trace.ts';
import { scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

async function traced(
  words: Readonly<Record<string, string>>,
  more: { readonly release?: string; readonly source?: string; readonly tcpdump?: boolean; readonly output?: string } = {},
) {
  const { release = '1.13', source, ...rest } = more;
  const given = { sets: [], env: [], addresses: ['10.44.6.21'], nameservers: [], ...(source === undefined && { release }) };
  return trace({
    ...(source !== undefined && { source }),
    given,
    output: 'text',
    words,
    beforeProxy: false,
    all: false,
    paint: plain,
    ...rest,
  });
}

const OUT = { from: 'app', to: '198.51.100.9:4321' };

describe('what tcpdump shows', () => {
  it('of inbound traffic is the port that was called, and never 15006', async () => {
    const { output } = await traced({ request: 'client-to-app', to: 'pod:9080' }, { tcpdump: true });
    expect(output).toContain('   tcpdump    eth0: 198.51.100.7 > 10.44.6.21:9080 (tcpdump -ni eth0 tcp port 9080)\n');
    expect(output).toContain('   tcpdump    port 15006 on no interface: ');
    expect(output).toContain('   tcpdump    lo: 127.0.0.6 > 10.44.6.21:9080 (tcpdump -ni lo tcp port 9080)\n');
    expect(output).toMatch(/Envoy inbound answers the client .*\n {3}tcpdump {4}eth0: 10\.44\.6\.21 > 198\.51\.100\.7/);
  });

  it('of outbound traffic is 15001 on lo alone, the answer there from the address that was called, and the call of Envoy on eth0', async () => {
    const { output } = await traced({ request: 'app-to-outside', to: '198.51.100.9:4321' }, { tcpdump: true });
    const [first = '', second = '', answers = ''] = output.split('\n\n').slice(2);
    expect(first).toContain('tcpdump    lo: 10.44.6.21 > 127.0.0.1:15001 (tcpdump -ni lo tcp port 15001)');
    expect(first).not.toContain('eth0: ');
    expect(second).toContain('tcpdump    eth0: 10.44.6.21 > 198.51.100.9:4321');
    expect(answers).toMatch(/Envoy outbound answers the application .*\n {3}tcpdump {4}lo: 198\.51\.100\.9 > 10\.44\.6\.21/);
  });

  it('is data as well, and told of one packet, only where it is asked for', async () => {
    const { output } = await traced(OUT, { tcpdump: true, output: 'json' });
    expect(JSON.parse(output)).toMatchObject({
      tcpdump: { seen: [{ interface: 'lo', destination: '127.0.0.1', destinationPort: 15001 }] },
    });
    expect((await traced(OUT, { tcpdump: true })).output).toContain('\ntcpdump    lo: 10.44.6.21 > 127.0.0.1:15001');
    expect((await traced(OUT)).output).not.toContain('tcpdump');
    expect((await traced({ from: 'outside', to: 'pod:9080' }, { tcpdump: true })).output).toContain(
      'tcpdump    port 15006 on no interface',
    );
    expect((await traced({ from: 'outside', to: 'pod:15090' }, { tcpdump: true })).output).not.toContain('no interface');
  });
});

const PROVES = 'a port check (nc, telnet) says open and proves nothing';

describe('that a port check proves nothing', () => {
  it.each([
    ['outbound, with whose connection a NetworkPolicy meets', OUT, "the proxy's own connection to 198.51.100.9:4321"],
    ['a port that nobody uses', { from: 'app', to: '10.0.0.5:1' }, "the proxy's own connection to 10.0.0.5:1"],
    ['inbound', { from: 'outside', to: 'pod:9080' }, "whether the application listens shows in the proxy's own connection to it"],
  ])('is said of what the proxy takes: %s', async (_, words, more) => {
    const { output } = await traced(words);
    expect(output).toContain(`beyond     the proxy accepts the connection whatever lies beyond: ${PROVES}; `);
    expect(output).toContain(more);
    expect(output.split('\n')[0]).toMatch(/^envoy-(in|out)bound: /);
  });

  it.each([
    ['direct', { from: 'proxy', to: '198.51.100.9:4321' }],
    ['of UDP', { from: 'app', to: '198.51.100.9:4321', protocol: 'udp' }],
    ['excluded', { from: 'outside', to: 'pod:15020' }],
    ['to localhost', { from: 'app', to: 'localhost:80' }],
    ['of an open connection', { ...OUT, state: 'established' }],
  ])('is not said of what is %s', async (_, words) => {
    expect((await traced(words)).output).not.toContain(PROVES);
  });

  it('is said of a request that leaves the pod, beside what else no rule tells', async () => {
    const { output } = await traced({ request: 'app-to-outside', to: '198.51.100.9:4321' }, { release: '1.29' });
    expect(output).toContain(`\nbeyond     the proxy accepts the connection whatever lies beyond: ${PROVES}; what a NetworkPolicy`);
    expect(output).toContain(
      "the proxy's own connection to 198.51.100.9:4321 (the second connection)\nbeyond     Whether Envoy lets it out",
    );
    expect((await traced({ request: 'client-to-app' })).output).not.toContain(PROVES);
  });
});

describe('a log of commands', () => {
  const LOG = [
    'ip -f inet rule add fwmark 1337 lookup 133',
    'ip -f inet route add local default dev lo table 133',
    '* mangle',
    '-N ISTIO_INBOUND',
    '-A PREROUTING -p tcp -j ISTIO_INBOUND',
    '-A ISTIO_INBOUND -p tcp -j TPROXY --on-port 15001 --tproxy-mark 0x539',
    'COMMIT',
  ].join('\n');

  it('sets no policy: the tables that it shows are no condition, and its routing is known', async () => {
    const source = `${folder.path}/${folder.write('init.log', LOG)}`;
    const { output } = await traced({ from: 'outside', to: 'pod:8080' }, { source });
    expect(output).toMatch(/^envoy-inbound: caught by Envoy inbound \(15001\)\n/);
    expect(output).not.toMatch(/not shown|policy routing is unknown/);
  });
});

describe('connections that conntrack lists', () => {
  const FLOW =
    'tcp      6 431999 ESTABLISHED src=10.44.6.21 dst=198.51.100.9 sport=40112 dport=4321 src=127.0.0.1 dst=10.44.6.21 sport=15001 dport=40112 [ASSURED] use=1';

  it('beside rules prove what became of others like the packet', async () => {
    const rules = '*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n';
    const source = `${folder.path}/${folder.write('page.txt', `${rules}\n${FLOW}\n`)}`;
    const { output } = await traced(OUT, { source });
    expect(output).toContain('\nconntrack  envoy-outbound: 1 connection, as 10.44.6.21 > 198.51.100.9:4321, answered from port 15001\n');
  });

  it('alone hold no rules, and are told by how many were caught', async () => {
    const source = `${folder.path}/${folder.write('flows.txt', `${FLOW}\n`)}`;
    await expect(traced(OUT, { source })).rejects.toThrow(/no rules: 1 connection, of which were caught: 1 envoy-outbound/);
  });
});
