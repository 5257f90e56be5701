import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { diff } from '../../../src/cli/diff/diff.ts';
import { DIFF_FORMS } from '../../../src/cli/diff/forms.ts';
import type { Result } from '../../../src/cli/result.ts';
import { coloursFor, plain } from '../../../src/cli/terminal/color.ts';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { ProblemError } from '../../../src/istio/problems.ts';
import { FAMILIES } from '../../../src/netfilter/family.ts';
import { printCommands, printSave } from '../../../src/netfilter/print.ts';
import type { SourceOptions } from '../../../src/sources/options.ts';
import { capture } from '../../golden.ts';
import { expectRefused, PROGRAM, ROOT, run, scratchFolder } from '../program.ts';

const DIFF_FORM_NAMES = Object.keys(DIFF_FORMS) as (keyof typeof DIFF_FORMS)[];

const folder = scratchFolder();
afterAll(folder.remove);

const inFolder = { cwd: folder.path };
const ARGUMENTS = ['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-b', '*', '-d', '15090,15021,15020'];
const save = printSave(planFromArguments(ARGUMENTS, { release: '1.12' }).ip);
const drifted = save.replace('-A OUTPUT', '-A OUTPUT -p tcp -m tcp --dport 80 -j ACCEPT\n-A OUTPUT');
folder.write('save.txt', save);
folder.write('drifted.txt', drifted);
folder.write(
  'settings.yaml',
  'apiVersion: istio-init/v1\nkind: SidecarCapture\nrelease: "1.12"\ninbound: {excludePorts: [15090, 15021, 15020]}\n',
);
folder.write('other.txt', '*filter\n-A INPUT -p tcp -j DROP\nCOMMIT\n');

/** The two lines that name the sides. */
const heading = (stdout: string): readonly string[] => stdout.split('\n').filter((line) => /^(?:---|\+\+\+) /.test(line));

describe.concurrent('diff', () => {
  it('of equal sides ends with 0, of different ones with 1', async () => {
    expect(await run(['diff', 'save.txt', 'save.txt'], inFolder)).toEqual({
      exitCode: 0,
      stdout: '--- save.txt (IPv4)\n+++ save.txt (IPv4)\n\nNo differences.\n',
      stderr: '',
    });
    expect(await run(['diff', 'drifted.txt', 'save.txt'], inFolder)).toEqual({
      exitCode: 1,
      stdout: `Traffic goes elsewhere for 2 kinds of packets.

TCP to port 80 of other machines from the app
- direct
+ envoy-outbound (15001)

TCP to port 80 of the pod itself (except localhost) from the proxy (uid 1337) with a source other than 127.0.0.6
- direct
+ envoy-inbound (15006)

--- drifted.txt (IPv4)
+++ save.txt (IPv4)

IPv4 nat OUTPUT
- 1    -p tcp -m tcp --dport 80 -j ACCEPT
  2 1  -p tcp -j ISTIO_OUTPUT

Different: 1 rule only left (-).

next      where one connection goes, before and now:
            istio-init why drifted.txt save.txt ADDRESS:PORT
`,
      stderr: '',
    });
  });

  it('gives settings and arguments to the sides that are releases', async () => {
    const settings = await run(['diff', '@1.12', '@1.13', '--set', 'inbound.excludePorts+=80']);
    expect(heading(settings.stdout)).toEqual([
      "--- Istio 1.12.9, the injector's defaults with inbound.excludePorts+=80",
      "+++ Istio 1.13.9, the injector's defaults with inbound.excludePorts+=80",
    ]);
    expect(settings.stdout).toContain('- 2    -p tcp -m tcp --dport 22 -j RETURN\n');
    expect(settings).toMatchObject({ exitCode: 1, stderr: '' });

    const args = await run(['diff', 'save.txt', '@1.12', '--', ...ARGUMENTS], inFolder);
    expect(heading(args.stdout)).toEqual([
      '--- save.txt (IPv4)',
      `+++ Istio 1.12.9, istio-iptables ${ARGUMENTS.join(' ').replaceAll('*', "'*'")}`,
    ]);
    expect(args.exitCode).toBe(0);

    const file = await run(['diff', '@1.12', 'settings.yaml', '-f', 'settings.yaml', '--set', 'proxy.port=1'], inFolder);
    expect(heading(file.stdout)).toEqual([
      '--- Istio 1.12.9, settings of settings.yaml with proxy.port=1',
      '+++ Istio 1.12.9, settings of settings.yaml with proxy.port=1',
    ]);
    expect((await run(['diff', 'settings.yaml', 'save.txt', '--release', '1.11'], inFolder)).stdout).toMatch(
      /^--- Istio 1\.11\.8, settings of/m,
    );
  });

  it('with one side compares it with the settings that are given', async () => {
    const found = await run(['diff', 'drifted.txt', '-f', 'settings.yaml'], inFolder);
    expect(heading(found.stdout)).toEqual(['--- drifted.txt (IPv4)', '+++ Istio 1.12.9, settings of settings.yaml']);
    expect(found.stdout).toContain('\nDifferent: 1 rule only left (-).\n');
    expect((await run(['diff', 'save.txt', '--release', '1.12', '--', ...ARGUMENTS], inFolder)).exitCode).toBe(0);
    expect(
      (await run(['diff', '-', '--set', 'inbound.excludePorts=15090,15021,15020', '--release', '1.12'], { input: save })).exitCode,
    ).toBe(0);
  });

  it('with one side and no settings compares it with what made it', async () => {
    const found = await run(['diff', 'golden/captures/2021-01-default.list.txt']);
    expect(found.stdout).toBe(
      `--- golden/captures/2021-01-default.list.txt (IPv4 nat)\n+++ Istio 1.7.0 to 1.12.9, inferred: makes exactly the rules of Istio on the left\n\nNo differences.\n`,
    );
    expect(found.exitCode).toBe(0);
    const nearest = await run(['diff', '-', '-o', 'json'], {
      input: capture('2021-01-default.list.txt').replace('dpt:15008', 'dpt:15009 ! -f'),
    });
    expect(nearest.exitCode).toBe(1);
    expect(JSON.parse(nearest.stdout)).toMatchObject({ same: false, right: { inferred: 'nearest' } });
    expectRefused(
      await run(['diff', 'other.txt'], inFolder),
      'other.txt has no rules of an Istio sidecar; name the other operand, as in diff FILE @1.23',
    );
  });

  it('knows its forms, and the words for them', async () => {
    for (const form of DIFF_FORM_NAMES) {
      const { exitCode, stdout } = await run(['diff', 'drifted.txt', 'save.txt', '-o', form], inFolder);
      expect({ form, exitCode }).toEqual({ form, exitCode: 1 });
      expect(stdout).toContain('--dport 80 -j ACCEPT');
    }
    expect((await run(['diff', '--help'])).stdout).toContain(DIFF_FORM_NAMES.join(', ').replace(/, (\w+)$/, ' or $1'));
    expectRefused(
      await run(['diff', 'a', 'b', '-o', 'pach']),
      '--output "pach" is not one of text, patch, json, markdown, svg, mermaid, dot (did you mean patch?)',
    );
  });

  it('compares one family where it is asked to', async () => {
    const both = ['--address', '2001:db8::7/64', '--family', 'ip6'];
    const { stdout } = await run(['diff', '@1.12', '@1.13', ...both]);
    expect(stdout).toContain('IPv6 nat ISTIO_INBOUND\n');
    expect(stdout).not.toContain('IPv4');
    expectRefused(await run(['diff', '@1.12', '@1.13', '--family', 'ip4']), '--family "ip4" is not one of ip, ip6 (did you mean ip?)');
  });

  it('refuses words that are too many', async () => {
    for (const words of [['save.txt', 'save.txt', 'save.txt']]) {
      const { exitCode, stdout, stderr } = await run(['diff', ...words], inFolder);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/^istio-init: [^\n]+\n$/);
    }
  });

  it('says what could not be read, and what came of it', async () => {
    const { exitCode, stdout, stderr } = await run(['diff', 'golden/captures/damaged-default.save.txt', '@1.12']);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      'Not known to be the same: no differences in what could be read of both operands.\nNot compared:\n  - IPv4 nat',
    );
    expect(stdout).toContain("that can't be read: ");
    expect(stderr.match(/^golden\/captures\/damaged-default\.save\.txt:[5-9]:1 warning: /gm)).toHaveLength(5);
  });
});

describe('settings', () => {
  const NONE: SourceOptions = { sets: [], env: [], addresses: [], nameservers: [] };
  const file = (name: string): string => join(folder.path, name);
  const asked = (left: string, right: string | undefined, given: Partial<SourceOptions>): Promise<Result> =>
    diff({
      left,
      ...(right === undefined ? {} : { right }),
      given: { ...NONE, ...given },
      by: 'rules',
      output: 'text',
      all: false,
      paint: plain,
    });

  it.each<readonly [readonly [string, string?], Partial<SourceOptions>, string]>([
    [['-', '-'], {}, '- standard input can be read once; put one of the two in a file'],
    [['-', '@1.12'], { filename: '-' }, '- standard input can be read once; put one of the two in a file'],
    [['@1.12', '@1.13'], { filename: '-' }, '- standard input can be read once; put one of the two in a file'],
    [['save.txt', 'save.txt'], { filename: 'settings.yaml' }, '--filename: no operand takes settings; name a release, as @1.23'],
    [
      ['save.txt', 'save.txt'],
      { args: ['-p', '1'] },
      '--: no operand takes arguments; name a release (@1.23) or a command (exec:TEXT) as an operand',
    ],
    [
      ['save.txt', 'save.txt'],
      { env: ['A=b'] },
      '--env: no operand takes arguments; name a release (@1.23) or a command (exec:TEXT) as an operand',
    ],
    [
      ['save.txt', 'save.txt'],
      { sets: ['proxy.port=1'] },
      '--set: no operand takes settings; name a release (@1.23) or a file with settings as an operand',
    ],
    [
      ['save.txt', 'save.txt'],
      { release: '1.12' },
      '--release: no operand takes it; name a release (@1.23) or a file with settings as an operand',
    ],
    [['@1.12', '@1.13'], { release: '1.14' }, '--release: no operand takes it; each has a release of its own or needs none'],
    [['save.txt', '@1.13'], { release: '1.14' }, '--release: no operand takes it; each has a release of its own or needs none'],
    [['@1.12'], {}, '@1.12 holds settings, no rules; name the other operand, as in diff live @1.12'],
    [['settings.yaml'], {}, 'settings.yaml holds settings, no rules; name the other operand, as in diff live settings.yaml'],
    [['nowhere.txt', 'save.txt'], {}, 'nowhere.txt does not exist'],
  ])('of %j and %j are refused with one line', async ([left, right], given, line) => {
    const place = (name: string): string => (/^[-@]/.test(name) ? name : file(name));
    const error = await asked(place(left), right === undefined ? right : place(right), given).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProblemError);
    expect((error as ProblemError).message.replaceAll(`${folder.path}/`, '')).toBe(line);
  });

  it('need no facts that the rules beside them tell', async () => {
    const sets = ['dualStack=true', 'dns.capture=servers'];
    const facts = { addresses: ['10.0.0.7/24', '2001:db8::7/64'], nameservers: ['10.96.0.10', 'fd00:96::a'] };
    const plan = planFromSettings({ sets, facts, release: { value: '1.23', source: { kind: 'option', option: '--release' } } });
    const found = file(folder.write('six.txt', FAMILIES.map((family) => printCommands(plan[family])).join('')));
    folder.write(
      'six.yaml',
      'apiVersion: istio-init/v1\nkind: SidecarCapture\nrelease: "1.23"\ndualStack: true\ndns: {capture: servers}\n',
    );
    for (const [left, right, given] of [
      [found, '@1.23', { sets }],
      ['@1.23', found, { sets }],
      [found, undefined, { sets, release: '1.23' }],
      [found, file('six.yaml'), {}],
      [file('six.yaml'), found, {}],
    ] as const) {
      const { exitCode, output } = await asked(left, right, given);
      expect(exitCode, `${left} ${right}`).toBe(0);
      expect(output.indexOf('+++ ') < output.indexOf(found), `${left} ${right}`).toBe(right === found);
    }
    const said = await asked(found, '@1.23', { sets, nameservers: ['10.0.0.1'] });
    expect(said.output).toContain('changed: -d 10.96.0.10/32 -> 10.0.0.1/32\n');
  });
});

describe('colour', () => {
  it.each([
    ['on a terminal', { isTTY: true }, {}, 'auto', true],
    ['in a pipe', {}, {}, 'auto', false],
    ['with NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, 'auto', false],
    ['with an empty NO_COLOR', { isTTY: true }, { NO_COLOR: '' }, 'auto', true],
    ['with FORCE_COLOR in a pipe', {}, { FORCE_COLOR: '1', NO_COLOR: '1' }, 'auto', true],
    ['with CLICOLOR_FORCE in a pipe', {}, { CLICOLOR_FORCE: '1' }, 'auto', true],
    ['with CLICOLOR_FORCE=0 in a pipe', {}, { CLICOLOR_FORCE: '0' }, 'auto', false],
    ['with CLICOLOR_FORCE and NO_COLOR', { isTTY: true }, { CLICOLOR_FORCE: '1', NO_COLOR: '1' }, 'auto', false],
    ['with CLICOLOR_FORCE on a dumb terminal', { isTTY: true }, { CLICOLOR_FORCE: '1', TERM: 'dumb' }, 'auto', true],
    ['with CLICOLOR=0', { isTTY: true }, { CLICOLOR: '0' }, 'auto', false],
    ['with CLICOLOR=1', { isTTY: true }, { CLICOLOR: '1' }, 'auto', true],
    ['with FORCE_COLOR=false', { isTTY: true }, { FORCE_COLOR: 'false' }, 'auto', false],
    ['with FORCE_COLOR=0', { isTTY: true }, { FORCE_COLOR: '0' }, 'auto', false],
    ['with --color=never', { isTTY: true }, { FORCE_COLOR: '1' }, 'never', false],
    ['with --color=always', {}, { NO_COLOR: '1' }, 'always', true],
    ['on a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, 'auto', false],
  ] as const)('%s', (_, stream, environment, word, coloured) => {
    expect(coloursFor(stream, environment, word)).toBe(coloured);
  });

  it('is on a real terminal, and goes with --no-color and NO_COLOR', () => {
    const onTerminal = (words: string, env: Readonly<Record<string, string>> = {}): string => {
      const command = `'${PROGRAM}' diff drifted.txt save.txt ${words}`;
      const { NO_COLOR: _, ...environment } = process.env;
      return spawnSync('script', ['-qec', command, '/dev/null'], {
        ...inFolder,
        encoding: 'utf8',
        env: { ...environment, TERM: 'xterm', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }).stdout.replaceAll('\r\n', '\n');
    };
    const coloured = onTerminal('');
    expect(coloured).toContain('\u001b[31m- 1    -p tcp -m tcp --dport 80 -j ACCEPT\u001b[0m\n  2 1  -p tcp -j ISTIO_OUTPUT\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes of colours.
    const bare = coloured.replace(/\u001b\[\d+m/g, '');
    expect(onTerminal('--no-color')).toBe(bare);
    expect(onTerminal('', { NO_COLOR: '1' })).toBe(bare);
    expect(onTerminal('-o patch')).not.toContain('\u001b');
  });
});

it('docs/diff.md names every form and every key of the document', async () => {
  const page = readFileSync(join(ROOT, 'docs/diff.md'), 'utf8');
  const keys = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (!Array.isArray(value)) keys.add(key);
      // An example packet is that of --by packets.
      if (key !== 'example') visit(inner);
    }
  };
  for (const words of [
    ['@1.12', '@1.23', '--set', 'mode=TPROXY'],
    ['golden/captures/damaged-default.save.txt', '@1.23'],
  ])
    visit(JSON.parse((await run(['diff', ...words, '-o', 'json'])).stdout));
  expect(keys.size).toBeGreaterThan(20);
  for (const word of [...keys, ...DIFF_FORM_NAMES]) expect(page, word).toContain(`\`${word}\``);
});
