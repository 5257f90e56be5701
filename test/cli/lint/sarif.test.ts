/** SARIF as scanners read it: the schema of SARIF 2.1.0 (errata of rtm.5, without its descriptions) accepts every log that is printed. */

import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, it } from 'vitest';
import { editedText } from '../../../src/host/manifests/edit-text.ts';
import { LINT_CODES } from '../../../src/istio/advice/lint/kinds.ts';
import { ROOT, run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endColumn: number;
}

interface Sarif {
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly rules: readonly {
          readonly id: string;
          readonly name: string;
          readonly shortDescription: { readonly text: string };
          readonly help: { readonly text: string; readonly markdown?: string };
          readonly properties: { readonly tags: readonly string[]; readonly 'security-severity'?: string };
        }[];
      };
    };
    readonly results: readonly {
      readonly ruleId: string;
      readonly partialFingerprints: Readonly<Record<string, string>>;
      readonly fixes?: readonly {
        readonly artifactChanges: readonly {
          readonly replacements: readonly { readonly deletedRegion: Region; readonly insertedContent: { readonly text: string } }[];
        }[];
      }[];
    }[];
  }[];
}

const schema = JSON.parse(readFileSync(new URL('sarif-2.1.0.schema.json', import.meta.url), 'utf8')) as object;
const isSarif = new Ajv({ strict: false, unicodeRegExp: false, validateFormats: false }).compile(schema);

function checked(text: string): Sarif['runs'][number] {
  const log = JSON.parse(text) as Sarif;
  expect([isSarif(log), isSarif.errors]).toEqual([true, null]);
  const [one] = log.runs;
  if (one === undefined) throw new Error('no run');
  return one;
}

const POD = (annotations: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations:\n${annotations}spec:\n  containers: [{name: app, image: a}]\n`;
const PORTS = '    traffic.sidecar.istio.io/excludeOutboundPorts: "3306,6379,3306"\n';
const RANGE = '    traffic.sidecar.istio.io/excludeOutboundIPRanges: "10.1.2.3/16"\n';

const sarif = async (file: string): Promise<Sarif['runs'][number]> => {
  const { stdout } = await run(['lint', file, '-o', 'sarif', '--fail-on', 'never'], { cwd: folder.path });
  return checked(stdout);
};

it('the schema refuses what is none', () => {
  expect(isSarif({ version: '2.1.0', runs: [{ tool: { driver: {} } }] })).toBe(false);
  expect(isSarif({ version: '2.1.0', runs: [{ tool: { driver: { name: 'x' } }, results: [{ message: { text: 1 } }] }] })).toBe(false);
});

describe('lint -o sarif', () => {
  it('is of its schema for the examples of the pages, for what is broken, and for nothing', async () => {
    const bad = LINT_CODES.map((code) => {
      const page = readFileSync(`${ROOT}docs/lint/${code}.md`, 'utf8');
      return /```yaml\n(?!# values\.yaml)([\s\S]*?)```/.exec(page)?.[1] ?? '';
    });
    folder.write('all.yaml', bad.join('\n---\n'));
    folder.write('broken.yaml', 'a: [\n');
    folder.write('none.yaml', 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\n');
    const all = await sarif('all.yaml');
    expect(all.tool.driver.rules.length).toBeGreaterThan(25);
    for (const { id, name, shortDescription, help } of all.tool.driver.rules) {
      expect(name).toMatch(/^[A-Z][A-Za-z0-9]+$/);
      expect(shortDescription.text).toMatch(/^(?!(?:Note|Warning|Error)\b).{10,}/);
      expect(help.text).toContain(id);
    }
    await sarif('broken.yaml');
    expect((await sarif('none.yaml')).results).toEqual([]);
  });

  it('tells how bad for security it is only of what lets traffic pass the proxy by', async () => {
    folder.write('two.yaml', POD(PORTS + RANGE));
    const { rules } = (await sarif('two.yaml')).tool.driver;
    const scores = Object.fromEntries(rules.map(({ id, properties }) => [id, properties['security-severity']]));
    expect(scores).toEqual({ 'range-with-host-bits': '5.0', 'port-twice': undefined });
    expect(rules.find(({ id }) => id === 'port-twice')?.properties.tags).not.toContain('security');
  });

  it('has fingerprints that stay where lines move, and differ for each place', async () => {
    const prints = async (file: string, text: string): Promise<readonly string[]> => {
      folder.write(file, text);
      return (await sarif(file)).results.map(({ partialFingerprints }) => partialFingerprints['istioInit/v1'] ?? '');
    };
    const before = await prints('moved.yaml', POD(PORTS + RANGE));
    expect(new Set(before).size).toBe(2);
    expect(await prints('moved.yaml', `# a line more\n\n${POD(PORTS + RANGE)}`)).toEqual(before);
    expect(await prints('moved.yaml', POD(PORTS.replaceAll('6379', '6380') + RANGE))).toEqual(before);
    const twice = await prints('twice.yaml', `${POD(PORTS)}---\n${POD(PORTS).replace('web', 'shop')}`);
    expect(new Set(twice).size).toBe(2);
  });

  it('has fixes that write what --fix writes', async () => {
    const text = POD(PORTS + RANGE);
    folder.write('fix.yaml', text);
    const { results } = await sarif('fix.yaml');
    const lines = text.split('\n');
    for (const { fixes = [] } of results)
      for (const { deletedRegion, insertedContent } of fixes.flatMap(({ artifactChanges }) => artifactChanges[0]?.replacements ?? [])) {
        const { startLine, startColumn, endColumn } = deletedRegion;
        const line = lines[startLine - 1] ?? '';
        lines[startLine - 1] = line.slice(0, startColumn - 1) + insertedContent.text + line.slice(endColumn - 1);
      }
    await run(['lint', 'fix.yaml', '--fix'], { cwd: folder.path });
    expect(readFileSync(`${folder.path}/fix.yaml`, 'utf8')).toBe(lines.join('\n'));
    expect(lines.join('\n')).toBe(text.replace('3306,6379,3306', '3306,6379').replace('10.1.2.3/16', '10.1.0.0/16'));
  });
});

it('escapes -o sarif is of its schema', async () => {
  checked((await run(['escapes', 'docs/examples/bookinfo.yaml', '-o', 'sarif'])).stdout);
});

describe('an edit', () => {
  const value = { what: 'value', from: '80,80', to: '80' } as const;
  it.each([
    ['in double quotes', 'a: "80,80" # why', 4, 'a: "80" # why'],
    ['in single quotes', "a: '80,80'", 4, "a: '80'"],
    ['without', 'a: 80,80 # why\n', 4, 'a: 80 # why\n'],
    ['in a mapping on one line', '{a: 80,80, b: 1}', 5, '{a: 80, b: 1}'],
    ['in JSON', '{"a":"80,80","b":1}', 6, '{"a":"80","b":1}'],
    ['with a line end of Windows', 'a: "80,80"\r\nb: 1\r\n', 4, 'a: "80"\r\nb: 1\r\n'],
  ])('%s leaves all else as it is', (_, text, column, edited) => {
    expect(editedText(text, [{ ...value, line: 1, column }])).toEqual({ text: edited, written: 1 });
  });
  it.each([
    ['more stands there', 'a: "80,80,90"', 4],
    ['a plain text goes on', 'a: 80,80,90', 4],
    ['something else stands there', 'a: "81,80"', 4],
    ['it is written with an escape', 'a: "80\\x2c80"', 4],
    ['the text is shorter', 'a', 40],
  ])('is not written where %s', (_, text, column) => {
    expect(editedText(text, [{ ...value, line: 1, column }])).toEqual({ text, written: 0 });
  });
  it.each([
    ['    old/a: "1"', 12, '    new/a: "1"'],
    ['{"old/a": "old/a"}', 11, '{"new/a": "old/a"}'],
    ['    x.old/a: "1"', 14, '    x.old/a: "1"'],
  ])('of a key changes the key alone: %s', (text, column, edited) => {
    expect(editedText(text, [{ what: 'key', from: 'old/a', to: 'new/a', line: 1, column }]).text).toBe(edited);
  });
  it('is one of several in a file, of which two do not overlap', () => {
    const edits = [
      { ...value, line: 1, column: 4 },
      { ...value, to: '81', line: 1, column: 4 },
      { ...value, line: 2, column: 4 },
    ];
    expect(editedText('a: "80,80"\nb: "80,80"\n', edits)).toEqual({ text: 'a: "80"\nb: "80"\n', written: 2 });
  });
});
