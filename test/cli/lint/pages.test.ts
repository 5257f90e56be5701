/** docs/lint.md and docs/lint/: every diagnostic has a page, whose example raises it and nothing else, and whose mended form raises nothing. */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { explainCode } from '../../../src/cli/lint/explain-code.ts';
import { pageOf as pageNamed } from '../../../src/cli/lint/page.ts';
import { istioctlCode, LINT_CODES, LINTS } from '../../../src/istio/advice/lint/kinds.ts';
import type { Asked } from './linting.ts';
import { lintFiles } from './linting.ts';

const DOCS = new URL('../../../docs/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, DOCS), 'utf8');

interface Example {
  readonly name: string;
  readonly asked: Asked;
  /** What the page shows of the output. */
  readonly shown: string;
}

interface Page {
  readonly bad: Example;
  readonly badText: string;
  readonly goodText: string;
  readonly good: Example;
  readonly values?: string;
}

function pageOf(name: string): Page {
  const text = read(`lint/${name}.md`);
  const yaml = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  const consoles = [...text.matchAll(/```console\n\$ istio-init lint -f (\S+)(.*)\n([\s\S]*?)```/g)].map(
    ([, file = '', options = '', shown = '']): Example => ({ name: file, asked: askedBy(options), shown }),
  );
  const values = yaml.find((block) => block.startsWith('# values.yaml\n'));
  const [badText = '', goodText = badText] = yaml.filter((block) => block !== values);
  const [bad, good = bad] = consoles;
  if (bad === undefined || good === undefined) throw new Error(`docs/lint/${name}.md shows no run`);
  return { bad, good, badText, goodText, ...(values === undefined ? {} : { values }) };
}

function askedBy(options: string): Asked {
  const words = options.trim().split(/ +/);
  const after = (flag: string): string | undefined => (words.includes(flag) ? words[words.indexOf(flag) + 1] : undefined);
  const [release, installer, values] = [after('--release'), after('--installer'), after('--values')];
  return {
    ...(release === undefined ? {} : { release }),
    ...(installer === undefined ? {} : { installer }),
    ...(values === undefined ? {} : { values: [values] }),
  };
}

async function run({ name, asked }: Example, text: string, values: string | undefined): ReturnType<typeof lintFiles> {
  return lintFiles({ [name]: text, ...(values === undefined || asked.values === undefined ? {} : { 'values.yaml': values }) }, asked);
}

it.each([...LINT_CODES, 'reading'])('the page of %s shows what raises it, and what does not', async (code) => {
  const { bad, badText, good, goodText, values } = pageOf(code);
  const found = await run(bad, badText, values);
  expect(found.output).toBe(bad.shown);
  // The last line of each finding begins with its code.
  const codes = [...found.output.matchAll(/^ {9}([a-z0-9-]+)(?= \(|:|$)/gm)].map(([, name]) => name).filter((name) => name !== 'fix');
  expect(codes).toEqual([code === 'reading' ? 'not-a-string' : code]);
  const mended = await run(good, goodText, values);
  expect([mended.output, mended.exitCode]).toEqual(['', 0]);
  expect([goodText, good.asked]).not.toEqual([badText, bad.asked]);
});

it('a code leads to its page, and what has none to that of reading', () => {
  expect(LINT_CODES.map(pageNamed)).toEqual(LINT_CODES.map((code) => `docs/lint/${code}.md`));
  expect(pageNamed('bad-yaml')).toBe('docs/lint/reading.md');
});

it('docs/lint.md lists every code with its severity and that of istioctl, and there are no other pages', () => {
  const rows = [...read('lint.md').matchAll(/^\| \[`([^`]+)`\]\(lint\/([^)]+)\.md\) \| (\w+) \| (\S*) *\|/gm)].map(([, ...row]) => row);
  expect(rows).toEqual(LINT_CODES.map((code) => [code, code, LINTS[code].severity, istioctlCode(code) ?? '']));
  expect(readdirSync(new URL('lint/', DOCS)).sort()).toEqual([...LINT_CODES, 'reading'].map((code) => `${code}.md`).sort());
});

it.each(LINT_CODES)('the page of %s says how bad it is', (code) => {
  const { severity } = LINTS[code];
  const istioctl = istioctlCode(code);
  const said = `${severity[0]?.toUpperCase()}${severity.slice(1)}${istioctl === undefined ? '' : `, \`${istioctl}\` of \`istioctl analyze\``}. `;
  expect(read(`lint/${code}.md`).startsWith(`# ${code}\n\n${said}`)).toBe(true);
});

it.each([...LINT_CODES, 'reading'])('--explain %s shows its page', (code) => {
  expect(explainCode(code)).toMatchObject({ output: read(`lint/${code}.md`), exitCode: 0 });
});

it('--explain takes the codes of istioctl, and names the nearest word to any other', () => {
  expect(explainCode('ist0107').output).toBe(read('lint/misplaced-annotation.md'));
  expect(() => explainCode('pod-securty')).toThrow('did you mean pod-security?');
});
