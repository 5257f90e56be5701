import { describe, expect, it } from 'vitest';
import { githubForm } from '../../../src/cli/lint/github.ts';
import { lint } from '../../../src/cli/lint/lint.ts';
import { sarifDocument } from '../../../src/cli/lint/sarif.ts';
import { thresholdOption } from '../../../src/cli/lint/threshold.ts';
import { plain } from '../../../src/cli/terminal/color.ts';
import { counting } from '../../../src/istio/kubernetes/rule-groups/tally.ts';
import { lintFiles } from './linting.ts';

const pod = (name: string, annotation: string, value: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\n  annotations:\n    ${annotation}: "${value}"\nspec:\n  containers:\n    - name: app\n`;
const TRAFFIC = 'traffic.sidecar.istio.io/';
const WARNED = pod('warned', `${TRAFFIC}includeOutboundPorts`, '443');
const NOTED = pod('noted', `${TRAFFIC}includeOutboundIPRanges`, '');
const REFUSED = pod('refused', `${TRAFFIC}excludeOutboundPorts`, 'http');
const CLEAN = pod('clean', `${TRAFFIC}excludeOutboundPorts`, '3306');

describe('exit codes', () => {
  it.each([
    ['clean', CLEAN, 'note', 0],
    ['a note below warning', NOTED, 'warning', 0],
    ['a note at note', NOTED, 'note', 1],
    ['a warning', WARNED, 'warning', 1],
    ['a warning below error', WARNED, 'error', 0],
    ['an error at error', REFUSED, 'error', 1],
    ['an error, never', REFUSED, 'never', 0],
  ])('%s', async (_, text, failOn, exitCode) => {
    expect((await lintFiles({ 'pod.yaml': text }, { failOn })).exitCode).toBe(exitCode);
  });

  it('a document that can not be read is 2, and the others are looked at all the same', async () => {
    const { exitCode, output } = await lintFiles({ 'pods.yaml': `${WARNED}---\na: [1\n---\n${NOTED}` }, { failOn: 'never' });
    expect(exitCode).toBe(2);
    expect(output.match(/^\w+ +pods\.yaml:\d+/gm)?.map((line) => line.replace(/ +/, ' '))).toEqual([
      expect.stringMatching(/^error pods.yaml:1[12]$/),
      'warning pods.yaml:6',
      'note pods.yaml:18',
    ]);
  });
});

describe('what can not be used', () => {
  const given = { sets: [], env: [], addresses: [], nameservers: [] };
  const asked = { files: [] as readonly string[], given, failOn: 'warning', output: 'table', paint: plain };

  it('nothing to look at', async () => {
    await expect(lint(asked)).rejects.toThrow('lint no input; name a file or a folder, or - for standard input');
  });

  it('standard input twice', async () => {
    await expect(lint({ ...asked, files: ['-', '-'] })).rejects.toThrow('- standard input can be read once');
  });

  it('an unknown form, severity or release', async () => {
    await expect(lint({ ...asked, output: 'sarife' })).rejects.toThrow('(did you mean sarif?)');
    await expect(lint({ ...asked, files: ['x'], given: { ...given, release: '2.0' } })).rejects.toThrow('not a known release');
  });

  it.each([
    ['warn', '(did you mean warning?)'],
    ['Error', '(did you mean error?)'],
    ['erorr', '(did you mean error?)'],
    ['WARNING', '(did you mean warning?)'],
  ])('--fail-on %s is answered with %s, under the name that was given', async (failOn, answer) => {
    const refused = lint({ ...asked, files: ['x'], failOn, failOnOption: '--failure-threshold' });
    await expect(refused).rejects.toThrow(/^--failure-threshold /);
    await expect(refused).rejects.toThrow(answer);
  });

  it('one letter is no beginning', async () => {
    await expect(lint({ ...asked, files: ['x'], failOn: 'e' })).rejects.toThrow(/"e" is not one of error, warning, note, never$/);
  });

  it('the name of the threshold is the last that stands there', () => {
    expect(thresholdOption(['lint', 'a.yaml'])).toBe('--fail-on');
    expect(thresholdOption(['lint', '--failure-threshold', 'x'])).toBe('--failure-threshold');
    expect(thresholdOption(['lint', '--fail-on=a', '--failure-threshold=x', 'a.yaml'])).toBe('--failure-threshold');
    expect(thresholdOption(['lint', '--failure-threshold=x', '--fail-on', 'a'])).toBe('--fail-on');
  });

  it('what a mesh is installed with, by each of its objects', async () => {
    const map = (name: string): string =>
      `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "${name}"}, "data": {"mesh": "{}", "values": "{}"}}`;
    const list = `{"apiVersion": "v1", "kind": "List", "items": [\n${map('istio')},\n${map('istio-sidecar-injector')}\n]}\n`;
    const refused = lintFiles({ 'cm.json': list });
    await expect(refused).rejects.toThrow(
      /cm.json:2:\d+ the ConfigMap istio holds what a mesh is installed with, no workload; give it with --values\n.*cm.json:3:\d+ the ConfigMap istio-sidecar-injector holds/,
    );
    await expect(refused).rejects.not.toThrow('warning');
  });
});

it('the summary tells what was looked at and passed over', async () => {
  const { notes } = await lintFiles({ 'a.yaml': `${WARNED}---\n${WARNED}---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n` });
  expect(notes).toEqual(['note: 2 workloads linted, 1 of them different: 1 warning', 'note: without pods, so ignored: 1 Service']);
});

it('a list of thousands keeps nobody waiting, and the pods beside it are looked at', async () => {
  const ports = Array.from({ length: 20_000 }, (_, index) => index + 1).join(',');
  const ranges = Array.from({ length: 10_000 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`).join(',');
  const texts = [pod('ports', `${TRAFFIC}excludeOutboundPorts`, ports), pod('ranges', `${TRAFFIC}excludeOutboundIPRanges`, ranges), WARNED];
  const { output, notes } = await lintFiles({ 'a.yaml': texts.join('---\n') });
  expect(output).toContain('Pod default/warned');
  expect(notes).toEqual([
    'note: 3 workloads linted: 1 warning',
    'note: dead rules were not looked for in 2 workloads: the rule sets are too many, or too large',
  ]);
});

it('an image that tells no release is counted, and what hangs on no release is looked at', async () => {
  const image =
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n    traffic.sidecar.istio.io/excludeOutboundPort: "1"\nspec:\n  initContainers:\n    - name: istio-init\n      image: registry.example/proxyv2:custom\n      args: [istio-iptables, -p, "15001"]\n';
  const { notes, output, exitCode } = await lintFiles({ 'a.yaml': image });
  expect(notes[1]).toBe('note: the release of 1 workload is not known, so their rules were not linted; name it with --image-release');
  expect(output).toContain('image-without-release');
  expect(output).toContain('unknown-annotation (IST0108)');
  expect(exitCode).toBe(1);
});

describe('forms', () => {
  it('an annotation of a GitHub workflow is a line a place', async () => {
    const { output } = await lintFiles({ 'a.yaml': `${NOTED}---\n${NOTED.replace('noted', 'second')}` }, { output: 'github' });
    expect(output).toBe(
      [6, 16]
        .map(
          (line) =>
            `::notice file=a.yaml,line=${line},col=55,title=captures-nothing::traffic.sidecar.istio.io/includeOutboundIPRanges is empty: no outbound traffic is captured; fix: nothing, where that is meant; otherwise remove it, or write "*"\n`,
        )
        .join(''),
    );
  });

  const hostile = (file: string): Parameters<typeof githubForm>[0] => {
    const members = counting();
    members.add({ owner: 'Pod a/b', source: { kind: 'file', file, line: 3, column: 4 } });
    return {
      results: [
        {
          code: 'bad-yaml',
          severity: 'error',
          source: { kind: 'file', file, line: 3, column: 4 },
          text: '100% of\nit::',
          edits: [],
          places: [
            { kind: 'file', file, line: 3, column: 4 },
            { kind: 'file', file: '/tmp/x y', line: 0, column: 0 },
          ],
          workloads: members.tally(),
          names: ['Pod a/b'],
        },
      ],
      unlisted: [{ code: 'bad-yaml', severity: 'error', count: 7 }],
      workloads: 1,
      distinct: 1,
      unknownReleases: 0,
      skipped: new Map(),
    };
  };

  it('of a GitHub workflow nothing ends a command or a property', () => {
    expect(githubForm(hostile('a,b:c\n::error::%'))).toBe(
      '::error file=a%2Cb%3Ac%0A%3A%3Aerror%3A%3A%25,line=3,col=4,title=bad-yaml::100%25 of%0Ait::\n' +
        '::error file=/tmp/x y,title=bad-yaml::100%25 of%0Ait::\n' +
        '::error title=bad-yaml::7 more of bad-yaml\n',
    );
  });

  it('SARIF has rules, levels and places, and addresses of files', () => {
    expect(sarifDocument(hostile('dir/a b#.yaml'))).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: { name: 'istio-init', rules: [{ id: 'bad-yaml', help: { text: expect.stringContaining('docs/lint/reading.md') } }] },
          },
          results: [
            {
              ruleId: 'bad-yaml',
              ruleIndex: 0,
              level: 'error',
              locations: [
                { physicalLocation: { artifactLocation: { uri: 'dir/a%20b%23.yaml' }, region: { startLine: 3, startColumn: 4 } } },
              ],
            },
            { locations: [{ physicalLocation: { artifactLocation: { uri: 'file:///tmp/x%20y' } } }] },
            { message: { text: '7 more of bad-yaml' } },
          ],
        },
      ],
    });
  });

  it.each([
    ['excludeOutboundIPRanges', '10.0.0.0/8,10.0.0.0/8', '10.0.0.0/8'],
    ['excludeOutboundIPRanges', '10.1.0.0/16,10.0.0.0/8,10.1.0.0/16', '10.0.0.0/8'],
    ['excludeOutboundIPRanges', '10.1.2.3/16', '10.1.0.0/16'],
    ['excludeOutboundPorts', '1,2,1,1', '1,2'],
    ['excludeOutboundPorts', '8000:8100,8050', undefined],
  ])('JSON has what --fix writes: %s %s', async (name, from, to) => {
    const pod = `apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations: {traffic.sidecar.istio.io/${name}: "${from}"}\nspec: {containers: []}\n`;
    const { output } = await lintFiles({ 'a.yaml': pod }, { output: 'json' });
    const { results } = JSON.parse(output) as { results: { edit?: object }[] };
    expect(results[0]?.edit).toEqual(to === undefined ? undefined : { what: 'value', from, to });
  });

  it('JSON has the keys that docs/lint.md names', async () => {
    const { output } = await lintFiles({ 'a.yaml': WARNED }, { output: 'json' });
    expect(JSON.parse(output)).toEqual({
      apiVersion: 'istio-init/v1',
      kind: 'LintReport',
      workloads: 1,
      distinct: 1,
      unknownReleases: 0,
      skipped: {},
      results: [
        {
          code: 'included-outbound-ports-idle',
          severity: 'warning',
          text: expect.any(String),
          fix: expect.any(String),
          page: 'docs/lint/included-outbound-ports-idle.md',
          places: [{ file: 'a.yaml', line: 6, column: 52, key: 'traffic.sidecar.istio.io/includeOutboundPorts' }],
          workloads: 1,
          owners: 1,
          names: ['Pod default/warned'],
          examples: [{ name: 'Pod default/warned', count: 1 }],
          releases: { '1.30.3': 1 },
        },
      ],
      untold: [],
    });
  });
});
