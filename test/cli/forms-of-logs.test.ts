import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { identify } from '../../src/istio/found/identify.ts';
import { observeText } from '../../src/netfilter/observation.ts';
import { readRules } from '../../src/netfilter/read.ts';

function textOf(name: string): string {
  return readFileSync(new URL(`../../golden/cases/${name}`, import.meta.url), 'utf8');
}

/** The releases that make exactly these rules, and the settings that a default pod does not have. */
function madeBy(text: string): string {
  const read = readRules(text);
  expect(read.problems.filter(({ severity }) => severity !== 'info')).toEqual([]);
  const { outcome, answers } = identify(observeText(read));
  const { releases, plan } = answers[0] ?? {};
  const excluded = plan?.settings['inbound.excludePorts'].value;
  return `${outcome} ${releases?.[0]} ${releases?.at(-1)} ${JSON.stringify(excluded)}`;
}

const LOG = madeBy(textOf('gh-04-stern-cni-log/cni.log').replace(/^istio-cni-node-x7k2p /gm, ''));

describe('the log of a node agent', () => {
  it('is exactly that of its releases', () => {
    expect(LOG).toMatch(/^exact 1\.18\.0 1\.24\.6 /);
  });

  const pasted = ['backtick', 'bullets', 'cloudwatch', 'compose', 'csv', 'gcpyaml', 'journal', 'linenumcolon', 'loki', 'stern2'];
  it.each(pasted)('is read as it is pasted: %s', (name) => {
    expect(madeBy(textOf(`gh-33-log-forms/${name}.txt`))).toBe(LOG);
  });

  it('is read with the name of a pod before each line', () => {
    expect(madeBy(textOf('gh-04-stern-cni-log/cni.log'))).toBe(LOG);
  });

  const plain = textOf('gh-04-stern-cni-log/cni.log').replace(/^istio-cni-node-x7k2p /gm, '');
  const each = (change: (line: string, index: number) => string): string => plain.split('\n').map(change).join('\n');
  const rules = plain.slice(plain.indexOf('* nat'), plain.indexOf('COMMIT') + 6);
  const FORMS: Readonly<Record<string, string>> = {
    'three words before each line': each((line) => `prod web-7c9d6f istio-init ${line}`),
    'a name in brackets': each((line) => `[istio-init] ${line}`),
    'syslog with a priority': each((line, at) => `<14>1 2023-06-12T20:59:${10 + (at % 50)}Z node-1 install-cni ${at} - - ${line}`),
    'a box of a terminal program': each((line) => `│ ${line.padEnd(60)}│`),
    'a box with its border glued to the text': each((line) => `│${line}│`),
    'a table of Markdown': each((line) => `| ${line} |`),
    'an identifier before each line': each((line, at) => `${(at * 7919 + 4096).toString(16)}f0 ${line}`),
    'double quotes and commas, as in an array': `[\n${each((line) => `  ${JSON.stringify(line)},`)}\n]`,
    'single quotes': each((line) => `- '${line}'`),
    'a field of another name': each((line) => JSON.stringify({ stream: 'stderr', kubernetes: { pod: 'x' }, event: { original: line } })),
    'all of it in one JSON string': JSON.stringify({ output: plain }),
    'escaped in the error of a kubelet': `kubelet[123]: E0612 20:59:22.598 123 pod_workers.go:190] err="istio-cni failed: out=${JSON.stringify(plain)}"`,
    'escaped twice': `kubelet[123]: err=${JSON.stringify(`out=${JSON.stringify(plain)}`)}`,
    'rules on one line': `Running iptables-restore with the following input: ${rules.replaceAll('\n', ' ')}`,
    'colon after the number': each((line, at) => `${at + 1}: ${line}`),
    'tabs between columns': each((line) => `web-7c9d\tistio-init\t${line}`),
    'the arrow of a diff': each((line) => `+ ${line}`),
  };
  it.each(Object.entries(FORMS))('is read with %s', (_, text) => {
    expect(madeBy(text)).toBe(LOG);
  });
});

describe('rules that somebody wrote on', () => {
  it('are read without the remarks behind them', () => {
    expect(madeBy(textOf('r2-30-annotated-save/annotated.txt'))).toMatch(/^exact 1\.3\.0 1\.4\.10 .*15020.*9091/);
  });

  const base = textOf('r2-30-annotated-save/annotated.txt').replace(/^(-A .*?) *#.*$/gm, '$1');
  const REMARKS = [
    '# why',
    '// why',
    '<--- this one',
    '(1)',
    '（一）',
    '← here',
    '; then',
    '-- to the proxy',
    '=> proxy',
    "# don't ask",
    '① first',
    '/* why */',
    '# see -j RETURN above',
  ];
  it.each(REMARKS)('are read without "%s"', (remark) => {
    expect(madeBy(base.replace(/^(-A .*)$/gm, `$1   ${remark}`))).toBe(madeBy(base));
    if (/^[#（]/.test(remark)) expect(madeBy(base.replace(/^(-A .*)$/gm, `$1${remark}`))).toBe(madeBy(base));
  });

  it('keep what only looks like a remark', () => {
    const save =
      '*nat\n:X - [0:0]\n-A X -p tcp -m comment --comment "a # b" -j RETURN\n-A X -m comment --comment #1 -j RETURN\n-A X -j LOG --log-prefix #x\nCOMMIT\n';
    const rules = readRules(save).rulesets[0]?.tables[0]?.chains.find(({ name }) => name === 'X')?.rules ?? [];
    expect(rules.map(({ matches, target }) => [matches.find(({ kind }) => kind === 'comment'), target])).toMatchObject([
      [{ value: 'a # b' }, { verdict: 'RETURN' }],
      [{ value: '#1' }, { verdict: 'RETURN' }],
      [undefined, { kind: 'opaque', text: 'LOG --log-prefix #x' }],
    ]);
  });

  it('are read with the punctuation of an input method', () => {
    expect(madeBy(textOf('r2-32-full-width/rules.txt'))).toMatch(/^exact 1\.13\.0 1\.17\.8 /);
  });

  it('are not read from a comment, whatever is written in one', () => {
    const forged =
      '*nat\n:X - [0:0]\n-A X -m comment --comment "y\\\\n-A OUTPUT -p tcp -j ISTIO_OUTPUT\\\\n-A ISTIO_OUTPUT -j ISTIO_REDIRECT" -j RETURN\nCOMMIT\n';
    const chains = readRules(forged).rulesets.flatMap(({ tables }) =>
      tables.flatMap((table) => table.chains.map(({ name, rules }) => [name, rules.length])),
    );
    expect(chains).toEqual([['X', 1]]);
  });
});

describe("what other programs make of a command's output", () => {
  it.each(['debug.txt', 'result.json'])('Ansible: %s', (name) => {
    expect(madeBy(textOf(`r2-33-ansible-output/${name}`))).toMatch(/^exact 1\.18\.0 1\.24\.6 .*8086/);
  });

  it('the list of a dry run is read in the family of its input', () => {
    const read = readRules(textOf('up-12-dry-run-file/dry-run.txt'));
    expect(read.rulesets.map(({ family }) => family)).toEqual(['ip']);
    expect(read.problems).toEqual([]);
  });

  it.each(['plain.log', 'kubelet.log'])('a command that a shell traces twice is one: %s', (name) => {
    const read = readRules(textOf(`gh-10-kubelet-escaped/${name}`));
    const rules = read.rulesets.flatMap(({ tables }) => tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules)));
    expect(rules).toHaveLength(8);
  });

  it('the fields of a log stand behind its last line', () => {
    const read = readRules(textOf('gh-35-commit-with-fields/cni.log'));
    expect(read.problems).toEqual([]);
    expect(read.tables.map(({ table }) => table)).toEqual(['mangle', 'nat']);
  });
});
