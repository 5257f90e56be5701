/** Rules that somebody took out of a table: what they do not show may stand around them. */

import { describe, expect, it } from 'vitest';
import { compareOperands, differencesOf, isKnownSame } from '../../../src/cli/diff/comparison.ts';
import { patchForm } from '../../../src/cli/diff/patch.ts';
import { textForm } from '../../../src/cli/diff/text.ts';
import { summaryText } from '../../../src/cli/diff/words.ts';
import { plain } from '../../../src/cli/terminal/color.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import type { DiffOperand } from '../../../src/sources/operand.ts';
import { at, textSource } from './operands.ts';

const RELEASE = '1.24';
const whole = at(RELEASE);
const RULES = printSave(whole.seen.ip)
  .split('\n')
  .filter((line) => line.startsWith('-A '));
const inChain = (chain: string): readonly string[] => RULES.filter((line) => line.startsWith(`-A ${chain} `));
const excerpt = (lines: readonly string[]): DiffOperand => textSource(`${lines.join('\n')}\n`, 'excerpt.txt');

const compare = (left: DiffOperand, right: DiffOperand) => compareOperands(left, right, { all: false });
const kinds = (one: DiffOperand, other: DiffOperand): readonly string[] =>
  differencesOf(compare(one, other)).map(({ kind, chain }) => `${kind} ${chain}`);

const OUTPUT = inChain('ISTIO_OUTPUT');

describe('an excerpt of rules', () => {
  it.each([
    ['the last of a chain', OUTPUT.slice(-3)],
    ['the first of a chain', OUTPUT.slice(0, 4)],
    ['each second of a chain', OUTPUT.filter((_, index) => index % 2 === 0)],
    ['one rule', OUTPUT.slice(2, 3)],
    ['one chain', OUTPUT],
    ['two chains', [...inChain('ISTIO_INBOUND'), ...OUTPUT]],
    ['all but the jumps', RULES.filter((line) => !/^-A (?:PREROUTING|OUTPUT) /.test(line))],
    ['the jumps alone', RULES.filter((line) => /^-A (?:PREROUTING|OUTPUT) /.test(line))],
  ])('of what a release makes, %s, is neither different nor the same', (_, lines) => {
    for (const [left, right] of [[excerpt(lines), whole] as const, [whole, excerpt(lines)] as const]) {
      const comparison = compare(left, right);
      expect(differencesOf(comparison)).toEqual([]);
      expect(isKnownSame(comparison)).toBe(false);
      expect(patchForm(comparison)).toBe('');
      expect(summaryText(comparison)).toBe('Not known to be the same: no differences in what could be read of both operands.');
      expect(comparison.tables.flatMap(({ chains }) => chains.flatMap(({ rows }) => rows)).every(({ operand }) => operand === 'both')).toBe(
        true,
      );
    }
  });

  it('has what the other side, of which all is shown, does not: that is certain', () => {
    const own = excerpt(['-A ISTIO_OUTPUT -p tcp -m tcp --dport 3306 -j RETURN', ...OUTPUT.slice(-2)]);
    expect(kinds(own, whole)).toEqual(['missing ISTIO_OUTPUT']);
    expect(kinds(whole, own)).toEqual(['extra ISTIO_OUTPUT']);
    expect(textForm(compare(own, whole), plain)).toContain('--dport 3306');
  });

  it('has a rule that the other side does not have, in whose place it may stand or not', () => {
    const changed = excerpt(OUTPUT.map((line) => line.replace('127.0.0.6/32', '127.0.0.7/32')));
    expect(kinds(changed, whole)).toEqual(['missing ISTIO_OUTPUT']);
    expect(kinds(whole, changed)).toEqual(['extra ISTIO_OUTPUT']);
  });

  it('beside another excerpt shows nothing that is certain', () => {
    expect(kinds(excerpt(OUTPUT.slice(0, 4)), excerpt(OUTPUT.slice(3)))).toEqual([]);
  });
});

describe('a text that names its chains is no excerpt', () => {
  it.each([
    ['a save', `*nat\n:ISTIO_OUTPUT - [0:0]\n${OUTPUT.slice(0, 3).join('\n')}\nCOMMIT\n`],
    ['iptables -S CHAIN', `-N ISTIO_OUTPUT\n${OUTPUT.slice(0, 3).join('\n')}\n`],
  ])('%s', (_, text) => {
    expect(kinds(textSource(text), whole)).toContain('extra ISTIO_OUTPUT');
  });
});
