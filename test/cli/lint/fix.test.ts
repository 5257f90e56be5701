/** `lint --fix`: what it writes, what it leaves alone, and what it only shows. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const lint = (...args: readonly string[]) => run(['lint', ...args, '--fail-on', 'note'], { cwd: folder.path });
const textOf = (name: string): string => readFileSync(join(folder.path, name), 'utf8');
const pod = (name: string, ports: string, more = ''): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\n  namespace: shop\n  annotations:\n    traffic.sidecar.istio.io/excludeOutboundPorts: "${ports}"\n${more}spec:\n  containers: [{name: app, image: a}]\n`;

/** A pod with one annotation, as it is written, and something behind it. */
const annotated = (line: string): string =>
  `# first\napiVersion: v1\nkind: Pod\nmetadata:\n  name: web # kept\n  annotations:\n    # above\n    ${line} # behind\nspec:\n  containers:\n    - {name: app, image: a}\n`;

const PORTS = 'traffic.sidecar.istio.io/excludeOutboundPorts';
const RANGES = 'traffic.sidecar.istio.io/excludeOutboundIPRanges';
const INBOUND = 'traffic.sidecar.istio.io/excludeInboundPorts';

/** A line before, the same line after, and options; each is one fix. */
const SAFE: readonly (readonly [name: string, before: string, after: string, ...options: string[]])[] = [
  ['a port that stands twice', `${PORTS}: "3306,6379,3306"`, `${PORTS}: "3306,6379"`],
  ['port 0', `${INBOUND}: '0,8080'`, `${INBOUND}: '8080'`],
  ['a range within a range', `${RANGES}: 10.0.0.0/8,10.1.0.0/16`, `${RANGES}: 10.0.0.0/8`],
  ['a range with host bits', `${RANGES}: "10.1.2.3/16"`, `${RANGES}: "10.1.0.0/16"`],
  ['an annotation that has a new name', 'traffic.sidecar.istio.io/kubevirtInterfaces: net1', 'istio.io/reroute-virtual-interfaces: net1'],
  ['a number without quotes', `${PORTS}: 3306`, `${PORTS}: "3306"`],
  ['a truth value without quotes', 'sidecar.istio.io/inject: true', 'sidecar.istio.io/inject: "true"'],
  ['spaces between ports', `${PORTS}: "3306 6379"`, `${PORTS}: "3306,6379"`],
  ['semicolons between ports', `${PORTS}: 3306;6379`, `${PORTS}: 3306,6379`],
  ['blanks beside the commas of a port that stands twice', `${PORTS}: "80 , 80"`, `${PORTS}: "80"`],
  ['a comma too many', `${PORTS}: '3306,'`, `${PORTS}: '3306'`],
  ['brackets around ports', `${PORTS}: "[3306, 6379]"`, `${PORTS}: "3306,6379"`],
  ['spaces and semicolons between ranges', `${RANGES}: "10.0.0.0/8; 192.168.0.0/16"`, `${RANGES}: "10.0.0.0/8,192.168.0.0/16"`],
  ['a mode in small letters', 'sidecar.istio.io/interceptionMode: tproxy', 'sidecar.istio.io/interceptionMode: TPROXY'],
  ['a wish that old injectors read as no', 'sidecar.istio.io/inject: "nope"', 'sidecar.istio.io/inject: "false"', '--release', '1.12'],
];

describe.concurrent('--fix writes', () => {
  it.each(SAFE)('%s, and lint is silent about it', async (name, before, after, ...options) => {
    const file = folder.write(`${name.replaceAll(' ', '-')}.yaml`, annotated(before));
    const shown = await lint(file, '--fix', '--dry-run', ...options);
    expect([textOf(file), shown.exitCode]).toEqual([annotated(before), 1]);
    expect(shown.stdout).toBe(
      `--- ${file}\n+++ ${file}\n@@ -5,7 +5,7 @@\n   name: web # kept\n   annotations:\n     # above\n-    ${before} # behind\n+    ${after} # behind\n spec:\n   containers:\n     - {name: app, image: a}\n`,
    );
    expect(shown.stderr).toBe('note: 1 fix to write in 1 file\n');
    const written = await lint(file, '--fix', ...options);
    expect(written.stderr).toContain('note: 1 fix written in 1 file\n');
    expect(textOf(file)).toBe(annotated(after));
    expect(await lint(file, ...options)).toMatchObject({ stdout: '', exitCode: 0 });
    expect((await lint(file, '--dry-run', ...options)).stdout).toBe('');
  });

  it('the same in JSON', async () => {
    const text = JSON.stringify({ kind: 'Pod', metadata: { name: 'web', annotations: { [PORTS]: 3306, [INBOUND]: '80;81' } } }, null, 2);
    folder.write('web.json', text);
    await lint('web.json', '--fix');
    expect(textOf('web.json')).toBe(text.replace('3306', '"3306"').replace('80;81', '80,81'));
  });

  it('nothing of what is wrong in itself, or may mean several things', async () => {
    for (const line of [
      `${PORTS}: "80a 81"`,
      `${PORTS}: "70000;80"`,
      `${RANGES}: "10.0.0.0/8 example.org"`,
      `${PORTS}: 0x50`,
      `${PORTS}: 0755`,
      'sidecar.istio.io/interceptionMode: PROXY',
      'sidecar.istio.io/inject: "yep"',
      `${PORTS}: "0"`,
    ]) {
      folder.write('left.yaml', annotated(line));
      await lint('left.yaml', '--fix');
      expect(textOf('left.yaml')).toBe(annotated(line));
    }
  });

  it('a name that is misspelt only where it is asked for: pods do something else then', async () => {
    const [before, after] = [annotated('traffic.sidecar.istio.io/excludeOutboundPort: "80"'), annotated(`${PORTS}: "80"`)];
    folder.write('guess.yaml', before);
    const { stderr } = await lint('guess.yaml', '--fix');
    expect(stderr).toContain('note: no fix is safe to write; --unsafe-fixes writes 1 more, which changes what pods do\n');
    expect(textOf('guess.yaml')).toBe(before);
    expect((await lint('guess.yaml', '--unsafe-fixes', '--dry-run')).stdout).toContain(`\n+    ${PORTS}: "80" # behind\n`);
    expect(textOf('guess.yaml')).toBe(before);
    const written = await lint('guess.yaml', '--unsafe-fixes');
    expect([written.exitCode, textOf('guess.yaml')]).toEqual([0, after]);
    const twice = pod('web', '3306', '    traffic.sidecar.istio.io/excludeOutboundPort: "80"\n');
    folder.write('twice.yaml', twice);
    await lint('twice.yaml', '--unsafe-fixes');
    expect(textOf('twice.yaml')).toBe(twice);
  });

  it('a diff that patch(1) applies, of several files in a folder', async () => {
    folder.write('patched.yaml', `${annotated(`${PORTS}: "1,1"`)}---\n${annotated(`${PORTS}: "2;3"`)}`);
    const { stdout } = await lint('patched.yaml', '--dry-run');
    folder.write('fix.patch', stdout);
    const { execa } = await import('execa');
    await execa('patch', ['-p0', '-i', 'fix.patch'], { cwd: folder.path });
    expect(textOf('patched.yaml')).toBe(`${annotated(`${PORTS}: "1"`)}---\n${annotated(`${PORTS}: "2,3"`)}`);
  });
});

describe.concurrent('--fix of odd files', () => {
  it.each([
    ['lines that end as those of Windows', annotated(`${PORTS}: "1,1"`).replaceAll('\n', '\r\n'), '"1,1"', '"1"'],
    ['a last line without an end', annotated(`${PORTS}: "1,1"`).trimEnd(), '"1,1"', '"1"'],
    [
      'a change in a last line without an end',
      `{apiVersion: v1, kind: Pod, metadata: {name: a, annotations: {${PORTS}: "1,1"}}}`,
      '1,1',
      '1',
    ],
    [
      'a byte order mark, and letters of two units',
      `\ufeff# 🚀\n${annotated(`note: "🚀", ${PORTS}: "1,1"`.replace(', ', '\n    '))}`,
      '1,1',
      '1',
    ],
    ['a merged mapping', annotated(`<<: {${PORTS}: "1,1"}`), '1,1', '1'],
    ['documents that nothing is in', `---\n# none\n---\n${annotated(`${PORTS}: '1,1'`)}...\n---\n`, '1,1', '1'],
  ])('%s: the diff is one of patch(1), and makes what --fix writes', async (name, before, from, to) => {
    const file = folder.write(`${name.replaceAll(/\W/g, '-')}.yaml`, before);
    const { stdout } = await lint(file, '--dry-run');
    const after = before.replace(from, to);
    expect(stdout.match(/^[-+](?![-+])/gm)).toEqual(['-', '+']);
    const copy = folder.write(`${file}.copy`, before);
    folder.write(`${file}.patch`, stdout);
    const { execa } = await import('execa');
    const { stdout: said } = await execa('patch', ['--binary', '-p0', '-i', `${file}.patch`, copy], { cwd: folder.path });
    expect([textOf(copy), said]).toEqual([after, `patching file ${copy}`]);
    await lint(file, '--fix');
    expect(textOf(file)).toBe(after);
  });

  it('each of several files that have the same fault, in whatever words', async () => {
    const block = annotated(`${PORTS}: >-`).replace(' # behind', '\n      1,\n      1');
    const words = [block, annotated(`${PORTS}: "1,1"`), annotated(`${PORTS}: "2,1,1"`), annotated(`${PORTS}: 1,1,3`)];
    const files = words.map((text, index) => folder.write(`same-${index}.yaml`, text));
    const { results } = JSON.parse((await lint(...files, '-o', 'json')).stdout);
    expect(results[0].places.map(({ edit }: { edit?: { to: string } }) => edit?.to)).toEqual([expect.anything(), '1', '2,1', '1,3']);
    const sarif = JSON.parse((await lint(...files, '-o', 'sarif')).stdout);
    const fixes = sarif.runs[0].results.map(
      (one: { fixes?: { artifactChanges: { replacements: { insertedContent: { text: string } }[] }[] }[] }) =>
        one.fixes?.[0]?.artifactChanges[0]?.replacements[0]?.insertedContent.text,
    );
    expect(fixes).toEqual([undefined, '1', '2,1', '1,3']);
    await lint(...files, '--fix');
    expect(files.map(textOf)).toEqual([
      block,
      words[1]?.replace('1,1', '1'),
      words[2]?.replace('2,1,1', '2,1'),
      words[3]?.replace('1,1,3', '1,3'),
    ]);
  });

  it('nothing that has a name, and may stand elsewhere as well', async () => {
    const text = annotated(`${PORTS}: &ports "80,80"`).replace('{name: app, image: a}', '{name: app, image: a, args: [*ports]}');
    folder.write('named.yaml', text);
    const { stderr } = await lint('named.yaml', '--fix');
    expect([textOf('named.yaml'), stderr]).toEqual([text, expect.stringContaining('no fix is safe to write')]);
  });
});

describe('--fix', () => {
  const YAML = `# kept
apiVersion: v1
kind: Pod
metadata:
  name: web   # kept too
  annotations:
    traffic.sidecar.istio.io/excludeOutboundPorts: "3306,6379,3306,3306"  # and this
    traffic.sidecar.istio.io/excludeOutboundIPRanges: 10.1.2.3/16,10.0.0.0/8,10.1.0.0/16
    traffic.sidecar.istio.io/kubevirtInterfaces: 'net1'
spec:
    containers:
      - {name: app, image: "registry.example/web:1"}
`;
  it('writes what is safe, and keeps comments, quotes and indentation', async () => {
    folder.write('fixed.yaml', YAML);
    const { exitCode, stdout, stderr } = await lint('fixed.yaml', '--fix');
    expect([exitCode, stdout, stderr]).toEqual([0, '', 'note: 4 fixes written in 1 file\nnote: 1 workload linted: nothing found\n']);
    expect(textOf('fixed.yaml')).toBe(
      YAML.replace('3306,6379,3306,3306', '3306,6379')
        .replace('10.1.2.3/16,10.0.0.0/8,10.1.0.0/16', '10.0.0.0/8')
        .replace('traffic.sidecar.istio.io/kubevirtInterfaces', 'istio.io/reroute-virtual-interfaces'),
    );
  });
  it('the rules of the pod are the same before and after', async () => {
    folder.write('same.yaml', YAML);
    const rules = async (): Promise<string> =>
      (await run(['diff', 'same.yaml', 'before.txt', '--by', 'packets'], { cwd: folder.path })).stdout.split('\n')[0] ?? '';
    folder.write('before.txt', (await run(['preview', 'same.yaml', '-o', 'save'], { cwd: folder.path })).stdout);
    await lint('same.yaml', '--fix');
    expect(await rules()).toMatch(/same/i);
  });
  it('has nothing to write on standard input', async () => {
    expect((await run(['lint', '-', '--fix'], { input: YAML })).stderr).toBe(
      'istio-init: lint: --fix writes into files; standard input is none\n',
    );
  });
});
