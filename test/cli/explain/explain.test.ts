import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textForm } from '../../../src/cli/explain/text.ts';
import { explain } from '../../../src/istio/advice/explain.ts';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { expectRefused, ROOT, run, scratchFolder } from '../program.ts';

const EXAMPLE = 'docs/examples/one-deployment.yaml';
const folder = scratchFolder();
afterAll(folder.remove);

interface Origin {
  readonly text: string;
  readonly kind: string;
  readonly key?: string;
}

interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly release: string;
  readonly of: Readonly<Record<string, unknown>> & { readonly initContainers: readonly object[] };
  readonly settings: readonly (Readonly<Record<string, unknown>> & { readonly name: string; readonly source: Origin })[];
  readonly unused: readonly (Readonly<Record<string, unknown>> & { readonly source: Origin })[];
  readonly rules: readonly { readonly id: string; readonly because: string; readonly settings: readonly string[] }[];
}

describe.concurrent('explain of a deployment', () => {
  let table = '';
  let json = '';
  beforeAll(async () => {
    const [printed, data] = await Promise.all([
      run(['explain', `${EXAMPLE}@1.6.14`, '--verbose']),
      run(['explain', `${EXAMPLE}@1.6.14`, '-o', 'json']),
    ]);
    expect([printed.exitCode, data.exitCode]).toEqual([0, 0]);
    [table, json] = [printed.stdout, data.stdout];
  });

  it('begins with whose plan it is, how its program is called, and the init container that runs it', () => {
    expect(table.split('\n').slice(0, 12)).toEqual([
      'Istio 1.6.14, Deployment web/shop',
      "by: the init container, as the release's injector would have it",
      "called as: istio-iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i '*' -x '' -b '*' -d \\",
      '           15090,15021,9100,15020 -o 3306',
      'init containers: 1 istio-init',
      'istio-init image: docker.io/istio/proxyv2:1.6.14',
      "istio-init args: istio-iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i '*' -x '' -b '*' -d \\",
      '                 15090,15021,9100,15020 -o 3306',
      'istio-init rights: allowPrivilegeEscalation false, capabilities.add NET_ADMIN NET_RAW,',
      '                   capabilities.drop ALL, privileged false, readOnlyRootFilesystem false, runAsGroup',
      '                   0, runAsNonRoot false, runAsUser 0',
      'pod: IPv4 only, as far as is known',
    ]);
  });

  it('has in its table what was given, what was ignored, and what is default', () => {
    expect(table).toContain(
      [
        'SET',
        'inbound.excludePorts        15090, 15021, 9100, 15020  docs/examples/one-deployment.yaml:13:55',
        '                                                       traffic.sidecar.istio.io/excludeInboundPorts',
        '                            instead of 15090,15021,15020 (default injection of 1.6.14)',
        '',
      ].join('\n'),
    );
    expect(table).toContain(
      [
        'IGNORED',
        'traffic.sidecar.istio.io/includeOutboundPorts: 443 (docs/examples/one-deployment.yaml:15:56)',
        '                            no effect: the injector of Istio 1.6.14 does not pass it; that came with',
        '                            1.7',
        '',
      ].join('\n'),
    );
    expect(table).toMatch(/^DEFAULT\nmode {24}REDIRECT {19}default injection of 1\.6\.14\n/m);
  });

  it('leaves the defaults out unless they are asked for', async () => {
    const { stdout } = await run(['explain', `${EXAMPLE}@1.6.14`]);
    expect(stdout).toMatch(/^DEFAULT\n\d+ settings \(--verbose shows them\)\n\n/m);
    const shown = new Set(table.split('\n'));
    expect(stdout.split('\n').filter((line) => !shown.has(line))).toEqual([expect.stringMatching(/^\d+ settings \(--verbose/)]);
  });

  it('has each rule with its reason below', () => {
    expect(table).toContain(
      'IPv4 nat ISTIO_OUTPUT\n  -p tcp -m tcp --dport 3306 -j RETURN\n      Outbound port 3306 is left alone. (outbound.excludePorts)\n',
    );
  });

  it('keeps within its columns', () => {
    expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('has no colour where nobody looks', () => {
    expect(table).not.toContain('\u001b');
  });

  it('is the same as data', () => {
    const document = JSON.parse(json) as Document;
    expect(document).toMatchObject({
      apiVersion: 'istio-init/v1',
      kind: 'Explanation',
      release: '1.6.14',
      of: {
        kind: 'workload',
        workload: { kind: 'Deployment', namespace: 'web', name: 'shop' },
        injected: true,
        found: false,
        installer: 'init',
        arguments: expect.arrayContaining(['-o', '3306']),
        environment: {},
      },
      pod: { addresses: [] },
    });
    expect(document.settings[0]).toEqual({
      name: 'inbound.excludePorts',
      value: [15090, 15021, 9100, 15020],
      source: {
        text: 'docs/examples/one-deployment.yaml:13:55',
        kind: 'file',
        file: EXAMPLE,
        line: 13,
        column: 55,
        key: 'traffic.sidecar.istio.io/excludeInboundPorts',
      },
      passedAs: '-d',
      over: [{ value: '15090,15021,15020', source: { text: 'default injection of 1.6.14', kind: 'injected', release: '1.6.14' } }],
      given: true,
      effect: 'some',
    });
    expect(document.settings.find(({ name }) => name === 'mode')).toMatchObject({ value: 'REDIRECT', given: false, over: [] });
    expect(document.unused.map(({ name, source }) => [name, source.text])).toEqual([
      ['traffic.sidecar.istio.io/includeOutboundPorts', `${EXAMPLE}:15:56`],
      ['traffic.sidecar.istio.io/excludeInterfaces', `${EXAMPLE}:16:53`],
    ]);
    expect(document.rules.find(({ settings }) => settings.includes('outbound.excludePorts'))?.because).toBe(
      'Outbound port 3306 is left alone.',
    );
  });

  it('has no key that its page does not name', () => {
    const document = JSON.parse(json) as Document;
    const page = readFileSync(join(ROOT, 'docs/explain.md'), 'utf8');
    const all = [
      document,
      document.of,
      ...document.settings,
      ...document.unused,
      ...document.rules,
      ...document.settings.map(({ source }) => source),
    ];
    const keys = new Set(all.flatMap((part) => Object.keys(part)));
    expect([...keys].filter((key) => !['line', 'column', 'release'].includes(key) && !page.includes(`\`${key}\``))).toEqual([]);
  });

  it('is the same data as YAML', async () => {
    const document = load((await run(['explain', `${EXAMPLE}@1.6.14`, '-o', 'yaml'])).stdout) as Document;
    const asData = JSON.parse(json) as Document;
    const [made] = document.of.initContainers;
    const [shown] = asData.of.initContainers;
    expect(made).toEqual({ ...shown, image: 'docker.io/istio/proxyv2:1.6.14' });
    expect({ ...document, of: { ...document.of, initContainers: [] } }).toEqual({ ...asData, of: { ...asData.of, initContainers: [] } });
  });

  it('is a page of tables for a ticket', async () => {
    const { stdout } = await run(['explain', '-f', EXAMPLE, '--release', '1.28.0', '-o', 'markdown']);
    expect(stdout).toContain('### Istio 1.28.0, Deployment web/shop\n');
    expect(stdout).toContain(
      '**no effect: all destinations are captured already (outbound.includeRanges is "\\*"); it adds to a list of ranges**',
    );
    expect(stdout).toContain(
      '| IPv4 nat ISTIO\\_OUTPUT | `-p tcp -m tcp --dport 3306 -j RETURN` | Outbound port 3306 is left alone. (outbound.excludePorts) |',
    );
    const tables = stdout.split('\n').filter((line) => line.startsWith('|'));
    expect(tables.every((line) => line.endsWith('|'))).toBe(true);
  });
});

/** As one line: where it is wrapped hangs on its words. */
function flat(text: string): string {
  return text.replace(/\s+/g, ' ');
}

describe.concurrent('explain', () => {
  it('takes settings of ours, --set and arguments', async () => {
    const file = await run(['explain', '-f', 'docs/examples/sidecar.yaml', '--set', 'outbound.excludePorts=1']);
    expect(flat(file.stdout)).toContain(
      'outbound.excludePorts 1 --set instead of 3306 (docs/examples/sidecar.yaml:10:17); none (default injection of 1.23.6)',
    );
    const words = await run(['explain', '@1.12.9', '--env', 'ISTIO_INBOUND_PORTS=80', '--', '-b', '81']);
    expect(flat(words.stdout)).toContain('inbound.includePorts 81 argument -b instead of 80 (environment ISTIO_INBOUND_PORTS); none');
    const none = await run(['explain']);
    expect(none).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('no settings given') });
    expect(none.stdout).toContain('\nSETTINGS\nmode ');
  });

  it('refuses a form that it does not have', async () => {
    expectRefused(
      await run(['explain', '-o', 'jsn']),
      '--output "jsn" is not one of table, json, yaml, markdown, svg, mermaid, dot (did you mean json?)',
    );
  });
});

describe('the table', () => {
  const sets = ['inbound.includePorts=8080', 'inbound.excludePorts=9090'];
  const explained = explain(planFromSettings({ sets }), { kind: 'settings', sets });

  it('colours headings, reasons, and what has no effect', () => {
    const styles = new Map<string, string>();
    const marked = textForm(
      explained,
      (style, text) => {
        styles.set(text.trim(), style);
        return text;
      },
      200,
    );
    expect(styles.get('SET')).toBe('heading');
    expect(styles.get('no effect: it counts only where all inbound ports are captured, and inbound.includePorts is a list')).toBe('moved');
    expect(styles.get('Inbound port 8080 is captured. (inbound.includePorts)')).toBe('aside');
    expect(marked).not.toContain('\u001b');
  });

  it.each([80, 100, 120])('has room in %i columns for the long name of the annotation that sets a value', (width) => {
    const name = 'traffic.sidecar.istio.io/includeOutboundIPRanges';
    const source = { kind: 'file', file: 'manifests/shop/deployment.yaml', line: 14, column: 56, key: name } as const;
    const settings = explained.settings.map((setting) => ({ ...setting, source }));
    const lines = textForm({ ...explained, settings }, (_, text) => text, width).split('\n');
    expect(lines.some((line) => line.includes(name))).toBe(true);
    expect(lines.filter((line) => line.length > width)).toEqual([]);
    expect(lines.filter((line) => line === '').length).toBe(
      textForm(explained, (_, text) => text, width)
        .split('\n')
        .filter((line) => line === '').length,
    );
  });

  it('wraps to its width, and keeps every word', () => {
    const words = (width: number): readonly string[] => textForm(explained, (_, text) => text, width).split(/\s+/);
    expect(words(80)).toEqual(words(160));
    const longest = Math.max(
      ...textForm(explained, (_, text) => text, 80)
        .split('\n')
        .map((line) => line.length),
    );
    expect(longest).toBeLessThanOrEqual(80);
  });
});
