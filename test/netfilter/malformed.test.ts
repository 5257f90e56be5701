import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRulesets } from '../../src/netfilter/compare.ts';
import { printList } from '../../src/netfilter/list/print-list.ts';
import { printSave } from '../../src/netfilter/print.ts';
import { readLines } from '../../src/netfilter/read/lines.ts';
import type { ReadCode } from '../../src/netfilter/read/problems.ts';
import { collectProblems, readProblemText } from '../../src/netfilter/read/problems.ts';
import { readRules } from '../../src/netfilter/read.ts';
import { capture } from '../golden.ts';
import { property } from '../property.ts';

const LISTING = capture('2021-01-default.list.txt');
const SAVE = printSave(readRules(LISTING).rulesets[0] ?? { family: 'ip', tables: [] });

const codes = (text: string): readonly ReadCode[] => readRules(text).problems.map(({ code }) => code);
const save = (text: string): string =>
  readRules(text)
    .rulesets.map((ruleset) => printSave(ruleset))
    .join('');

describe('a program that says why it shows no rules', () => {
  it.each<[ReadCode, string]>([
    ['not-permitted', 'iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)'],
    ['not-permitted', "iptables v1.8.7 (legacy): can't initialize iptables table `nat': Permission denied (you must be root)"],
    ['not-permitted', 'ip6tables-save v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)'],
    ['not-permitted', "Fatal: can't open lock file /run/xtables.lock: Permission denied"],
    ['not-permitted', "nsenter: reassociate to namespace 'ns/net' failed: Operation not permitted"],
    ['not-permitted', 'nsenter: cannot open /proc/4711/ns/net: Permission denied'],
    ['not-permitted', 'sudo: a terminal is required to read the password; either use the -S option to read from standard input'],
    ['program-missing', 'bash: iptables: command not found'],
    ['program-missing', '-bash: iptables-save: command not found'],
    ['program-missing', 'sh: 1: iptables: not found'],
    ['program-missing', '/bin/sh: ip6tables-save: not found'],
    ['program-missing', 'sudo: iptables: command not found'],
    ['program-missing', 'zsh: command not found: iptables'],
    ['program-missing', "Command 'iptables' not found, but can be installed with:"],
    ['program-missing', 'nsenter: failed to execute iptables-save: No such file or directory'],
    [
      'program-missing',
      'OCI runtime exec failed: exec failed: unable to start container process: exec: "iptables": executable file not found in $PATH: unknown',
    ],
    ['lock-held', 'Another app is currently holding the xtables lock. Perhaps you want to use the -w option?'],
    ['lock-held', 'Another app is currently holding the xtables lock; still 4s 0us time ahead to have a chance to grab the lock...'],
    ['table-missing', "iptables v1.8.4 (legacy): can't initialize iptables table `nat': Table does not exist (do you need to insmod?)"],
    ['table-missing', "iptables-restore v1.8.4 (legacy): iptables-restore: unable to initialize table 'nat'"],
    ['table-missing', 'iptables/1.8.9 Failed to initialize nft: Protocol not supported'],
    ['nothing-run', 'Error from server (NotFound): pods "productpage-v1-6b746f74dc" not found'],
    ['nothing-run', 'Error from server (Forbidden): pods "a" is forbidden: User "dev" cannot create resource "pods/exec" in API group ""'],
    ['nothing-run', 'Error from server (BadRequest): container istio-init is not valid for pod productpage'],
    ['nothing-run', 'error: unable to upgrade connection: container not found ("istio-proxy")'],
    ['nothing-run', 'error: Internal error occurred: error executing command in container: container is not created or running'],
    ['nothing-run', 'The connection to the server localhost:8080 was refused - did you specify the right host or port?'],
    ['nothing-run', 'Unable to connect to the server: dial tcp 10.0.0.1:443: i/o timeout'],
    ['nothing-run', 'Error response from daemon: No such container: productpage'],
  ])('is told as %s with what to do: %s', (code, line) => {
    const { problems, rulesets } = readRules(`$ kubectl exec a -- sh -c 'iptables -t nat -S'\n${line}\n`);
    expect(rulesets).toEqual([]);
    expect(problems.map((problem) => problem.code).sort()).toEqual([code, 'no-rules-found'].sort());
    const told = problems.find((problem) => problem.code === code);
    expect(told?.line).toBe(2);
    expect(told && readProblemText(told)).toMatch(/(?:[Rr]un it|Load its|has to work first)/);
  });

  it('takes nothing from the rules that stand beside it', () => {
    const refusal = 'ip6tables v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n';
    for (const text of [`${refusal}${SAVE}`, `${SAVE}${refusal}`, `${refusal}${LISTING}`, `${LISTING}\n${refusal}`]) {
      expect(save(text)).toBe(SAVE);
      expect(codes(text)).toContain('not-permitted');
    }
  });

  it('is not heard in the comment of a rule', () => {
    const rule = '-A OUTPUT -p tcp -m comment --comment "iptables: command not found, you must be root" -j RETURN';
    const { rulesets, problems } = readRules(`*nat\n:OUTPUT ACCEPT [0:0]\n${rule}\nCOMMIT\n`);
    expect(problems).toEqual([]);
    expect(rulesets[0]?.tables[0]?.chains[0]?.rules.length).toBe(1);
  });
});

describe('a text that is no listing', () => {
  it.each<[string, string]>([
    ['a compressed save', gzipSync(SAVE).toString('utf8')],
    ['a compressed save, byte by byte', gzipSync(SAVE).toString('latin1')],
    ['zeros', '\0'.repeat(100_000)],
    ['one word', 'iptables'],
    ['a dash', '-'],
    ['braces', '{'.repeat(100_000)],
    ['a table without an end', '*nat'],
  ])('is told to hold no rules: %s', (_, text) => {
    const { rulesets, problems } = readRules(text);
    expect(rulesets).toEqual([]);
    expect(problems.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toEqual(['no-rules-found']);
  });

  it('is told to be empty where nothing is in it', () => {
    for (const text of ['', ' \r\n\t\n', '\ufeff']) expect(codes(text)[0]).toMatch(/^(?:empty-text|no-rules-found)$/);
  });
});

describe('a name that every object of JavaScript has', () => {
  const NAMES = ['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty'];

  it.each(NAMES)('is a name like any other: %s', (name) => {
    for (const text of [
      `*${name}\n:INPUT ACCEPT [0:0]\n:X - [0:0]\n-A X -j ${name}\nCOMMIT\n`,
      `iptables -t ${name} -A X -p tcp -m tcp --dport 80 -j ${name}\n`,
      `-A ${name} -p tcp -j X\n-A X -m ${name} --${name} ${name} -j RETURN\n`,
      `Chain ${name} (1 references)\ntarget prot opt source destination\n${name} tcp -- anywhere anywhere tcp ${name}\n`,
    ]) {
      const read = readRules(text);
      // No table's name begins with an underscore.
      if (name !== '__proto__') expect(read.rulesets.map(({ family }) => family)).toEqual(['ip']);
      for (const ruleset of read.rulesets) {
        expect(compareRulesets([ruleset], [ruleset])).toEqual([]);
        printList(ruleset);
        printSave(ruleset);
      }
    }
  });
});

describe('a prefix that looks like an option', () => {
  it.each(['-W', '-t', '-w', '-n', '--wait'])('stays the value of its option in a command: %s', (prefix) => {
    const [ruleset] = readRules(`iptables -t nat -A OUTPUT -p tcp -j NFLOG --nflog-prefix ${prefix} --nflog-group 7\n`).rulesets;
    expect(ruleset?.tables.map(({ name }) => name)).toEqual(['nat']);
    expect(ruleset?.tables[0]?.chains[0]?.rules[0]?.target).toEqual({ kind: 'NFLOG', value: { prefix, group: 7, size: 0 } });
  });
});

describe('a listing or save with something around every line', () => {
  const entities = (text: string): string =>
    text.replace(/[!*"&<>]/g, (character) => (character === '!' ? '&excl;' : `&#x${character.charCodeAt(0).toString(16)};`));
  const FORMS: Readonly<Record<string, (text: string) => string>> = {
    'carriage returns': (text) => text.replaceAll('\n', '\r\n'),
    'carriage returns alone': (text) => text.replaceAll('\n', '\r'),
    colours: (text) => text.replace(/^(\S+)/gm, '\u001b[1;31m$1\u001b[0m'),
    'HTML entities': entities,
    'HTML of a page': (text) => `<html><body><pre>\n<code>${entities(text)}</code></pre></body></html>`,
    'breaks of HTML': (text) => entities(text).replaceAll('\n', '<br/>\n'),
    'a byte order mark': (text) => `\ufeff${text}`,
    'spaces behind': (text) => text.replaceAll('\n', '   \n'),
    'a quotation of Markdown': (text) => text.replace(/^/gm, '> '),
  };

  it.each(Object.keys(FORMS))('is read as if there were none: %s', (name) => {
    const form = FORMS[name] as (text: string) => string;
    expect(form(SAVE)).not.toBe(SAVE);
    expect(save(form(SAVE))).toBe(SAVE);
    expect(save(form(LISTING))).toBe(SAVE);
  });
});

describe('a text that is cut in the middle', () => {
  const whole = { save: readRules(SAVE).rulesets, listing: readRules(LISTING).rulesets };
  const rulesIn = (text: string): number =>
    readRules(text).rulesets.reduce(
      (sum, { tables }) => sum + tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules)).length,
      0,
    );

  it.each(['save', 'listing'] as const)('has the rules of its whole lines and no others: a %s', (form) => {
    const text = form === 'save' ? SAVE : LISTING;
    const ends = [...text.matchAll(/\n/g)].map(({ index }) => index + 1);
    let most = 0;
    for (const end of ends) {
      const rules = rulesIn(text.slice(0, end));
      expect(rules).toBeGreaterThanOrEqual(most);
      most = rules;
      // What is there is as it is in the whole text: rules and chains are missing, and the policies of chains.
      const kinds = new Set(compareRulesets(whole[form], readRules(text.slice(0, end)).rulesets).map(({ kind }) => kind));
      for (const kind of kinds) expect(['missing', 'missing-chain', 'policy']).toContain(kind);
    }
    expect(most).toBe(rulesIn(text));
  });

  it('never throws, wherever the cut is', () => {
    for (const text of [SAVE, LISTING]) for (let end = 0; end < text.length; end += 23) readRules(text.slice(0, end));
  });
});

describe('a text of more than a million lines with rules', () => {
  it('is read up to a bound, and told to be too long as an error', () => {
    const { problems } = readRules(`${LISTING}${'\n'.repeat(1_000_001)}`);
    expect(problems.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toEqual(['too-many-lines']);
  });

  it('says so even where a thousand problems came first', () => {
    const problems = collectProblems(undefined);
    for (let line = 1; line <= 2000; line += 1) problems.add('unreadable-line', line, { text: '', reason: '' });
    problems.add('too-many-lines', 2001, { limit: '1' });
    expect(problems.list().map(({ code }) => code)).toContain('too-many-lines');
    expect(problems.list().length).toBe(1002);
  });
});

describe('a line', () => {
  // A carriage return at its end takes a line the long way round.
  property([fc.stringMatching(/^[-:][ -~]{0,60}$/)], { numRuns: 5000 })(
    'is the same on the short way to the rules and on the long one',
    (line) => {
      const read = (text: string): unknown => [...readLines(text, collectProblems(undefined))];
      expect(read(line)).toEqual(read(`${line}\r`));
    },
  );
});
