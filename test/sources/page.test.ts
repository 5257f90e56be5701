/** Pages that hold several things: each is read, the rules where rules are wanted, and one is chosen by its number or its name. */

import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { check } from '../../src/cli/check/check.ts';
import { explain } from '../../src/cli/explain/explain.ts';
import { identifyRules } from '../../src/cli/identify/identify.ts';
import { lint } from '../../src/cli/lint/lint.ts';
import { preview } from '../../src/cli/preview/preview.ts';
import { plain } from '../../src/cli/terminal/color.ts';
import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import { printTableList } from '../../src/netfilter/list/print-list.ts';
import { printSave } from '../../src/netfilter/print.ts';
import type { SourceOptions } from '../../src/sources/options.ts';
import { scratchFolder } from '../cli/program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const NONE: SourceOptions = { sets: [], env: [], addresses: [], nameservers: [] };

const rules = (release: string, ...sets: readonly string[]) =>
  planFromSettings({ sets, release: { value: release, source: { kind: 'option', option: '--release' } } }).ip;
const listing = (release: string, ...sets: readonly string[]): string => printTableList(rules(release, ...sets), 'nat');
const fenced = (text: string, info = ''): string => `\`\`\`${info}\n${text.trimEnd()}\n\`\`\`\n`;
const deployment = (annotations = '', name = 'web'): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata:
      labels: { app: ${name} }
${annotations === '' ? '' : `      annotations:\n        ${annotations}\n`}    spec:
      containers:
        - { name: app, image: app }
`;

const written = (text: string, name = 'page.md'): string => join(folder.path, folder.write(name, text));
const identify = (source: string) => identifyRules({ source, given: NONE, output: 'text', paint: plain });
const checked = (source: string) => check({ source, given: NONE, output: 'text', paint: plain });
const headline = (output: string): string => output.split('\n')[0] ?? '';

describe('a page with a manifest and a listing', () => {
  it.each([
    [
      'in blocks of code',
      `# Help\n\nThe workload:\n\n${fenced(deployment(), 'yaml')}\nand in the pod:\n\n${fenced(listing('1.20.8'))}\nWhy?\n`,
    ],
    ['the listing first', `${fenced(listing('1.20.8'))}\n${fenced(deployment(), 'yaml')}`],
    ['without blocks', `${deployment()}\n# iptables -t nat -L -n -v\n${listing('1.20.8')}`],
    ['after prose, and with root’s prompt', `hi,\n\n${deployment()}\nroot@node:~# iptables -t nat -L -n -v\n${listing('1.20.8')}`],
    ['with a mark before the manifest', `my pod:\n---\n${deployment()}---\nrules:\n\n${listing('1.20.8')}`],
    ['a save in place of the listing', `${deployment()}\n$ iptables-save\n${printSave(rules('1.20.8'))}`],
    ['with CRLF', `${fenced(deployment(), 'yaml')}\n${fenced(listing('1.20.8'))}`.replaceAll('\n', '\r\n')],
  ])('%s: identify and check answer from the listing, lint and explain from the manifest', async (_, text) => {
    const file = written(text);
    const found = await identify(file);
    expect(headline(found.output)).toBe(`${file}: exactly the rules of Istio 1.18.0 to 1.24.6 (56 releases)`);
    expect(found.notes.join()).toMatch(
      /holds (?=.*#\d Deployment web \(line \d+\))(?=.*#\d rules \(line \d+).*: the rules are read, without #\d$/,
    );
    const { output, exitCode } = await checked(file);
    expect([headline(output).replace(/, as far.*/, ''), exitCode]).toEqual([`${file}: as it should be`, 0]);
    expect(output).toContain('Istio 1.24.6, Deployment default/web');
    expect(await lint({ files: [file], given: NONE, failOn: 'warning', output: 'text', paint: plain })).toMatchObject({ exitCode: 0 });
    expect((await explain({ source: file, given: NONE, output: 'text', paint: plain, width: 100 })).output).toContain(
      'Deployment default/web',
    );
  });

  it('uses the manifest for what it knows: rules without an exclusion that it asks for are not as they should be', async () => {
    const asks = deployment('traffic.sidecar.istio.io/excludeInboundPorts: "9100"');
    const file = written(`${fenced(asks, 'yaml')}\n${fenced(listing('1.20.8'))}`);
    const { output, exitCode } = await checked(file);
    expect(output).toContain('--dport 9100');
    expect([output.includes('NOT AS IT SHOULD BE'), exitCode]).toEqual([true, 1]);
    const same = written(`${fenced(asks, 'yaml')}\n${fenced(listing('1.20.8', 'inbound.excludePorts=15090,15021,9100,15020'))}`);
    expect((await checked(same)).exitCode).toBe(0);
  });

  it('answers from the listing alone where the manifest is broken or refused, and says why', async () => {
    for (const bad of [
      'traffic.sidecar.istio.io/excludeInboundPorts: "93OO"',
      'traffic.sidecar.istio.io/includeOutboundIPRanges: "10.0.0.0/33"',
    ]) {
      const file = written(`${fenced(deployment(bad), 'yaml')}\n${fenced(listing('1.20.8'))}`);
      const { exitCode, notes } = await checked(file);
      expect(exitCode).toBe(0);
      expect(notes.join()).toContain(`${file}#1 says nothing of the rules`);
    }
  });

  it('of several workloads none is taken for the pod of the rules', async () => {
    const file = written(`${fenced(`${deployment()}---\n${deployment('', 'shop')}`, 'yaml')}\n${fenced(listing('1.20.8'))}`);
    const { output, notes, exitCode } = await checked(file);
    expect(notes.join()).toContain('#1 Deployment web (line 2), #2 Deployment shop (line 15), #3 rules');
    expect([output.includes('with these settings'), exitCode]).toEqual([true, 0]);
  });
});

describe('a page with several listings', () => {
  const differing = `## Before the upgrade\n\n${fenced(listing('1.4.10'))}\n## After it\n\n${fenced(listing('1.20.8'))}`;

  it('of one table that differ asks for one of them, by number or by heading', async () => {
    const file = written(differing);
    await expect(identify(file)).rejects.toThrow(
      /several listings of IPv4 nat that differ: #1 rules \(line 4, "Before the upgrade"\), #2 rules \(line \d+, "After it"\); name one, as .*#1$/,
    );
    expect(headline((await identify(`${file}#1`)).output)).toContain('1.3.0 to 1.4.10');
    expect(headline((await identify(`${file}#2`)).output)).toContain('1.18.0 to 1.24.6');
    expect(headline((await identify(`${file}#after-it`)).output)).toContain('1.18.0 to 1.24.6');
    await expect(identify(`${file}#3`)).rejects.toThrow(/has no part "3"; it has #1 rules .*, #2 rules/);
  });

  it('of one table that say the same is read', async () => {
    const file = written(`${fenced(listing('1.20.8'))}\nand again\n\n${fenced(listing('1.20.8'))}`);
    expect(headline((await identify(file)).output)).toContain('exactly the rules of Istio 1.18.0');
  });

  it('of which one hides the interfaces takes the other, in either order', async () => {
    const bare = listing('1.20.8')
      .replace(/^ pkts bytes (target +prot opt )in +out +(.*)$/gm, '$1$2')
      .replace(/^ *\d+ +\d+ (\S+ +\S+ +-- +)\S+ +\S+ +/gm, '$1');
    for (const parts of [
      [bare, listing('1.20.8')],
      [listing('1.20.8'), bare],
    ]) {
      const { output, problems } = await identify(written(parts.map((part) => fenced(part)).join('\ntext\n\n')));
      expect(headline(output)).toContain('exactly the rules of Istio 1.18.0');
      expect(problems).toEqual([]);
    }
  });

  it('of different tables is one state, and of node and pod that of the pod', async () => {
    const tproxy = rules('1.20.8', 'mode=TPROXY');
    const both = written(
      ['nat', 'mangle'].map((table) => `${fenced(`# iptables -t ${table} -L -n -v\n${printTableList(tproxy, table)}`)}`).join('\n'),
    );
    expect((await identify(both)).output).toContain('* mode: TPROXY');
    const node =
      '# iptables -t nat -L -n -v\nChain PREROUTING (policy ACCEPT 0 packets, 0 bytes)\n pkts bytes target     prot opt in     out     source               destination\n    0     0 KUBE-SERVICES  all  --  *      *       0.0.0.0/0            0.0.0.0/0\n\nChain KUBE-SERVICES (1 references)\n pkts bytes target     prot opt in     out     source               destination\n';
    const { output, notes } = await identify(written(`## node\n\n${fenced(node)}\n## pod\n\n${fenced(listing('1.20.8'))}`));
    expect(headline(output)).toContain('exactly the rules of Istio 1.18.0');
    expect(notes.join()).toContain('without #1');
  });
});

describe('one of several manifests', () => {
  it('is named by its number, its name, or its kind and name', async () => {
    const file = written(`${deployment()}---\n${deployment('traffic.sidecar.istio.io/excludeInboundPorts: "9100"', 'shop')}`, 'two.yaml');
    for (const part of ['2', 'shop', 'deployment/shop', 'Deployment/shop'])
      expect((await preview({ source: `${file}#${part}`, given: NONE, explain: false })).output).toContain('--dport 9100');
    expect((await preview({ source: `${file}#web`, given: NONE, explain: false })).output).not.toContain('--dport 9100');
    const linted = (part: string) => lint({ files: [`${file}#${part}`], given: NONE, failOn: 'warning', output: 'text', paint: plain });
    expect((await linted('3')).output).toContain('has no part "3"; it has #1 Deployment web (line 1), #2 Deployment shop (line 14)');
    await expect(linted('nobody')).rejects.toThrow(/"nobody" is not in .*which holds 2 workloads \(Deployment\/default\/web, /);
  });

  it('a file whose own name has such a sign is that file, and a ConfigMap that holds rules is a manifest', async () => {
    const file = written(deployment(), 'a#1');
    expect((await preview({ source: file, given: NONE, explain: false })).output).toContain('ISTIO_INBOUND');
    const map = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: rules }\ndata:\n  rules: |\n    *nat\n    -A OUTPUT -j ISTIO_OUTPUT\n    COMMIT\n---\n${deployment()}`;
    expect((await preview({ source: written(map, 'map.yaml'), given: NONE, explain: false })).output).toContain('ISTIO_INBOUND');
  });
});
