import { afterAll, describe, expect, it } from 'vitest';
import type { Paint } from '../../../src/cli/terminal/color.ts';
import { plain } from '../../../src/cli/terminal/color.ts';
import type { TraceRequest } from '../../../src/cli/trace/trace.ts';
import { trace } from '../../../src/cli/trace/trace.ts';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { podNetworkOfPlan, traceIn, verdictIn } from '../../../src/istio/packets/pod-network.ts';
import { VERDICTS } from '../../../src/istio/packets/verdict.ts';
import { ProblemError } from '../../../src/istio/problems.ts';
import type { Packet } from '../../../src/netfilter/packet.ts';
import { capture } from '../../golden.ts';
import { scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const NOTHING = { sets: [], env: [], addresses: [], nameservers: [] };

/** Runs the command within this process: what it prints, its notes and its exit code. */
function traced({ given, ...more }: Partial<Omit<TraceRequest, 'given'>> & { readonly given?: Partial<TraceRequest['given']> }) {
  const usual = { output: 'text', words: {}, beforeProxy: false, all: false, paint: plain };
  return trace({ ...usual, ...more, given: { ...NOTHING, ...given } });
}

const APP = { from: 'app', to: '10.0.0.5:80' };
const CLIENT = { from: 'outside', to: 'pod:8080' };

/** A file in the scratch folder, by its whole path. */
function file(name: string, text: string): string {
  return `${folder.path}/${folder.write(name, text)}`;
}

describe('one packet', () => {
  it('is told by the rules that matched, with their reasons, and where it ends in the first line', async () => {
    const { output, exitCode, notes } = await traced({ words: APP });
    expect(output).toBe(`envoy-outbound: caught by Envoy outbound (15001)

simulated  Istio 1.30.3, the injector's defaults
packet     TCP from the app (uid 1000, gid 1000) to 10.0.0.5:80, opening a connection

nat OUTPUT, out by eth0
  ✓ OUTPUT 1              -j ISTIO_OUTPUT
                          What the pod sends goes through ISTIO_OUTPUT.
    · ISTIO_OUTPUT 1-8    8 rules do not match
    ✓ ISTIO_OUTPUT 9      -j ISTIO_REDIRECT
                          Everything else is captured. (outbound.includeRanges from default injection of 1.30.3)
      ✓ ISTIO_REDIRECT 1  -p tcp -j REDIRECT --to-ports 15001
                          What is captured outbound goes to the proxy on 15001. (proxy.port from default injection of 1.30.3)
                          destination 10.0.0.5 -> 127.0.0.1, port 80 -> 15001

beyond     the proxy accepts the connection whatever lies beyond: a port check (nc, telnet) says open and proves nothing; what a NetworkPolicy or a firewall meets is the proxy's own connection to 10.0.0.5:80
`);
    expect({ exitCode, notes }).toEqual({ exitCode: 0, notes: [] });
  });

  it('is told with --all-rules by each rule it met, and why that did not match', async () => {
    const { output } = await traced({ words: { ...CLIENT, to: 'pod:8080' }, all: true, given: { release: '1.12' } });
    expect(output).toContain(`    ✗ ISTIO_INBOUND 2        -p tcp -m tcp --dport 22 -j RETURN
                             --dport 22: its port is 8080
                             Releases of this age never capture port 22 where all inbound ports are captured. (inbound.includePorts from default injection of 1.12.9)
`);
    expect(output.match(/✗/g)).toHaveLength(5);
    expect(output).toContain("assumed    the pod's address is not known: 192.0.2.1 is assumed (--address sets it)\n");
  });

  it.each([
    ['envoy-inbound', { words: CLIENT }, 'envoy-inbound: caught by Envoy inbound (15006)'],
    [
      'envoy-inbound',
      { words: CLIENT, given: { release: '1.2', sets: ['inbound.includePorts=*'] } },
      'envoy-inbound: caught by Envoy inbound (15001)',
    ],
    ['envoy-outbound', { words: APP }, 'envoy-outbound: caught by Envoy outbound (15001)'],
    [
      'dns-agent',
      { words: { ...APP, to: '10.96.0.10:53', protocol: 'udp' }, given: { sets: ['dns.capture=all'] } },
      'dns-agent: caught by the DNS agent (15053)',
    ],
    ['direct', { words: { ...APP, from: 'proxy' } }, 'direct: leaves the pod by eth0, not caught'],
    ['direct', { words: { ...CLIENT, to: 'pod:15090' } }, 'direct: reaches port 15090 of the pod, not caught'],
    [
      'dropped',
      { words: { ...CLIENT, state: 'invalid' }, given: { sets: ['dropInvalid=true'] } },
      'dropped: by rule 1 of ISTIO_DROP in mangle',
    ],
    [
      'dropped',
      { words: CLIENT, given: { sets: ['mode=TPROXY'] }, beforeProxy: true },
      'dropped: by rule 1 of ISTIO_TPROXY in mangle: no transparent socket listens on 15006',
    ],
    [
      'unknown',
      { words: { ...APP, from: 'uid:1000' } },
      "unknown: envoy-outbound or direct, depends on the packet's gid, which rule 7 of ISTIO_OUTPUT in nat asks for",
    ],
  ] as const)('ends as %s: %j', async (verdict, request, line) => {
    const { output, exitCode } = await traced({ ...request, expect: verdict } as Parameters<typeof traced>[0]);
    expect(output.split('\n')).toContain(line);
    expect(exitCode).toBe(0);
  });

  it('before the proxy listens is caught and refused, and what that means is said', async () => {
    const { output } = await traced({ words: APP, beforeProxy: true });
    expect(output).toContain(
      'assumed    the proxy does not listen yet: what REDIRECT sends to it is refused, and what TPROXY hands to it is dropped\n',
    );
    expect(output).toContain(
      'envoy-outbound: caught by Envoy outbound (15001), where nothing listens yet, and the connection is refused\n',
    );
  });

  it('whose group is not said has both outcomes, and what to say', async () => {
    const { output } = await traced({ words: { ...APP, from: 'uid:1000' } });
    expect(output).toContain(`? not known: whether --gid-owner 1337 holds (rule 7 of ISTIO_OUTPUT in nat)
  if so: direct: leaves the pod by eth0, not caught
`);
    expect(
      output.slice(0, output.indexOf('\n\n') + 1),
    ).toBe(`unknown: envoy-outbound or direct, depends on the packet's gid, which rule 7 of ISTIO_OUTPUT in nat asks for
  direct, where --gid-owner 1337 holds (rule 7 of ISTIO_OUTPUT in nat)
  envoy-outbound, where --gid-owner 1337 does not hold (rule 7 of ISTIO_OUTPUT in nat)
to know    --from uid:N,gid:N
`);
  });

  it('that meets no rule says so', async () => {
    const { output } = await traced({ words: APP, given: { sets: ['mode=NONE'] } });
    expect(output).toMatch(/^direct: leaves the pod by eth0, not caught\n[^]*\nno rule matches\n$/);
  });

  it('of IPv6 in a plan without rules for it is direct, with a note why', async () => {
    const words = { from: 'app', to: '[2001:db8::99]:80' };
    const without = await traced({ words });
    expect(without.output).toMatch(/^direct: /);
    expect(without.notes).toEqual(['note: there are no IPv6 rules; a plan has them where it knows an IPv6 address of the pod (--address)']);
    const known = await traced({ words, given: { addresses: ['fd00::5'] } });
    expect(known.output).toMatch(/^envoy-outbound: /);
    expect(known.notes).toEqual([]);
  });
});

describe('rules that somebody saved', () => {
  const whole = ['raw', 'mangle', 'filter'].map((table) => `*${table}\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n`).join('');
  const nat = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:ISTIO_OUTPUT - [0:0]
:ISTIO_REDIRECT - [0:0]
-A OUTPUT -p tcp -j ISTIO_OUTPUT
-A ISTIO_OUTPUT -o lo -s 127.0.0.6/32 -j RETURN
-A ISTIO_OUTPUT -m owner --uid-owner 4711 -j RETURN
-A ISTIO_OUTPUT -j ISTIO_REDIRECT
-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
COMMIT
`;

  it('are told by their lines, and the proxy is whom they name', async () => {
    const { output } = await traced({ source: file('saved.txt', `${nat}${whole}`), words: { ...APP, from: 'proxy' } });
    expect(output).toContain('inferred   nearest to Istio ');
    expect(output).toContain('packet     TCP from the proxy (uid 4711');
    expect(output).toMatch(/✓ ISTIO_OUTPUT 2 +-m owner --uid-owner 4711 -j RETURN\n +line 8/);
    expect(output).toMatch(/^direct: leaves the pod by eth0, not caught\n/);
  });

  it('of nat alone leave it open what the other tables do', async () => {
    const source = file('2021.txt', capture('2021-01-default.list.txt'));
    const { output } = await traced({ source, words: APP, expect: 'unknown' });
    expect(output).toContain("inferred   Istio 1.7.0 to 1.12.9, the injector's defaults\n");
    expect(output).toContain('? not shown: raw, mangle, filter; from here on they are assumed to let the packet pass unchanged\n');
    expect(output).toContain('line 38: Everything else is captured.\n');
    expect(output).toContain(`
  envoy-outbound, where raw, mangle, filter let it pass unchanged
  dropped, where raw OUTPUT drops it
to know    a source that shows all tables (iptables-save), @1.12.9 in place of the source, which makes exactly these rules
`);
  });

  it('as iptables -L without -v prints them leave it open which interfaces they ask for', async () => {
    const listing = `Chain PREROUTING (policy ACCEPT)
target     prot opt source               destination

Chain INPUT (policy ACCEPT)
target     prot opt source               destination

Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination
ISTIO_OUTPUT  tcp  --  0.0.0.0/0            0.0.0.0/0

Chain POSTROUTING (policy ACCEPT)
target     prot opt source               destination

Chain ISTIO_OUTPUT (1 references)
target     prot opt source               destination
RETURN     all  --  0.0.0.0/0            0.0.0.0/0            ! owner UID match 1337
RETURN     all  --  0.0.0.0/0            0.0.0.0/0            owner UID match 1337
ISTIO_REDIRECT  all  --  0.0.0.0/0            0.0.0.0/0

Chain ISTIO_REDIRECT (1 references)
target     prot opt source               destination
REDIRECT   tcp  --  0.0.0.0/0            0.0.0.0/0            redir ports 15001
`;
    const { output } = await traced({ source: file('listing.txt', listing), words: APP, expect: 'unknown' });
    expect(output).toContain(
      '\n  envoy-outbound, where by interfaces that are not shown, OUTPUT 1, ISTIO_OUTPUT 3, ISTIO_REDIRECT 1 match and ISTIO_OUTPUT 1 does not; raw, mangle, filter let it pass unchanged\n',
    );
    expect(output).toContain('a listing that shows interfaces (iptables -L -v -n, or iptables-save)');
  });

  it('with a line that can not be read have no sure verdict', async () => {
    const { output } = await traced({
      source: file('damaged.txt', `${nat}${whole}-A OUTPUT -p tcp --dport "80 -j DROP\n`),
      words: APP,
      expect: 'unknown',
    });
    expect(output).toMatch(
      /^unknown: envoy-outbound by what can be seen \(caught by Envoy outbound \(15001\)\), but there is more: \w+: a line that can't be read: \d+\n/,
    );
  });

  it('without any of a sidecar are walked all the same', async () => {
    const { output } = await traced({ source: file('other.txt', whole), words: APP });
    expect(output).toContain('inferred   no rules of an Istio sidecar; the proxy is assumed to be the default one');
    expect(output).toMatch(/^direct: leaves the pod by eth0, not caught\n/);
  });

  it('do not go with settings', async () => {
    const source = file('rules.txt', nat);
    await expect(traced({ source, words: APP, given: { sets: ['mode=TPROXY'] } })).rejects.toThrow(
      `${source} holds rules; settings (--set, --release, arguments) do not go with it`,
    );
  });
});

describe('a request', () => {
  it('is told connection by connection, with the rules that decide, the answers, and what becomes of it', async () => {
    const { output, exitCode } = await traced({ words: { request: 'client-to-app' } });
    expect(output).toBe(`The request comes to Envoy inbound, then the application; the answers come back.

simulated  Istio 1.30.3, the injector's defaults
request    client-to-app: A client calls the application.
addresses  192.0.2.1 this pod, 198.51.100.7 the client

1. The client calls the pod  tcp 198.51.100.7 > 192.0.2.1:8080
   nat PREROUTING, in by eth0
     ✓ ISTIO_INBOUND 5        -p tcp -j ISTIO_IN_REDIRECT
                              Inbound traffic is captured.
       ✓ ISTIO_IN_REDIRECT 1  -p tcp -j REDIRECT --to-ports 15006
   envoy-inbound: caught by Envoy inbound (15006)

2. Envoy calls the application  tcp 127.0.0.6 > 192.0.2.1:8080 (uid 1337, gid 1337)
   nat OUTPUT, out by lo
     ✓ ISTIO_OUTPUT 1  -s 127.0.0.6/32 -o lo -j RETURN
                       The proxy delivers to the application from 127.0.0.6: captured, it would be a loop.
   direct: reaches port 8080 of the pod, not caught

The application answers Envoy     direct: goes back to the socket that opened the connection
Envoy inbound answers the client  direct: leaves the pod by eth0, not caught
`);
    expect(exitCode).toBe(0);
  });

  it('shows each rule with --all-rules', async () => {
    const { output } = await traced({ words: { request: 'client-to-app' }, all: true });
    expect(output).toMatch(/✗ ISTIO_INBOUND 1 /);
    expect(output).toContain('✓ PREROUTING 1 ');
    expect(output).toContain('conntrack: ESTABLISHED, as a reply');
  });

  it('that loops is said to, and ends with exit code 1', async () => {
    const { output, exitCode } = await traced({ words: { request: 'app-to-outside' }, proxy: 'uid:1001,gid:1001' });
    expect(output).toMatch(/^The request LOOPS: what Envoy opens comes back to Envoy outbound/);
    expect(exitCode).toBe(1);
    expect(
      (await traced({ words: { request: 'app-to-outside' }, proxy: 'uid:1001,gid:1001', expect: 'envoy-outbound' })).notes,
    ).toHaveLength(1);
  });

  it('in rules of which tables are not shown is told under that condition, and no verdict is sure', async () => {
    const source = file('2024.txt', capture('2024-10-default.list.txt'));
    const { output, exitCode } = await traced({ source, words: { request: 'app-to-itself-by-service-ip' }, expect: 'unknown' });
    expect(output).toContain('\ncondition  raw, mangle, filter, which are not shown, let everything pass unchanged\n');
    expect(output).toContain('\n   unknown: envoy-outbound under conditions (caught by Envoy outbound (15001))\n');
    expect(output).toMatch(
      /^The request comes to Envoy outbound, then Envoy inbound, then the application; the answers come back; where raw, mangle, filter, which/,
    );
    expect(exitCode).toBe(0);
  });

  it('goes where --to says, and in the family of that', async () => {
    const { output } = await traced({ words: { request: 'app-to-outside', to: '[2001:db8::99]:8443' }, given: { addresses: ['fd00::5'] } });
    expect(output).toContain('1. The application calls outside  tcp fd00::5 > [2001:db8::99]:8443 (uid 1000, gid 1000)\n');
  });

  it('of DNS in a release that mixes up its zones says so', async () => {
    const { output } = await traced({
      words: { request: 'dns-lookup' },
      given: { release: '1.12', sets: ['dns.capture=servers'], nameservers: ['10.96.0.10'] },
    });
    expect(output).toContain('\n   conntrack does not know the question: it is in another zone\n');
  });

  it('is judged by its first connection', async () => {
    expect((await traced({ words: { request: 'client-to-app' }, expect: 'envoy-inbound' })).exitCode).toBe(0);
    const { exitCode, notes } = await traced({ words: { request: 'client-to-app' }, expect: 'direct' });
    expect({ exitCode, notes }).toEqual({
      exitCode: 1,
      notes: ['not as expected (direct): envoy-inbound: caught by Envoy inbound (15006)'],
    });
  });
});

describe('a port', () => {
  it('is told by all first packets to it, those from outside first', async () => {
    const { output, exitCode } = await traced({ words: { port: '22' }, given: { release: '1.12' } });
    expect(output).toContain(
      '\nport       22: first packets to it, from outside and then of the pod\n\nIPv4\n  direct                  any packet from outside\n',
    );
    expect(output).toMatch(/\n {2}envoy-outbound \(15001\) +TCP to other machines from the app\n/);
    expect(exitCode).toBe(0);
  });

  it('that is captured since 1.13 is, by its name as well', async () => {
    const { output } = await traced({ words: { port: 'ssh' }, given: { release: '1.13' } });
    expect(output).toMatch(/\n {2}envoy-inbound \(15006\) +TCP from outside\n/);
  });

  it('of rules of which tables are not shown is told under that condition, in both families where both have rules', async () => {
    const source = file('2024-port.txt', capture('2024-10-default.list.txt'));
    const { output } = await traced({ source, words: { port: '15090' } });
    expect(output).toContain('\ncondition  raw, mangle, filter, which are not shown, let everything pass unchanged\n');
    expect((await traced({ words: { port: '80' }, given: { addresses: ['fd00::5'] } })).output).toMatch(/\nIPv4\n[^]*\nIPv6\n/);
  });

  it('has the rarer ends with --all-rules', async () => {
    const request = { words: { port: '80' }, given: { sets: ['mode=TPROXY'] } };
    const [few, all] = [await traced(request), await traced({ ...request, all: true })];
    const more = Number(/\n {2}and (\d+) rarer ones \(--all-rules shows them\)\n/.exec(few.output)?.[1]);
    expect(all.output.split('\n').length).toBe(few.output.split('\n').length + more - 1);
  });

  it('is told of by an example of each end, which traced alone ends there', async () => {
    const { output } = await traced({ words: { port: '80' }, output: 'json' });
    const { kind, ends } = JSON.parse(output) as { kind: string; ends: { ip: { words: string; verdict: string; example: Packet }[] } };
    expect(kind).toBe('PortTrace');
    const podNetwork = podNetworkOfPlan(planFromSettings({}));
    expect(ends.ip.length).toBeGreaterThan(5);
    for (const { words, verdict, example } of ends.ip) expect(verdictIn(podNetwork, traceIn(podNetwork, example)).id, words).toBe(verdict);
  });
});

describe('a rule', () => {
  it('is told by all packets that it matches', async () => {
    const { output } = await traced({ words: { rule: 'nat.exclude-inbound-port.15090' } });
    expect(output).toBe(`simulated  Istio 1.30.3, the injector's defaults
rule       nat.exclude-inbound-port.15090

IPv4 nat ISTIO_INBOUND 2  -p tcp -m tcp --dport 15090 -j RETURN
  Inbound port 15090 is left alone. (inbound.excludePorts from default injection of 1.30.3)
  matches
    TCP to port 15090 from outside
`);
  });

  it('that no packet can match says so, by its place as well', async () => {
    const { output } = await traced({ words: { rule: 'nat/ISTIO_OUTPUT/8' } });
    expect(output).toContain('IPv4 nat ISTIO_OUTPUT 8  -d 127.0.0.1/32 -j RETURN\n');
    expect(output).toContain('\n  no packet that it matches can reach it\n');
  });

  it('in a chain that nothing leads to matches nothing', async () => {
    const { output } = await traced({ words: { rule: 'nat.inbound-tunnel-port' }, given: { sets: ['mode=TPROXY'] } });
    expect(output).toContain('\nIPv4 nat ISTIO_INBOUND 1  -p tcp -m tcp --dport 15008 -j RETURN\n');
    expect(output).toContain('\n  no packet that it matches can reach it\n');
  });

  it('of a text has the name that its maker gives it', async () => {
    const source = file('2024-rule.txt', capture('2024-10-default.list.txt'));
    const { output } = await traced({ source, words: { rule: 'nat.proxy-to-app' }, output: 'json' });
    expect(JSON.parse(output)).toMatchObject({
      kind: 'RuleTrace',
      rule: 'nat.proxy-to-app',
      conditions: ['raw, mangle, filter, which are not shown, let everything pass unchanged'],
      rules: {
        ip: [{ table: 'nat', chain: 'ISTIO_OUTPUT', position: 1, id: 'nat.proxy-to-app', packets: [{ example: { source: '127.0.0.6' } }] }],
      },
    });
  });
});

describe('forms', () => {
  const json = async (request: Parameters<typeof traced>[0]) =>
    JSON.parse((await traced({ ...request, output: 'json' })).output) as Record<string, unknown>;

  it('json of a packet has its verdict, and each step', async () => {
    const document = await json({ words: APP, expect: 'direct' });
    expect(Object.keys(document)).toEqual([
      ...[
        'apiVersion',
        'kind',
        'simulated',
        'source',
        'expected',
        'asExpected',
        'taken',
        'packet',
        'verdict',
        'beyond',
        'ways',
        'tells',
        'steps',
        'final',
      ],
    ]);
    expect(document).toMatchObject({
      apiVersion: 'istio-init/v1',
      kind: 'PacketTrace',
      simulated: true,
      source: { name: "Istio 1.30.3, the injector's defaults", release: '1.30.3' },
      expected: 'direct',
      asExpected: false,
      packet: {
        family: 'ip',
        origin: 'local',
        protocol: 'tcp',
        source: '192.0.2.1',
        destination: '10.0.0.5',
        destinationPort: 80,
        uid: 1000,
      },
      verdict: { id: 'envoy-outbound', words: 'caught by Envoy outbound (15001)' },
      final: { destination: '127.0.0.1', destinationPort: 15001 },
    });
    expect(document['steps']).toContainEqual({
      kind: 'rule',
      table: 'nat',
      chain: 'ISTIO_OUTPUT',
      position: 8,
      depth: 1,
      answer: 'failed',
      text: '-d 127.0.0.1/32 -j RETURN',
      id: 'nat.loopback',
      because: 'Traffic to loopback stays in the pod. (outbound.loopback from default injection of 1.30.3)',
      failed: '-d 127.0.0.1/32: its destination is 10.0.0.5',
    });
  });

  it('json of what is not known has a branch for each answer', async () => {
    const document = await json({ words: { ...APP, from: 'uid:1000' } });
    expect(document).toMatchObject({
      verdict: { id: 'unknown' },
      ways: [{ id: 'direct' }, { id: 'envoy-outbound' }],
      tells: ['--from uid:N,gid:N'],
      notKnown: 'whether --gid-owner 1337 holds (rule 7 of ISTIO_OUTPUT in nat)',
      branches: [
        { answer: 'yes', verdict: { id: 'direct' } },
        { answer: 'no', verdict: { id: 'envoy-outbound' } },
      ],
    });
  });

  it('json of a request has its calls, with connections and answers', async () => {
    const document = await json({ words: { request: 'client-to-app' } });
    expect(Object.keys(document)).toEqual([
      'apiVersion',
      'kind',
      'simulated',
      'source',
      'taken',
      'request',
      'about',
      'addresses',
      'conditions',
      'calls',
    ]);
    expect(document).toMatchObject({
      kind: 'RequestTrace',
      request: 'client-to-app',
      addresses: { '192.0.2.1': 'this pod' },
      calls: [
        {
          outcome: { kind: 'answered', path: ['Envoy inbound', 'the application'], proxied: true, asMeant: true },
          connections: [
            { pod: 'this', says: 'The client calls the pod', verdict: { id: 'envoy-inbound' } },
            { says: 'Envoy calls the application', packet: { source: '127.0.0.6' }, verdict: { id: 'direct' } },
          ],
          answers: [{ says: 'The application answers Envoy' }, { says: 'Envoy inbound answers the client' }],
        },
      ],
    });
  });

  it('markdown has the answer first, and the text as a block', async () => {
    const { output } = await traced({ words: APP, output: 'markdown' });
    expect(output).toMatch(
      /^### Simulated trace\n\n\*\*`envoy-outbound: caught by Envoy outbound \(15001\)`\*\*\n\n```text\nenvoy-outbound: .*\n\nsimulated {2}Istio/,
    );
    expect(output.trimEnd()).toMatch(/\n```$/);
  });

  it('text in colour says the same', async () => {
    const marked: Paint = (style, text) => `<${style}>${text}</${style}>`;
    const { output } = await traced({ words: APP, paint: marked });
    expect(output).toContain('<added>envoy-outbound: caught by Envoy outbound (15001)</added>');
    expect(output.replace(/<\/?\w+>/g, '')).toBe((await traced({ words: APP })).output);
  });
});

const REQUESTS =
  'client-to-app, app-to-service, app-to-outside, app-to-itself, app-to-itself-by-service-ip, app-to-itself-by-pod-ip, app-to-itself-localhost, app-to-excluded-port, excluded-port, dns-lookup, dns-lookup-by-tcp, udp-to-service, health-check, prometheus-scrape, proxy-to-outside, app-as-proxy-user, init-container-before-proxy, ssh, tunnel, virtual-machine';

describe('refuses', () => {
  const refusal = async (request: Parameters<typeof traced>[0]): Promise<string> => {
    try {
      await traced(request);
    } catch (error) {
      if (error instanceof ProblemError) return error.message;
      throw error;
    }
    return 'not refused';
  };

  it.each<[string, Parameters<typeof traced>[0], string]>([
    [
      'nothing to trace',
      {},
      'trace: nothing is asked: say where a packet goes, as 10.0.0.5:80 from the app or pod:8080 from outside, or a whole request, as --request client-to-app',
    ],
    ['half a packet', { words: { from: 'app' } }, '--to is missing: where it goes (10.0.0.5:80, pod:8080, localhost:80)'],
    [
      'a misspelt verdict',
      { words: APP, expect: 'direkt' },
      `--expect "direkt" is not one of ${VERDICTS.join(', ')} (did you mean direct?)`,
    ],
    [
      'a misspelt form',
      { words: APP, output: 'jsn' },
      '--output "jsn" is not one of text, json, markdown, svg, mermaid, dot (did you mean json?)',
    ],
    [
      'a misspelt request',
      { words: { request: 'client-to-ap' } },
      `--request "client-to-ap" is not one of ${REQUESTS} (did you mean client-to-app?)`,
    ],
    [
      'a request with a sender',
      { words: { request: 'ssh', from: 'app' } },
      '--from does not go with --request, which sets all of it but --to',
    ],
    [
      'a request to nowhere',
      { words: { request: 'ssh', to: 'pods' } },
      /^--to "pods" is not an address, pod or localhost, .* \(did you mean pod\?\)$/ as never,
    ],
    [
      'a request in another family',
      { words: { request: 'ssh', to: '10.0.0.5:22' }, family: 'ip6' },
      '--family 10.0.0.5 is an address of ip',
    ],
    ['a port that is none', { words: { port: '0' } }, '--port "0" is not a port: 1 to 65535, or the name of a service such as https'],
    ['a port of a packet', { words: { ...APP, port: '80' } }, '--from does not go with --port, which is about all packets to it'],
    ['a rule of a packet', { words: { ...APP, rule: 'x' } }, '--from does not go with --rule, which is about all packets that it matches'],
    ['a verdict of a port', { words: { port: '80' }, expect: 'direct' }, '--expect does not go with --port, which has many verdicts'],
    [
      'a misspelt rule',
      { words: { rule: 'nat.lopback' }, given: { sets: ['outbound.includeRanges=', 'inbound.includePorts='] } },
      '--rule "nat.lopback" is no rule there; there are nat.jump-outbound, nat.inbound-tunnel-port, nat.redirect-inbound, nat.proxy-to-app, nat.proxy-to-own-pod.uid.1337, nat.app-to-itself.uid.1337, nat.proxy-out.uid.1337, nat.proxy-to-own-pod.gid.1337, nat.app-to-itself.gid.1337, nat.proxy-out.gid.1337, nat.loopback, nat.redirect-outbound (did you mean nat.loopback?)',
    ],
    ['a proxy that is no owner', { words: APP, proxy: 'root' }, '--proxy "root" is not a user and a group, as in uid:1337,gid:1337'],
    ['a misspelt family', { words: APP, family: 'ip4' }, '--family "ip4" is not one of ip, ip6 (did you mean ip?)'],
  ])('%s', async (_, request, line) => {
    const said = await refusal(request);
    if (typeof line === 'string') expect(said).toBe(line);
    else expect(said).toMatch(line);
  });
});

describe('an address that is given with the length of its network', () => {
  it('is the same address to a packet, to a request and to the pod that calls itself', async () => {
    for (const [address, to] of [
      ['10.0.0.7/24', 'pod:8080'],
      ['2001:db8::7/64', 'pod:8080'],
    ] as const) {
      const given = { release: '1.12', addresses: [address] };
      const family = address.includes(':') ? { family: 'ip6' } : {};
      for (const words of [
        { from: 'outside', to },
        { request: 'client-to-app' },
        { request: 'app-to-itself' },
        { request: 'health-check' },
      ]) {
        const { output, exitCode } = await traced({ given, words, ...family });
        const bare = await traced({ given: { ...given, addresses: [address.replace(/\/.*/, '')] }, words, ...family });
        expect({ output, exitCode }).toEqual({ output: bare.output, exitCode: 0 });
      }
    }
  });
});
