import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { answerTo, beyondOf } from '../../src/explorer/answer.ts';
import type { Question } from '../../src/explorer/question.ts';
import { ORDINARY, questionOf } from '../../src/explorer/question.ts';
import { TOUR } from '../../src/explorer/tour.ts';
import { BIN, ROOT, SHELL_BIN, scratchFolder } from '../cli/program.ts';
import { capture } from '../golden.ts';

const LISTING = capture('2021-01-default.list.txt');
const answer = (part: Partial<Question>) => answerTo({ ...ORDINARY, ...part });
const beyond = (part: Partial<Question>) => beyondOf({ ...ORDINARY, ...part });

const manifest = (name: string, annotations = ''): string =>
  `kind: Deployment\napiVersion: apps/v1\nmetadata:\n  name: ${name}\nspec:\n  template:\n    metadata:\n      annotations:\n        a: b\n${annotations}    spec: {containers: [{name: app}]}\n`;

describe('the answer to a question', () => {
  it('has the rules of a default pod, each with its reason, and where the packet goes', () => {
    const { title, problems, chains, path: way } = answer({});
    expect(title).toMatch(/^A default pod, Istio 1\.\d+/);
    expect(problems).toEqual([]);
    expect(chains.flatMap(({ rules }) => rules).every(({ why }) => why !== '')).toBe(true);
    expect(way?.id).toBe('envoy-outbound');
    expect(way?.steps.filter(({ mark }) => mark === '✓').at(-1)?.rule).toBe('ip nat ISTIO_REDIRECT 1');
    expect(beyond({}).escapes).toEqual([]);
  });

  it('says of each rule that did not match why', () => {
    const failed = answer({}).path?.steps.filter(({ mark }) => mark === '✗') ?? [];
    expect(failed.length).toBeGreaterThan(5);
    expect(failed[0]?.asides[0]).toBe('-s 127.0.0.6/32: its source is 192.0.2.1');
    expect(failed.every(({ asides }) => asides.length > 0)).toBe(true);
  });

  it('follows an annotation as the injector does', () => {
    const annotations = { excludeInboundPorts: '9100' };
    const { chains, yaml } = answer({ annotations });
    expect(chains.flatMap(({ rules }) => rules.map(({ text }) => text))).toContain('-p tcp -m tcp --dport 9100 -j RETURN');
    expect(beyond({ annotations }).escapes.map(({ ask }) => ask)).toEqual([
      { from: 'outside', to: 'pod:9100', protocol: 'tcp', state: 'new' },
    ]);
    expect(yaml).toContain("traffic.sidecar.istio.io/excludeInboundPorts: '9100'");
  });

  it('says what is wrong with an annotation, as the injector would', () => {
    const { problems, chains } = answer({ annotations: { excludeInboundPorts: 'http' } });
    expect(problems.map(({ text }) => text).join()).toContain('excludeInboundPorts');
    expect(problems.every(({ line }) => line === undefined)).toBe(true);
    expect(chains).toEqual([]);
  });

  it('lays settings over the pod, and says where each comes from', () => {
    const { chains, fields } = answer({ settings: { 'proxy.uids': '4321' }, annotations: { excludeOutboundPorts: '3306' } });
    expect(chains.flatMap(({ rules }) => rules.map(({ text }) => text))).toContain('-m owner --uid-owner 4321 -j RETURN');
    const origins = fields.settings.map(({ key, value, origin }) => [key, value, origin]);
    expect(origins).toContainEqual(['proxy.uids', '4321', 'set here']);
    expect(origins).toContainEqual(['outbound.excludePorts', '3306', 'traffic.sidecar.istio.io/excludeOutboundPorts']);
  });

  it('knows which fields a release reads, and what counts without them', () => {
    const field = (release: string, name: string) => answer({ release }).fields.annotations.find((one) => one.name === name);
    expect(field('1.30.3', 'excludeInboundPorts')?.byDefault).toBe('15090,15021,15020');
    expect([field('1.0.0', 'excludeInterfaces')?.read, field('1.30.3', 'excludeInterfaces')?.read]).toEqual([false, true]);
    const setting = answer({ release: '1.0.0' }).fields.settings.find(({ key }) => key === 'dropInvalid');
    expect(setting?.read).toBe(false);
  });

  it('recognises a listing, and knows the reasons, the counters and the lines of its rules', () => {
    const { title, chains, marks } = answer({ text: LISTING });
    expect(title).toBe('Exactly the rules of Istio 1.7.0 to 1.12.9');
    const rules = chains.flatMap((chain) => chain.rules);
    expect(rules.every(({ why, counted, line }) => why !== '' && counted !== '' && line !== undefined)).toBe(true);
    const last = rules.at(-1);
    expect(marks.find(({ line }) => line === last?.line)).toEqual({ line: last?.line, kind: 'read', text: '', rules: [last?.id] });
  });

  it('marks the lines that were not read, with the reason', () => {
    const { marks } = answer({ text: '*nat\n-A OUTPUT -j ISTIO_OUTPUT\n-A OUTPUT -p tcp --dport x:y -j RETURN\nCOMMIT\n' });
    expect(marks.map(({ line, kind }) => [line, kind])).toEqual([
      [2, 'read'],
      [3, 'warning'],
    ]);
    expect(marks[1]?.text).toContain("can't be read as a rule");
  });

  it('reads a manifest, marks what its annotations say, and takes the release that the page has', () => {
    const text = manifest('orders', '        traffic.sidecar.istio.io/excludeInboundPorts: "9100"\n');
    const { title, marks, chains } = answer({ text, release: '1.20.8' });
    expect(title).toBe('Deployment orders, Istio 1.20.8');
    const [mark] = marks.filter(({ rules }) => rules.length > 0);
    const rule = chains.flatMap(({ rules }) => rules).find(({ text: line }) => line.includes('9100'));
    expect(text.split('\n')[(mark?.line ?? 0) - 1]).toContain('excludeInboundPorts');
    expect(mark?.rules).toContain(rule?.id);
  });

  it('puts what is wrong with a manifest at its place', () => {
    const text = manifest('orders', '        traffic.sidecar.istio.io/excludeInboundPorts: "http"\n');
    const [problem] = answer({ text }).problems;
    expect(problem).toMatchObject({ line: 10, severity: 'error' });
    expect(problem?.column).toBeGreaterThan(1);
  });

  it('lets a reader choose among several workloads', () => {
    const text = `${manifest('orders')}---\n${manifest('billing')}`;
    const first = answer({ text });
    expect(first.parts.map(({ name }) => name)).toEqual(['Deployment orders', 'Deployment billing']);
    expect(answer({ text, part: first.parts[1]?.id ?? '' }).title).toMatch(/^Deployment billing, /);
    expect(answer({ text, part: 'gone' }).title).toMatch(/^Deployment orders, /);
  });

  it('lets a reader choose among the listings and manifests of a page', () => {
    const text = `# Before\n\n\`\`\`\n${LISTING}\`\`\`\n\n# The pod\n\n\`\`\`yaml\n${manifest('orders')}\`\`\`\n`;
    const { parts, part, title } = answer({ text });
    expect(parts.map(({ name }) => name.replace(/ \(line \d+\)/, ''))).toEqual(['rules: Before', 'Deployment orders']);
    expect([part, title]).toEqual(['#1', 'Exactly the rules of Istio 1.7.0 to 1.12.9']);
    expect(answer({ text, part: '#2' }).title).toMatch(/^Deployment orders, /);
  });

  it.each([
    ['golden/nftables', 'nft list ruleset of a sidecar', { dataplane: 'nftables' }, 'inet istio-proxy-nat'],
    ['golden/ambient', 'an ambient pod', { dataplane: 'ambient' }, 'nat'],
  ] as const)('has the rules of %s: %s', (_, __, part, table) => {
    const { chains, path: way, problems } = answer(part);
    expect(problems).toEqual([]);
    expect(chains.some((chain) => chain.table.includes(table))).toBe(true);
    expect(way?.id).toBe(part.dataplane === 'ambient' ? 'ztunnel-outbound' : 'envoy-outbound');
  });

  it('is that an example of the documents can be pasted as a whole', () => {
    const { parts, kind } = answer({ text: readFileSync(join(ROOT, 'docs/examples/bookinfo.yaml'), 'utf8') });
    expect(kind).toBe('workload');
    expect(parts.length).toBeGreaterThan(3);
  });

  it.each(['<img src=x onerror=alert(1)>', '\u0000\u001b[31m', '{', 'kind: Service\napiVersion: v1\n', '*nat\n:X', 'a: *b'])(
    'is that there is nothing to look at where there are neither rules nor workloads: %j',
    (text) => {
      const { kind, chains, problems } = answer({ text });
      expect({ kind, chains }).toEqual({ kind: 'nothing', chains: [] });
      expect(problems.length).toBeGreaterThan(0);
    },
  );

  it('leaves out of thousands of rules that did not match the last ones, and nothing that did', () => {
    const rule = '-A OUTPUT -p tcp -m tcp --dport 81 -j REDIRECT --to-ports 15001\n';
    const { path: way, chains } = answer({
      text: `*nat\n:OUTPUT ACCEPT [0:0]\n${rule.repeat(3000)}-A OUTPUT -p tcp -j REDIRECT --to-ports 15001\nCOMMIT\n`,
    });
    expect(way?.steps.filter(({ mark }) => mark === '✗')).toHaveLength(2000);
    expect(way?.steps.findLast(({ mark }) => mark === '✓')?.rule).toBe('ip nat OUTPUT 3001');
    expect(chains[0]?.rules).toHaveLength(3001);
  });

  it('says what is wrong with a packet and shows the rules all the same', () => {
    const { packetProblem, path: way, chains } = answer({ to: 'nowhere at all' });
    expect(way).toBeUndefined();
    expect(packetProblem).toContain('nowhere at all');
    expect(chains.length).toBeGreaterThan(3);
  });

  it('follows another user, an answer, and a packet of no connection', () => {
    expect(answer({ from: 'uid:1337,gid:1337' }).path?.id).toBe('direct');
    expect(answer({ from: 'root' }).packetProblem).toContain('uid:1000');
    expect(answer({ state: 'established' }).path?.packet).toContain('in an open connection');
    expect(answer({ state: 'invalid' }).path?.packet).toContain('INVALID');
  });
});

describe('a request', () => {
  it('has its connections and answers, each with its way', () => {
    const { path: way } = answer({ request: 'client-to-app' });
    expect(way?.request?.hops.map(({ label, id }) => [label, id])).toEqual([
      ['The client calls the pod', 'envoy-inbound'],
      ['Envoy calls the application', 'direct'],
      ['The application answers Envoy', 'direct'],
      ['Envoy inbound answers the client', 'direct'],
    ]);
    expect(way?.steps.filter(({ mark }) => mark === '✓').at(-1)?.rule).toBe('ip nat ISTIO_IN_REDIRECT 1');
    expect(answer({ request: 'client-to-app', hop: 1 }).path?.packet).toContain('127.0.0.6');
    expect(answer({ request: 'client-to-app', hop: 99 }).path?.packet).toContain('answers the client');
  });

  it('is a real one at each step of the tour', () => {
    const hops = TOUR.map(({ ask }) => answer(ask).path?.request?.hops[ask.hop]);
    expect(hops.map((hop) => hop?.id)).toEqual([
      ...['envoy-inbound', 'direct', 'direct', 'direct'],
      ...['envoy-outbound', 'direct', 'direct', 'direct'],
    ]);
    expect(hops.map((hop) => hop?.label.replace('Envoy outbound', 'Envoy').replace('Envoy inbound', 'Envoy'))).toEqual([
      ...['The client calls the pod', 'Envoy calls the application', 'The application answers Envoy', 'Envoy answers the client'],
      ...['The application calls outside', 'Envoy calls the same address', 'The other side answers Envoy', 'Envoy answers the application'],
    ]);
  });
});

describe('two states', () => {
  it('are equal where the release is the same, and differ by packets where it is another', () => {
    const same = beyond({ release: '1.28.0', against: '1.28.0' }).comparison;
    expect([same?.answer, same?.differences, same?.chains.some(({ differs }) => differs)]).toEqual(['equal', [], false]);
    const other = beyond({ release: '1.28.0', against: '1.12.9' }).comparison;
    const region = other?.differences.find(({ words }) => words.includes('port 22'));
    expect(region).toEqual({
      words: 'TCP to port 22 from outside: envoy-inbound in 1.28.0, direct in 1.12.9',
      ask: { from: 'outside', to: 'pod:22', protocol: 'tcp', state: 'new' },
    });
    const inbound = other?.chains.find(({ title }) => title === 'IPv4 nat ISTIO_INBOUND');
    expect(inbound?.rows.filter(({ same: equal }) => !equal)).toEqual([{ right: '-p tcp -m tcp --dport 22 -j RETURN', same: false }]);
  });

  it('set a changed rule beside what it was', () => {
    const { comparison } = beyond({ release: '1.30.3', against: '1.12.9' });
    const output = comparison?.chains.find(({ title }) => title === 'IPv4 nat OUTPUT');
    expect(output?.rows).toEqual([{ left: '-j ISTIO_OUTPUT', right: '-p tcp -j ISTIO_OUTPUT', same: false }]);
  });

  it('are before and after an annotation', () => {
    const annotations = { excludeInboundPorts: '9100' };
    const { comparison } = beyond({ annotations, against: 'before', from: 'outside', to: 'pod:9100' });
    expect(comparison?.differences.map(({ words }) => words)).toEqual([
      'TCP to port 9100 from outside: envoy-inbound in the pod before, direct in the pod now',
    ]);
    expect([comparison?.left.verdict, comparison?.right.verdict]).toEqual([
      'envoy-inbound: caught by Envoy inbound (15006)',
      'direct: reaches port 9100 of the pod, not caught',
    ]);
    const inbound = comparison?.chains.find(({ title }) => title === 'IPv4 nat ISTIO_INBOUND');
    expect(inbound?.rows.filter(({ same }) => !same)).toEqual([{ right: '-p tcp -m tcp --dport 9100 -j RETURN', same: false }]);
  });

  it('are a found listing and the pod that should be there', () => {
    const { comparison } = beyond({ text: LISTING, against: 'fields', release: '1.30.3' });
    expect(comparison?.chains.filter(({ differs }) => differs).map(({ title }) => title)).toContain('IPv4 nat ISTIO_INBOUND');
    expect(comparison?.right.title).toBe('A default pod, Istio 1.30.3');
  });

  it('say why where the other makes no rules', () => {
    const { comparison } = beyond({ text: LISTING, against: 'fields', annotations: { excludeInboundPorts: 'http' } });
    expect(comparison?.notes.join()).toContain('excludeInboundPorts');
  });
});

describe('a command line', () => {
  it.each<readonly [Partial<Question>, string]>([
    [{}, 'istio-init trace --from app --to 10.0.0.5:80'],
    [{ release: '1.20.8', to: "x'y" }, "istio-init trace --release 1.20.8 --from app --to 'x'\\''y'"],
    [{ annotations: { mode: 'TPROXY' }, request: 'ssh' }, 'istio-init trace -f pod.yaml --request ssh'],
    [
      { text: 'x', protocol: 'udp', state: 'established' },
      'istio-init trace FILE --from app --to 10.0.0.5:80 --protocol udp --state established',
    ],
    [{ dataplane: 'ambient', release: '1.29.0' }, 'istio-init preview --ambient @1.29.0'],
    [{ settings: { 'proxy.port': '15555' } }, 'istio-init trace --from app --to 10.0.0.5:80 --set proxy.port=15555'],
    [{ dataplane: 'nftables', release: '1.12.9' }, 'istio-init trace --release 1.12.9 --from app --to 10.0.0.5:80'],
  ])('of %j asks the same', (part, command) => {
    expect(answer(part).command).toBe(command);
  });

  it.each<readonly [Partial<Question>, string]>([
    [{}, BIN],
    [{ release: '1.20.8', annotations: { excludeOutboundPorts: '80' } }, SHELL_BIN],
    [{ dataplane: 'nftables' }, SHELL_BIN],
    [{ dataplane: 'nftables', settings: { 'outbound.excludePorts': '80' } }, SHELL_BIN],
    [{ dataplane: 'nftables', annotations: { excludeOutboundPorts: '80' }, from: 'proxy' }, SHELL_BIN],
    [{ dataplane: 'nftables', release: '1.12.9' }, SHELL_BIN],
  ])('of %j has, with the copied pod beside it, the verdict of the page', async (part, bin) => {
    const { command = '', yaml = '', path: way } = answer(part);
    const folder = scratchFolder();
    folder.write('pod.yaml', yaml);
    const path = `${bin}:${process.env['PATH']}`;
    const { stdout } = await execa('bash', ['-c', command], { cwd: folder.path, env: { PATH: path }, reject: false });
    folder.remove();
    expect(stdout).toContain(way?.verdict.replace(/^\S+: /, ''));
  });
});

describe('a question from a link', () => {
  it.each([null, 7, 'x', [], { release: '9.9', from: 7, to: 7, annotations: { mode: 7, wrong: 'x' }, text: {}, hop: 1.5, settings: 'x' }])(
    'is that of a default pod where nothing of it can be used: %j',
    (value) => {
      expect(questionOf(value)).toEqual(ORDINARY);
    },
  );

  it('is itself again', () => {
    const question: Question = {
      ...{ text: 'x', part: '#2', release: '1.20.8', dataplane: 'nftables', annotations: { mode: 'TPROXY' }, settings: { mode: 'NONE' } },
      ...{ against: 'fields', request: 'ssh', hop: 2, from: 'uid:7', to: 'pod:80', protocol: 'udp', state: 'established' },
    };
    expect(questionOf(JSON.parse(JSON.stringify(question)))).toEqual(question);
  });
});
