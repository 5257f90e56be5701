import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWhyOperands } from '../../../src/cli/why/operands.ts';
import { sinceRelease } from '../../../src/cli/why/since.ts';
import { KNOWN } from '../../../src/istio/releases/every-release.ts';
import { position } from '../../../src/istio/releases/known.ts';
import { piped, run, SHELL_PROGRAM, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const orders = (name: string, excluded: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  template:
    metadata:
      annotations: {traffic.sidecar.istio.io/excludeOutboundPorts: "${excluded}"}
    spec:
      containers: [{name: orders, image: registry.example/orders}]
`;
folder.write('orders.yaml', orders('orders', '3306'));
const here = (...args: readonly string[]): ReturnType<typeof run> => run(args, { cwd: folder.path });

beforeAll(async () => {
  const [before, after, list] = await Promise.all([
    here('preview', '@1.28.0', '-o', 'save'),
    here('preview', 'orders.yaml@1.28.0', '-o', 'save'),
    here('preview', 'orders.yaml@1.28.0', '-o', 'list'),
  ]);
  folder.write(
    'many.yaml',
    ['3306', '5432', '6379', '9092', '27017', '80', '443'].map((port) => orders(`orders-${port}`, port)).join('---\n'),
  );
  folder.write('before.txt', before.stdout);
  folder.write('after.txt', after.stdout);
  folder.write('list.txt', list.stdout.replace(/^( *)0( +)0( RETURN .*dpt:3306)/m, '$17$2420$3'));
});

describe.concurrent('why', () => {
  it('is not sure of an answer where a rule could not be read, and says what may be there', async () => {
    const { stdout } = await run(['preview', '@1.28.0', '-o', 'save']);
    folder.write('unread.txt', stdout.replace(/^-A ISTIO_OUTPUT -j ISTIO_REDIRECT$/m, '-A ISTIO_OUTPUT -m foo --frob "'));
    const found = await here('why', 'unread.txt', '10.0.0.5:80');
    expect(found.stdout).toMatch(
      /^TCP from the app to 10\.0\.0\.5:80: unknown: direct by what can be seen .* but there is more: nat: a line/,
    );
  });

  it('says where a connection goes, which rule decides, who set it, and what to do', async () => {
    const { exitCode, stdout, stderr } = await here('why', 'orders.yaml@1.28.0', '10.20.30.40:3306');
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`TCP from the app to 10.20.30.40:3306: direct: leaves the pod by eth0, not caught
in        Istio 1.28.0, Deployment shop/orders
rule      nat ISTIO_OUTPUT 1: -p tcp -m tcp --dport 3306 -j RETURN
because   Outbound port 3306 is left alone.
set by    traffic.sidecar.istio.io/excludeOutboundPorts: 3306 (orders.yaml:7:68)
do        remove 3306 from traffic.sidecar.istio.io/excludeOutboundPorts, and it is captured
more      istio-init why orders.yaml 10.20.30.40:3306 --verbose --release 1.28.0
`);
  });

  it('of two states says what it was before, and what changed it', async () => {
    const { stdout } = await here('why', 'before.txt', 'after.txt', '10.20.30.40:3306');
    expect(stdout).toMatch(/^TCP from the app to 10\.20\.30\.40:3306: direct: .* \(before: envoy-outbound\)\n/);
    expect(stdout).toContain('\nrule      nat ISTIO_OUTPUT 1: -p tcp -m tcp --dport 3306 -j RETURN  (line 1');
    expect(stdout).toContain('\nbefore    envoy-outbound: nat ISTIO_OUTPUT 9: -j ISTIO_REDIRECT (before.txt (IPv4))\n');
    expect(stdout).toContain('\nchanged   that rule is new, of outbound.excludePorts\n');
    const back = await here('why', 'after.txt', 'before.txt', '10.20.30.40:3306');
    expect(back.stdout).toContain('\nchanged   the rule of before is gone, of outbound.excludePorts\n');
    const same = await here('why', 'before.txt', 'after.txt', '10.20.30.40:80');
    expect(same.stdout.split('\n')[0]).toMatch(/ \(as before\)$/);
  });

  it('of two releases says since which, and the change', async () => {
    const { stdout } = await here('why', 'orders.yaml@1.12', 'orders.yaml@1.28', 'pod:22');
    expect(stdout).toContain(
      '\nsince     Istio 1.13.0: Inbound port 22 is captured like any other where all inbound ports are captured.\n',
    );
    expect((await here('why', '@1.12', '@1.28', 'pod:22')).stdout).toContain('\nsince     Istio 1.13.0: ');
  });

  it('a manifest beside rules says what it asks for', async () => {
    const [same, other] = await Promise.all([
      here('why', 'after.txt', 'orders.yaml@1.28.0', '10.20.30.40:3306'),
      here('why', 'before.txt', 'orders.yaml@1.28.0', '10.20.30.40:3306'),
    ]);
    expect(same.stdout).toContain(
      '\nmanifest  asks for the same by traffic.sidecar.istio.io/excludeOutboundPorts: 3306 (orders.yaml:7:68)\n',
    );
    expect(other.stdout).toContain(
      'would have it direct by traffic.sidecar.istio.io/excludeOutboundPorts: 3306 (orders.yaml:7:68); these are not its rules\n',
    );
  });

  it('what the kernel counted is said of the rule, and what the listing hides', async () => {
    const { stdout } = await here('why', 'list.txt', '10.20.30.40:3306');
    expect(stdout).toContain('\nseen      that rule has counted 7 packets\n');
    expect(stdout).toContain('\nif        what is not shown does nothing\n');
  });

  it('a rule of somebody else in front of all is no setting of Istio: the rules are what is wrong', async () => {
    const { stdout } = await here('preview', '@1.28.0', '-o', 'save');
    folder.write('front.txt', stdout.replace('-A PREROUTING', '-A OUTPUT -p tcp -m tcp --dport 7777 -j ACCEPT\n-A PREROUTING'));
    const found = await here('why', 'front.txt', '10.0.0.5:7777');
    expect(found.stdout).toMatch(/: direct: [^]*\nrule {6}nat OUTPUT 1: -p tcp -m tcp --dport 7777 -j ACCEPT /);
    expect(found.stdout).toMatch(
      /\ndo {8}the rules are not those of Istio \S+, by which it is envoy-outbound: istio-init check says what is different\n/,
    );
  });

  it('takes the sender in words, with an arrow or without', async () => {
    const [arrow, to, quoted, without] = await Promise.all([
      here('why', 'orders.yaml', 'app', '->', '10.0.0.5:80'),
      here('why', 'orders.yaml', 'app', 'to', '10.0.0.5:80'),
      here('why', 'orders.yaml', 'app -> 10.0.0.5:80'),
      here('why', 'orders.yaml', '10.0.0.5:80'),
    ]);
    for (const one of [to, quoted, without]) expect(one).toEqual(arrow);
    const own = await here('why', 'orders.yaml', 'uid:1337', '10.0.0.5:80');
    expect(own.stdout).toContain("\ndo        run the application as another user than 1337, the proxy's, and it is captured\n");
  });

  it('of several workloads answers for each, or for the one that is the sender', async () => {
    const all = `${await text('orders')}---\n${await text('cart')}`;
    folder.write('shop.yaml', all);
    const [each, one] = await Promise.all([
      here('why', 'shop.yaml', '10.0.0.5:3306'),
      here('why', 'shop.yaml', 'deploy/cart', 'to', '10.0.0.5:3306'),
    ]);
    expect(each.stdout.split('\n\n')[0]).toContain('1 workload: Deployment shop/orders\n  TCP from the app to 10.0.0.5:3306: direct');
    expect(one.stdout).toMatch(/^TCP from the app to 10\.0\.0\.5:3306: envoy-outbound: .*\nin {8}Istio \S+, Deployment shop\/cart\n/);
  });

  it('shows the trail where it is asked for, is data, a ticket, and a test', async () => {
    const [verbose, json, markdown, expected] = await Promise.all([
      here('why', 'orders.yaml', '10.0.0.5:3306', '--verbose'),
      here('why', 'orders.yaml', '10.0.0.5:3306', '-o', 'json'),
      here('why', 'orders.yaml', '10.0.0.5:3306', '-o', 'markdown'),
      here('why', 'orders.yaml', '10.0.0.5:3306', '--expect', 'envoy-outbound'),
    ]);
    expect(verbose.stdout).toContain('\nnat OUTPUT, out by eth0\n  ✓ OUTPUT 1');
    expect(JSON.parse(json.stdout)).toMatchObject({
      kind: 'Why',
      verdict: { id: 'direct' },
      rule: { chain: 'ISTIO_OUTPUT', setting: { key: 'outbound.excludePorts', value: '3306', source: 'orders.yaml:7:68' } },
      fix: { verdict: { id: 'envoy-outbound' } },
    });
    expect(markdown.stdout).toMatch(/^### TCP from the app to 10\.0\.0\.5:3306: direct: .*\n\n```text\nin /);
    expect([verbose.exitCode, expected.exitCode]).toEqual([0, 1]);
  });

  it('reads a pipe, and no more than twelve lines come of anything', async () => {
    const { stdout } = await piped('after.txt', ['why', '10.20.30.40:3306'], { cwd: folder.path });
    expect(stdout).toMatch(/^TCP from the app to 10\.20\.30\.40:3306: direct/);
    const crowded = await here('why', 'before.txt', 'list.txt', 'orders.yaml', 'outside', 'to', 'pod:3306');
    expect(crowded.stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(12);
  });

  it.each([60, 80, 120])(
    'has twelve lines at most on a terminal of %d columns, whatever is given, and the fix is among them',
    (columns) => {
      const on = (words: string): readonly string[] => {
        const call = `stty cols ${columns} rows 50; '${SHELL_PROGRAM}' why ${words}`;
        const { stdout } = spawnSync('script', ['-qec', call, '/dev/null'], {
          cwd: folder.path,
          encoding: 'utf8',
          env: { ...process.env, TERM: 'xterm', NO_COLOR: '1' },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        return stdout.replaceAll('\r', '').trimEnd().split('\n');
      };
      const long = on('before.txt list.txt orders.yaml 10.20.30.40:3306');
      expect(long.length).toBeLessThanOrEqual(12);
      expect(long.some((line) => line.startsWith('do  '))).toBe(true);
      expect(long.find((line) => line.startsWith('more  '))).toMatch(/^more {6}istio-init why /);
      const several = on('many.yaml 10.20.30.40:3306 2>/dev/null');
      expect(several.length).toBeLessThanOrEqual(12);
      expect(several.join('\n')).toMatch(/\n +istio-init why [^]*many\.yaml#/);
      expect(on('--verbose before.txt list.txt orders.yaml 10.20.30.40:3306').length).toBeGreaterThan(12);
    },
  );

  it('names no rule that only leads to another chain as the one that decides', async () => {
    const { stdout } = await here('why', '@1.28.0', '--set', 'outbound.includeRanges=10.0.0.0/8', '192.0.2.9:443');
    expect(stdout).not.toContain('-j ISTIO_OUTPUT\n');
    const none = await here('why', '@1.28.0', '--set', 'outbound.includeRanges=', '192.0.2.9:443');
    expect(none.stdout).toContain('\nbecause   no rule captures it\n');
  });

  it('calls a pipe standard input', async () => {
    const { stdout } = await piped('after.txt', ['why', '10.20.30.40:3306'], { cwd: folder.path });
    expect(stdout).toContain('\nin        standard input (IPv4): Istio 1.');
  });

  it('draws the way, and of two states the way before beside the one now', async () => {
    const [svg, mermaid, dot] = await Promise.all([
      here('why', 'before.txt', 'after.txt', '10.20.30.40:3306', '-o', 'svg'),
      here('why', 'before.txt', 'after.txt', '10.20.30.40:3306', '-o', 'mermaid'),
      here('why', 'orders.yaml', '10.20.30.40:3306', '-o', 'dot'),
    ]);
    expect(svg.stdout).toMatch(
      /^<svg [^>]*role="img"[^]*<title[^>]*>TCP from the app to 10\.20\.30\.40:3306: direct: [^]*before: before\.txt[^]*now: after\.txt/,
    );
    expect(mermaid.stdout).toMatch(/^flowchart TD\n[^]*before: before\.txt[^]*now: after\.txt/);
    expect(dot.stdout).toMatch(/^digraph \{\n[^]*--dport 3306 -j RETURN/);
  });

  it.each([
    [['orders.yaml'], /^istio-init: why: "orders\.yaml" is a SOURCE, and no HOST:PORT follows; the last word is HOST:PORT/],
    [[], /^istio-init: why: nothing is asked; /],
    [['nothing.txt', '10.0.0.5:80'], /^istio-init: why: "nothing\.txt" is neither a SOURCE that is there nor app/],
    [['nothing.txt', 'orders.yaml', '10.0.0.5:80'], /^istio-init: why: nothing\.txt does not exist/],
    // What the shell leaves of an arrow.
    [['orders.yaml', 'app', '-'], /quote the arrow, or write "to"/],
    [['orders.yaml', '->', '10.0.0.5:80'], /^istio-init: why: to wants a sender before it/],
  ])('%j is refused', async (words, message) => {
    expect(await here('why', ...words)).toEqual({ exitCode: 2, stdout: '', stderr: expect.stringMatching(message) });
  });
});

async function text(name: string): Promise<string> {
  const annotations = name === 'orders' ? '{traffic.sidecar.istio.io/excludeOutboundPorts: "3306"}' : '{}';
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: shop}\nspec:\n  template:\n    metadata: {annotations: ${annotations}}\n    spec: {containers: [{name: app, image: registry.example/app}]}\n`;
}

describe('the words of why', () => {
  it('name a sender only where it is one', () => {
    expect(readWhyOperands(['@1.20', 'outside', 'to', 'pod:80'])).toEqual({ sources: ['@1.20'], from: 'outside', to: 'pod:80' });
    expect(readWhyOperands(['pod:80'])).toEqual({ sources: [], from: 'outside', to: 'pod:80' });
    expect(readWhyOperands(['@1.20', '@1.28', 'orders', '→', 'a.b:80'])).toEqual({
      sources: ['@1.20', '@1.28'],
      from: 'app',
      to: 'a.b:80',
      workload: 'orders',
    });
  });
});

describe('since', () => {
  it.each(['1.13.0', '1.20.3', '1.28.0'])('finds %s in few steps', async (at) => {
    let asked = 0;
    const { release } = await sinceRelease(['1.5.0', '1.28.0'], async (one) => {
      asked += 1;
      return position(one) >= position(at) ? 'envoy-inbound' : 'direct';
    });
    expect(release).toBe(at);
    expect(asked).toBeLessThan(2 + Math.log2(KNOWN.length) + 1);
  });

  it('goes back in time as well', async () => {
    const { release } = await sinceRelease(['1.28.0', '1.5.0'], async (one) =>
      position(one) >= position('1.13.0') ? 'envoy-inbound' : 'direct',
    );
    expect(release).toBe('1.12.9');
  });
});
