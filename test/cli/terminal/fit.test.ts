import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, pageWidth, widthOf, withoutCodes } from '../../../src/cli/terminal/columns.ts';
import { fitted, withSymbols } from '../../../src/cli/terminal/fit.ts';
import { tableText } from '../../../src/cli/terminal/table.ts';

const RED = '\u001b[31m';
const END = '\u001b[0m';

describe('a line that is too long', () => {
  it.each([
    ['a sentence goes on two columns in', 'note: one two three four five', 18, ['note: one two', '      three four', '      five']],
    ['below its last column', 'rules     Istio 1.18.0 to 1.24.6', 24, ['rules     Istio 1.18.0', '          to 1.24.6']],
    ['below its own indentation', '      All TCP that arrives', 20, ['      All TCP that', '      arrives']],
    ['below what a mark of a list is of', '  - first second third', 16, ['  - first second', '    third']],
    [
      'a word that is longer than the room moves to the left',
      'settings  aaaaaaaaaaaaaaaa b',
      22,
      ['settings', '      aaaaaaaaaaaaaaaa', '          b'],
    ],
    ['behind a word that runs over at the end comes no empty line', `${' '.repeat(12)}aaaaaaaaaaaa`, 20, [`${' '.repeat(12)}aaaaaaaaaaaa`]],
    ['a list goes on behind a comma', '  1111,2222,3333,4444', 12, ['  1111,2222,', '  3333,4444']],
    ['a command goes on as a shell reads it', '  istio-init diff a b --set c=d', 24, ['  istio-init diff a b \\', '  --set c=d']],
    [
      'so does one behind the words that lead to it',
      'drift     and 3 more; all of it: istio-init diff a b --set c=d',
      48,
      ['drift     and 3 more; all of it: istio-init \\', '          diff a b --set c=d'],
    ],
    ['and one that a pipe fills', '  ... | istio-init diff - b --set c=d', 28, ['  ... | istio-init diff - \\', '  b --set c=d']],
    ['a quoted word of a command stays whole', "  istio-init trace a 'b c d'", 24, ['  istio-init trace a \\', "  'b c d'"]],
    [
      'so does one behind its label',
      "arguments istio-iptables -p 15001 -b '*'",
      32,
      ['arguments istio-iptables -p \\', "          15001 -b '*'"],
    ],
    [
      'a column that leaves no room beside it is none',
      'aaaa bbbb cccc dddd eeee  one two three',
      32,
      ['aaaa bbbb cccc dddd eeee  one', '  two three'],
    ],
    ['a line that fits stays as it is', 'a  b   c', 8, ['a  b   c']],
  ])('%s', (_, line, columns, lines) => {
    expect(fitted(line, columns).split('\n')).toEqual(lines);
  });

  it('keeps each word whole, in its order, and runs over for one word only', () => {
    const word = fc.oneof(
      fc.stringMatching(/^[!-+\--~]{1,24}$/),
      fc.constantFrom('istio-init', 'note:', '-', `${RED}red${END}`, '日本語', 'ISTIO_OUTPUT', 'outbound.excludePorts'),
    );
    const line = fc.tuple(fc.constantFrom('', '  ', '      ', 'label     '), fc.array(word, { maxLength: 40 }));
    fc.assert(
      fc.property(line, fc.integer({ min: 40, max: 200 }), ([lead, words], columns) => {
        const text = `${lead}${words.join(' ')}`;
        const lines = fitted(text, columns).split('\n');
        expect(
          lines
            .join(' ')
            .split(/ +/)
            .filter((one) => one !== '\\' && one !== ''),
        ).toEqual(text.split(/ +/).filter((one) => one !== '\\' && one !== ''));
        for (const one of lines) expect(widthOf(one) <= columns || withoutCodes(one).trim().split(/ +/).length === 1).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('has no end away from a terminal', () => {
    const text = `${'word '.repeat(100)}\n`;
    expect(fitted(text, columnsOf({}, { COLUMNS: '60' }))).toBe(text);
  });
});

describe('a table', () => {
  const text = tableText(
    ['workloads', 'release', 'rules', 'of'],
    [
      ['2', '1.30.3', 'REDIRECT, IPv4', 'Deployment default/details-v1'],
      ['11', '1.30.3', 'REDIRECT, IPv4; outbound.excludePorts=27017,3306', 'Deployment default/ratings-v1'],
    ],
  );
  it('is as wide as its cells, with numbers to the right', () => {
    expect(fitted(text, Number.POSITIVE_INFINITY).split('\n')).toEqual([
      'workloads  release  rules                                             of',
      '        2  1.30.3   REDIRECT, IPv4                                    Deployment default/details-v1',
      '       11  1.30.3   REDIRECT, IPv4; outbound.excludePorts=27017,3306  Deployment default/ratings-v1',
      '',
    ]);
  });
  it('lets cells go on below themselves where there is less room', () => {
    expect(fitted(text, 72).split('\n')).toEqual([
      'workloads  release  rules                             of',
      '        2  1.30.3   REDIRECT, IPv4                    Deployment',
      '                                                      default/details-v1',
      '       11  1.30.3   REDIRECT, IPv4;                   Deployment',
      '                    outbound.excludePorts=27017,3306  default/ratings-v1',
      '',
    ]);
  });
  it('is a list of its cells where there is no room for columns', () => {
    expect(fitted(text, 60).split('\n').slice(0, 6)).toEqual([
      'workloads  2',
      'release    1.30.3',
      'rules      REDIRECT, IPv4',
      'of         Deployment default/details-v1',
      '',
      'workloads  11',
    ]);
  });
});

describe('the width', () => {
  it.each([
    ['that of the terminal', { isTTY: true, columns: 132 }, { COLUMNS: '60' }, 132],
    ['that of COLUMNS, where a terminal does not tell', { isTTY: true, columns: 0 }, { COLUMNS: '60' }, 60],
    ['80 where nothing does', { isTTY: true }, {}, 80],
    ['none in a pipe', {}, { COLUMNS: '60' }, Number.POSITIVE_INFINITY],
  ])('is %s', (_, stream, environment, columns) => {
    expect(columnsOf(stream, environment)).toBe(columns);
  });
  it.each([
    [{ isTTY: true, columns: 300 }, 120],
    [{ isTTY: true, columns: 60 }, 60],
    [{}, 100],
  ])('of a page has bounds: %o', (stream, columns) => {
    expect(pageWidth(stream, {})).toBe(columns);
  });
  it.each([
    ['日本', 4],
    ['e\u0301', 1],
    [`${RED}ab${END}`, 2],
  ])('of %j is what a terminal makes of it', (text, columns) => {
    expect(widthOf(text)).toBe(columns);
  });
});

describe('marks', () => {
  it.each([
    ['in a pipe', {}, { TERM: 'linux' }, '✓'],
    ['on a terminal', { isTTY: true }, { TERM: 'xterm' }, '✓'],
    ['on the console of Linux', { isTTY: true }, { TERM: 'linux' }, '+'],
    ['in another character set', { isTTY: true }, { TERM: 'xterm', LANG: 'de_DE.ISO-8859-1' }, '+'],
    ['in UTF-8', { isTTY: true }, { TERM: 'xterm', LANG: 'C.UTF-8' }, '✓'],
  ])('%s', (_, stream, environment, mark) => {
    expect(withSymbols('✓', stream, environment)).toBe(mark);
  });
});
