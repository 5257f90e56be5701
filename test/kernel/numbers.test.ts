import { expect, it } from 'vitest';
import { parseMasked, parseOwnerRange, parsePortRange, printMasked, printOwnerRange, printPortRange } from '../../src/netfilter/numbers.ts';
import { inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';

const REFUSED = 'refused';

/** What iptables makes of raw texts behind an option: the value that it prints afterwards, or a refusal. */
async function iptablesReads(backend: string, option: string, texts: readonly string[]): Promise<readonly string[]> {
  const iptables = `iptables-${backend}`;
  const trials = texts.map((text) => `${iptables} -A OUTPUT ${option} '${text}' 2>/dev/null && echo taken || echo ${REFUSED}`);
  const { stdout } = await inNamespace(({ run }) => run(`${trials.join('\n')}\n${iptables} -S OUTPUT\n`));
  const lines = stdout.trimEnd().split('\n');
  // Behind the chain's policy, those that were taken in their order.
  const printed = lines.slice(texts.length + 1);
  const values = lines
    .slice(0, texts.length)
    .map((said) => (said === 'taken' ? printed.shift()?.replace(`-A OUTPUT ${option}`, '').trim() : said));
  expect(printed).toEqual([]);
  return values.map((value) => value ?? 'not there');
}

/** The same as this program reads and prints them; a name stays a name. */
function weRead<V>(parse: (text: string) => V | null, print: (value: V) => string, texts: readonly string[]): readonly string[] {
  return texts.map((text) => {
    const value = parse(text);
    return value === null ? REFUSED : print(value);
  });
}

const PORTS = [
  ...['80', '0', '65535', '65536', '010', '00', '08', '080', '0000080', '0x50', '0X50', '0xffff', '0x10000', '0x', '-1', '80 ', '', '!80'],
  ...['80:90', '90:80', '80:80', ':80', '80:', '65535:', '::', '80:90:100', '010:0x50', '80:0x', '65536:', '70000:80', ':65536'],
  ...['80,90', '80-90', '1e3', '80.0', '8_0', '0b101', '0o17', '4294967376', '18446744073709551696', '99999999999999999999999', '9fs'],
];

const OWNERS = [
  ...['0', '1337', '01337', '0x539', '08', '4294967294', '4294967295', '4294967296', '99999999999999999999', '-1', '1 ', 'a b', ''],
  ...['1-2', '2-1', '1-1', '0-0', '1-', '-', '1-2-3', '0x1-0x2', '010-020', '0-4294967294', '0-4294967295', '1-root', '1337,1338'],
];

const MARKS = [
  ...['1', '1337', '0x1', '0X1F', '010', '08', '0x', 'abc', '-1', '1 ', '4294967295', '4294967296', '0xffffffff', '0x100000000'],
  ...['0x539/0xff', '1/0', '0/0', '1/', '/1', '1/2/3', '5/08', '0x1/010', '1/0xffffffff', '1/-1', '1/4294967296', '0xabc/0xabc'],
];

describeKernel.each(['nft', 'legacy'])('iptables on %s and this program read alike', (backend) => {
  it('a port', async () => {
    expect(weRead(parsePortRange, printPortRange, PORTS)).toEqual(await iptablesReads(backend, '-p tcp -m tcp --dport', PORTS));
  });

  it.each(['--uid-owner', '--gid-owner'])('an owner behind %s', async (option) => {
    expect(weRead(parseOwnerRange, printOwnerRange, OWNERS)).toEqual(await iptablesReads(backend, `-m owner ${option}`, OWNERS));
  });

  it.each(['mark', 'connmark'])('a %s', async (module) => {
    expect(weRead(parseMasked, printMasked, MARKS)).toEqual(await iptablesReads(backend, `-m ${module} --mark`, MARKS));
  });
});

describeKernel.each(['nft', 'legacy'])('iptables on %s looks up what stays a name here:', (backend) => {
  it('the names of services', async () => {
    const names = ['http', 'http-alt', 'x11', 'ms-sql-s', 'HTTP', 'nosuch'];
    expect(weRead(parsePortRange, printPortRange, names)).toEqual(names);
    const known = await iptablesReads(backend, '-p tcp -m tcp --dport', names);
    expect(known.map((value) => (/^\d+$/.test(value) ? 'a number' : value))).toEqual([
      'a number',
      'a number',
      'a number',
      'a number',
      REFUSED,
      REFUSED,
    ]);
  });

  it('the names of users', async () => {
    const names = ['root', 'www-data', 'root-nobody', 'nosuch', 'root$'];
    expect(weRead(parseOwnerRange, printOwnerRange, names)).toEqual(names);
    expect(await iptablesReads(backend, '-m owner --uid-owner', names)).toEqual(['0', '33', REFUSED, REFUSED, REFUSED]);
  });
});

// Strictness is meant: what is refused here is a problem that names the text, and never becomes a rule.
describeKernel.each(['nft', 'legacy'])('KNOWN DIFFERENCE: iptables on %s takes', (backend) => {
  it('a plus sign or a space before a number, which are refused here', async () => {
    for (const [option, parse] of [
      ['-p tcp -m tcp --dport', parsePortRange],
      ['-m owner --uid-owner', parseOwnerRange],
    ] as const) {
      expect([parse('+80'), parse(' 80')]).toEqual([null, null]);
      expect(await iptablesReads(backend, option, ['+80', ' 80'])).toEqual(['80', '80']);
    }
    expect([parseMasked('+1'), parseMasked(' 1')]).toEqual([null, null]);
    expect(await iptablesReads(backend, '-m mark --mark', ['+1', ' 1'])).toEqual(['0x1', '0x1']);
  });

  it('the names of services at the ends of a range, which are refused here', async () => {
    const ranges = ['ssh:http', '80:https', 'ssh:80'];
    expect(ranges.map(parsePortRange)).toEqual([null, null, null]);
    expect(await iptablesReads(backend, '-p tcp -m tcp --dport', ranges)).toEqual(['22:80', '80:443', '22:80']);
  });

  it('a colon between two owners for a range, which is refused here', async () => {
    expect(parseOwnerRange('1:2')).toBe(null);
    expect(await iptablesReads(backend, '-m owner --uid-owner', ['1:2'])).toEqual(['1-2']);
  });

  it('in multiport no open range and none of one port, which are accepted here', async () => {
    const ranges = [':80', '80:', ':', '80:80'];
    expect(ranges.map(parsePortRange)).not.toContain(null);
    expect(await iptablesReads(backend, '-p tcp -m multiport --dports', ranges)).toEqual(ranges.map(() => REFUSED));
  });
});
