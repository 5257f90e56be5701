import { describe, expect, it } from 'vitest';
import { ARGUMENTS, shortOf } from '../../../src/istio/arguments/arguments.ts';
import { bareArguments, parseGoBool, splitCommandLine } from '../../../src/istio/arguments/command-line.ts';
import { formatProblem } from '../../../src/istio/problems.ts';
import { RELEASES } from '../../../src/istio/releases/every-release.ts';
import { profileOf } from '../../../src/istio/releases/profile.ts';

/** The texts of the flags that a release's program finds, and what there is to say about them. */
function split(
  release: string,
  ...words: readonly string[]
): { readonly flags: Readonly<Record<string, string>>; readonly problems: readonly string[] } {
  const { flags, problems } = splitCommandLine(words, profileOf(release));
  return { flags: Object.fromEntries([...flags].map(([flag, { text }]) => [flag, text])), problems: problems.map(formatProblem) };
}

const GO = '1.30.3';

describe('pflag', () => {
  it.each<[string, readonly string[], Readonly<Record<string, string>>]>([
    ['takes the next word as a value', ['-p', '80', '--envoy-port', '81'], { 'envoy-port': '81' }],
    ['lets the last one win', ['-p', '80', '-p', '81'], { 'envoy-port': '81' }],
    ['lets the last one win over a longer spelling, too', ['--envoy-port=80', '-p81'], { 'envoy-port': '81' }],
    ['takes -fvalue', ['-p80'], { 'envoy-port': '80' }],
    ['takes -f=value', ['-p=80'], { 'envoy-port': '80' }],
    ['takes the = of "-f=" for the value', ['-d='], { 'istio-local-exclude-ports': '=' }],
    ['drops one = of several', ['-d==80'], { 'istio-local-exclude-ports': '=80' }],
    ['takes --flag=value', ['--envoy-port=80'], { 'envoy-port': '80' }],
    ['keeps further = in a value', ['--network-namespace=a=b'], { 'network-namespace': 'a=b' }],
    ['takes --flag= for an empty value', ['--istio-inbound-ports='], { 'istio-inbound-ports': '' }],
    ['takes an empty word for a value', ['-x', ''], { 'istio-service-exclude-cidr': '' }],
    ['takes a flag behind a flag for its value', ['-x', '--dry-run'], { 'istio-service-exclude-cidr': '--dry-run' }],
    ['takes -- behind a flag for its value', ['-x', '--', '-p', '80'], { 'istio-service-exclude-cidr': '--', 'envoy-port': '80' }],
    ['takes a - for a value', ['-x', '-'], { 'istio-service-exclude-cidr': '-' }],
    ['reads a switch as true', ['--dry-run'], { 'dry-run': 'true' }],
    ['takes no next word as a value of a switch', ['-n', '-p', '80'], { 'dry-run': 'true', 'envoy-port': '80' }],
    ['takes --switch=false', ['--drop-invalid=false'], { 'drop-invalid': 'false' }],
    ['takes -n=0', ['-n=0'], { 'dry-run': '0' }],
    ['takes switches and a last flag in one word', ['-np80'], { 'dry-run': 'true', 'envoy-port': '80' }],
    ['takes switches and a last flag in one word, its value behind it', ['-np', '80'], { 'dry-run': 'true', 'envoy-port': '80' }],
    ['takes the rest of a word for a value, switches included', ['-pn'], { 'envoy-port': 'n' }],
    ['reads a number', ['--iptables-probe-port', '15002'], { 'iptables-probe-port': '15002' }],
    ['reads a duration', ['--probe-timeout', '1m30.5s'], { 'probe-timeout': '1m30.5s' }],
    ['keeps a value with newlines, quotes and flags as it is', ['-u', '1\n-j "ACCEPT"'], { 'proxy-uid': '1\n-j "ACCEPT"' }],
  ])('%s: %j', (_, words, flags) => {
    expect(split(GO, ...words)).toEqual({ flags, problems: [] });
  });

  it.each<[string, readonly string[], Readonly<Record<string, string>>, readonly string[]]>([
    ['stops at --', ['-p', '80', '--', '-p', '81'], { 'envoy-port': '80' }, ['"-p"', '"81"']],
    ['goes on behind a word that is no flag', ['clean', '-p', '80'], { 'envoy-port': '80' }, ['"clean"']],
    ['takes - for a word that is no flag', ['-', '-p', '80'], { 'envoy-port': '80' }, ['"-"']],
    ['takes no next word as a value of a switch', ['--dry-run', 'false'], { 'dry-run': 'true' }, ['"false"']],
    ['takes an empty word for one that is no flag', [''], {}, ['""']],
  ])('%s, and says what is ignored: %j', (_, words, flags, ignored) => {
    const problems = ignored.map((word) => `istio-iptables warning: ${word} is ignored by istio-iptables 1.30.3`);
    expect(split(GO, ...words)).toEqual({ flags, problems });
  });

  it.each<[readonly string[], string]>([
    [['-p'], 'istio-iptables -p needs a value'],
    [['--envoy-port'], 'istio-iptables --envoy-port needs a value'],
    [['-n', '-np'], 'istio-iptables -p needs a value'],
    [['--drop-invalid=yes'], 'argument --drop-invalid drop-invalid: "yes" is not true or false'],
    [['--drop-invalid='], 'argument --drop-invalid drop-invalid: "" is not true or false'],
    [['-n=maybe'], 'argument -n dry-run: "maybe" is not true or false'],
    [['--iptables-probe-port', 'x'], 'argument --iptables-probe-port iptables-probe-port: "x" is not a port (0 to 65535)'],
    [['--probe-timeout=5'], 'argument --probe-timeout probe-timeout: "5" is not a duration such as 5s'],
    [
      ['--istio-inbound-port', '80'],
      'istio-iptables "--istio-inbound-port" is not a flag of istio-iptables 1.30.3 (did you mean --istio-inbound-ports?)',
    ],
    [['--envoy_port=80'], 'istio-iptables "--envoy_port" is not a flag of istio-iptables 1.30.3 (did you mean --envoy-port?)'],
    [['--Dry-Run'], 'istio-iptables "--Dry-Run" is not a flag of istio-iptables 1.30.3 (did you mean --dry-run?)'],
    [['--nothing-like-it-at-all'], 'istio-iptables "--nothing-like-it-at-all" is not a flag of istio-iptables 1.30.3'],
    [['-nX', '-p80'], 'istio-iptables "-X" is not a flag of istio-iptables 1.30.3'],
    [['---p'], 'istio-iptables "---p" is not a flag of istio-iptables 1.30.3 (did you mean --help?)'],
    [['--a\nb'], 'istio-iptables "--a\\nb" is not a flag of istio-iptables 1.30.3'],
    [['-n='], 'istio-iptables "-=" is not a flag of istio-iptables 1.30.3'],
  ])('refuses %j: %s', (words, problem) => {
    const { problems } = split(GO, ...words);
    expect(problems.map((text) => text.replace(/ \(did you mean --help\?\)$/, ''))[0]).toBe(
      problem.replace(/ \(did you mean --help\?\)$/, ''),
    );
  });

  it('reports every unknown flag', () => {
    expect(split(GO, '--one', '-p', '80', '--two').problems).toHaveLength(2);
  });
});

describe('the texts of switches', () => {
  it.each(['1', 't', 'T', 'TRUE', 'true', 'True'])('%s is true', (text) => {
    expect(parseGoBool(text)).toBe(true);
  });

  it.each(['0', 'f', 'F', 'FALSE', 'false', 'False'])('%s is false', (text) => {
    expect(parseGoBool(text)).toBe(false);
  });

  it.each(['', 'yes', 'no', 'on', 'tRUE', 'y', '2', ' true', 'true\n'])('%j is neither', (text) => {
    expect(parseGoBool(text)).toBeNull();
  });
});

/** Spans of the releases that take a command line without calling one of its words unknown. */
function spansOf(...words: readonly string[]): readonly string[] {
  const knows = RELEASES.map(
    (release) => !splitCommandLine(words, profileOf(release)).problems.some(({ code }) => code === 'unknown-flag'),
  );
  const starts = RELEASES.filter((_, at) => knows[at] && !knows[at - 1]);
  const ends = RELEASES.filter((_, at) => knows[at] && !knows[at + 1]);
  return starts.map((start, at) => `${start} - ${ends[at]}`);
}

describe('the flags of each release (istio-history 2.1, 2.2)', () => {
  it.each<[string, readonly string[]]>([
    ['-p', ['1.0.0 - 1.30.3']],
    ['-z', ['1.3.0 - 1.30.3']],
    ['-k', ['1.1.0 - 1.30.3']],
    ['-o', ['1.2.0 - 1.30.3']],
    ['-e', ['1.7.0 - 1.30.3']],
    ['-q', ['1.7.0 - 1.30.3']],
    ['-c', ['1.15.0 - 1.30.3']],
    ['-r', ['1.5.0 - 1.30.3']],
    ['-t', ['1.2.0 - 1.30.3']],
    ['-n', ['1.5.0 - 1.30.3']],
    ['-f', ['1.5.0 - 1.23.6']],
    ['--envoy-port', ['1.5.0 - 1.30.3']],
    ['--istio-exclude-interfaces', ['1.11.3 - 1.30.3']],
    ['--restore-format', ['1.5.0 - 1.23.6']],
    ['--redirect-dns', ['1.9.0 - 1.30.3']],
    ['--capture-all-dns', ['1.11.0 - 1.30.3']],
    ['--output-paths', ['1.11.0 - 1.17.5']],
    ['--network-namespace', ['1.11.0 - 1.30.3']],
    ['--cni-mode', ['1.11.0 - 1.30.3']],
    ['--iptables-trace-logging', ['1.12.0 - 1.25.5']],
    ['--drop-invalid', ['1.12.2 - 1.30.3']],
    ['--host-nsenter-exec', ['1.15.0 - 1.18.5', '1.19.0 - 1.19.3']],
    ['--dual-stack', ['1.18.5 - 1.18.7', '1.19.1 - 1.30.3']],
    ['--iptables-version', ['1.18.6 - 1.18.7', '1.19.4 - 1.21.6']],
    ['--reconcile', ['1.24.0 - 1.30.3']],
    ['--cleanup-only', ['1.24.0 - 1.30.3']],
    ['--force-apply', ['1.24.0 - 1.30.3']],
    ['--native-nftables', ['1.27.0 - 1.30.3']],
    ['--force-iptables-binary', ['1.28.0 - 1.30.3']],
    ['--log_output_level', ['1.15.0 - 1.30.3']],
  ])('%s is known in %j', (flag, spans) => {
    const argument = ARGUMENTS.find((candidate) => `--${candidate.flag}` === flag || (`-${candidate.short}` === flag && flag !== '-t'));
    expect(spansOf(...(argument?.accepts === 'switch' ? [flag] : [flag, '1']))).toEqual(spans);
  });

  it('have one flag for each letter and each name, in every release', () => {
    for (const release of RELEASES) {
      const profile = profileOf(release);
      const known = ARGUMENTS.filter(({ needs }) => profile.has(needs));
      const names = known.flatMap((argument) => [argument.flag, shortOf(argument, profile) ?? []].flat());
      expect(names, release).toEqual([...new Set(names)]);
    }
  });

  it('have a letter that came later than its flag', () => {
    expect(split('1.14.6', '--istio-exclude-interfaces', 'eth1').problems).toEqual([]);
    expect(split('1.14.6', '-ceth1').problems).toEqual(['istio-iptables "-c" is not a flag of istio-iptables 1.14.6']);
    expect(split('1.15.0', '-c', 'eth1').flags).toEqual({ 'istio-exclude-interfaces': 'eth1' });
  });

  it('suggest only flags that the release has', () => {
    expect(split('1.23.0', '--reconcil').problems).toEqual(['istio-iptables "--reconcil" is not a flag of istio-iptables 1.23.0']);
    expect(split('1.24.0', '--reconcil').problems).toEqual([
      'istio-iptables "--reconcil" is not a flag of istio-iptables 1.24.0 (did you mean --reconcile?)',
    ]);
  });
});

describe('getopts of the shell program', () => {
  it.each<[string, readonly string[], Readonly<Record<string, string>>]>([
    ['takes the next word as a value', ['-p', '80', '-b', '*'], { 'envoy-port': '80', 'istio-inbound-ports': '*' }],
    ['takes -fvalue', ['-p80'], { 'envoy-port': '80' }],
    ['keeps the = of -f=value', ['-p=80'], { 'envoy-port': '=80' }],
    ['lets the last one win', ['-p', '80', '-p', '81'], { 'envoy-port': '81' }],
    ['passes over an option without its value', ['-b', '80', '-p'], { 'istio-inbound-ports': '80' }],
    [
      'takes a flag behind a flag for its value',
      ['-x', '-p', '-b', '80'],
      { 'istio-service-exclude-cidr': '-p', 'istio-inbound-ports': '80' },
    ],
    ['takes an empty word for a value', ['-x', '', '-p', '80'], { 'istio-service-exclude-cidr': '', 'envoy-port': '80' }],
    ['takes no = for a value that is missing', ['-p', ''], { 'envoy-port': '' }],
  ])('%s: %j', (_, words, flags) => {
    expect(split('1.4.10', ...words)).toEqual({ flags, problems: [] });
  });

  it.each<[string, readonly string[], Readonly<Record<string, string>>, readonly string[]]>([
    ['stops at the first word that is no option', ['-p', '80', 'word', '-p', '81'], { 'envoy-port': '80' }, ['"word"', '"-p"', '"81"']],
    ['stops at --', ['-p', '80', '--', '-p', '81'], { 'envoy-port': '80' }, ['"-p"', '"81"']],
    ['stops at -', ['-', '-p', '80'], {}, ['"-"', '"-p"', '"80"']],
  ])('%s, and says what is ignored: %j', (_, words, flags, ignored) => {
    const problems = ignored.map((word) => `istio-iptables warning: ${word} is ignored by istio-iptables 1.4.10`);
    expect(split('1.4.10', ...words)).toEqual({ flags, problems });
  });

  it.each<[readonly string[], string]>([
    [['-q', '80'], '"-q" is not a flag of istio-iptables 1.4.10'],
    [['-e', '80'], '"-e" is not a flag of istio-iptables 1.4.10'],
    [['-n'], '"-n" is not a flag of istio-iptables 1.4.10'],
    [['--envoy-port', '80'], '"--envoy-port" is not a flag of istio-iptables 1.4.10'],
    [['--dry-run=true'], '"--dry-run" is not a flag of istio-iptables 1.4.10'],
  ])('refuses %j', (words, problem) => {
    expect(split('1.4.10', ...words).problems[0]).toBe(`istio-iptables ${problem}`);
  });

  it('ignores a bare -h in 1.2 and 1.3, where it takes a value, and prints help in the others', () => {
    const asksHelp = (release: string, ...words: readonly string[]): boolean =>
      splitCommandLine(words, profileOf(release)).problems.some(({ code, severity }) => code === 'help-asked' && severity === 'error');
    const releases = ['1.0.9', '1.1.17', '1.2.0', '1.2.10', '1.3.8', '1.4.0', '1.4.10'];
    expect(releases.map((release) => asksHelp(release, '-h'))).toEqual([true, true, false, false, false, true, true]);
    expect(split('1.2.0', '-p', '80', '-h')).toEqual({ flags: { 'envoy-port': '80' }, problems: [] });
    expect(asksHelp('1.2.0', '-h', 'me')).toBe(true);
    expect(asksHelp('1.3.8', '-hme')).toBe(true);
  });

  it('knows -t, which tests the script, from 1.2 on', () => {
    expect(split('1.1.17', '-t').problems).toEqual(['istio-iptables "-t" is not a flag of istio-iptables 1.1.17']);
    expect(split('1.2.0', '-t', '-p', '80')).toEqual({
      flags: { 'envoy-port': '80' },
      problems: ['istio-iptables warning: "-t" is ignored by istio-iptables 1.2.0'],
    });
  });

  it('takes `clean` for the wish to remove the rules until 1.3, and ignores it in 1.4', () => {
    for (const release of ['1.0.0', '1.3.8']) {
      expect(split(release, 'clean').problems).toEqual([
        `istio-iptables clean makes istio-iptables ${release} remove its rules and make none`,
      ]);
    }
    expect(split('1.3.8', '-p', '80', 'clean')).toEqual({
      flags: { 'envoy-port': '80' },
      problems: ['istio-iptables warning: "clean" is ignored by istio-iptables 1.3.8'],
    });
    expect(split('1.4.0', 'clean').problems).toEqual(['istio-iptables warning: "clean" is ignored by istio-iptables 1.4.0']);
  });
});

describe('the words in front of the arguments', () => {
  it.each<[readonly string[], readonly string[]]>([
    [
      ['istio-iptables', '-p', '80'],
      ['-p', '80'],
    ],
    [
      ['pilot-agent', 'istio-iptables', '-p', '80'],
      ['-p', '80'],
    ],
    [
      ['/usr/local/bin/pilot-agent', 'istio-iptables', '-p', '80'],
      ['-p', '80'],
    ],
    [
      ['/usr/local/bin/istio-iptables.sh', '-p', '80'],
      ['-p', '80'],
    ],
    [
      ['./istio-iptables', '-p', '80'],
      ['-p', '80'],
    ],
    [
      ['-p', '80'],
      ['-p', '80'],
    ],
    [[], []],
    [['istio-iptables'], []],
    [
      ['-d', 'istio-iptables'],
      ['-d', 'istio-iptables'],
    ],
    [['istio-iptables', 'istio-iptables'], ['istio-iptables']],
    [['["istio-iptables", "-p", "15001", "-x", ""]'], ['-p', '15001', '-x', '']],
    [[' \n["pilot-agent","istio-iptables","-b","*"]\n'], ['-b', '*']],
    [['[]'], []],
  ])('are left out: %j is %j', (words, rest) => {
    expect(bareArguments(words)).toEqual(rest);
  });

  it.each([[['["-p", 80]']], [['["-p"']], [['{"a": "-p"}']], [['["-p"]', '80']], [['clean']]])(
    'are all there is where they are no arguments: %j',
    (words) => {
      expect(bareArguments(words)).toEqual(words);
    },
  );
});
