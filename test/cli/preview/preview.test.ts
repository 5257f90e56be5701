import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { load } from 'js-yaml';
import { afterAll, describe, expect, it } from 'vitest';
import { preview } from '../../../src/cli/preview/preview.ts';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { planAmbient } from '../../../src/istio/plan/ambient/ambient-plan.ts';
import { planDocument } from '../../../src/istio/plan/plan-document.ts';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { readSidecarText } from '../../../src/istio/settings/sidecar-text.ts';
import { printList } from '../../../src/netfilter/list/print-list.ts';
import { printNft, printNftJson } from '../../../src/netfilter/nft/print.ts';
import { printCommands, printRestore, printSave } from '../../../src/netfilter/print.ts';

import { PROGRAM, ROOT, run, runAlone, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const EXAMPLE = 'docs/examples/sidecar.yaml';
const exampleText = readFileSync(join(ROOT, EXAMPLE), 'utf8');
const example = planFromSettings({ file: readSidecarText(exampleText, EXAMPLE) });

describe.concurrent('preview of the example', () => {
  it.each([
    ['restore', printRestore(example.ip)],
    ['save', printSave(example.ip)],
    ['commands', printCommands(example.ip)],
    ['list', printList(example.ip)],
    ['json', `${JSON.stringify(planDocument(example), null, 2)}\n`],
  ])('prints with -o %s what the library makes, and nothing else', async (form, text) => {
    expect(await run(['preview', '-f', EXAMPLE, '-o', form])).toEqual({ exitCode: 0, stdout: text, stderr: '' });
  });

  it('prints with -o yaml the same data as with -o json', async () => {
    const { exitCode, stdout, stderr } = await run(['preview', '-f', EXAMPLE, '-o', 'yaml']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(load(stdout)).toEqual(JSON.parse(JSON.stringify(planDocument(example))));
  });

  it('shows native rules of nft as a listing, as a script and as JSON', async () => {
    const args = ['-p', '15001', '-b', '*', '-i', '*', '-k', 'eth1', '--native-nftables'];
    const plan = planFromArguments(args, { release: '1.28' });
    const preview = (form: readonly string[], more: readonly string[] = []): ReturnType<typeof run> =>
      run(['preview', '@1.28', ...form, ...more, '--', ...args]);
    expect(await preview([])).toEqual({ exitCode: 0, stdout: printNft(plan), stderr: '' });
    expect((await preview(['-o', 'nft-json'])).stdout).toBe(printNftJson(plan.nft ?? { tables: [] }));
    expect((await preview(['-o', 'nft-script'], ['--explain'])).stdout).toContain(
      '# Traffic that a virtual machine sends through eth1 counts as outbound. (interfaces.reroute from argument -k)\nadd rule inet istio-proxy-nat prerouting iifname "eth1" counter',
    );
    expect((await preview(['-o', 'commands'])).stdout).toContain(
      'nft \'add rule inet istio-proxy-nat prerouting iifname "eth1" counter jump',
    );
  });

  it('says native rules as those of iptables, and whom both families have asks which', async () => {
    const args = ['-p', '15001', '-b', '*', '-i', '*', '-k', 'eth1'];
    const native = [...args, '--native-nftables'];
    const said = await run(['preview', '@1.28', '-4', '-o', 'save', '--', ...native]);
    expect(said).toEqual({
      exitCode: 0,
      stdout: (await run(['preview', '@1.28', '-4', '-o', 'save', '--', ...args])).stdout,
      stderr: "note: iptables takes a packet without a socket for one of another user; nft's rules do not match it\n",
    });
    expect((await run(['preview', '@1.28', '-4', '-o', 'restore', '--explain', '--', ...native])).stdout).toContain(
      '# Traffic that a virtual machine sends through eth1 counts as outbound. (interfaces.reroute from argument -k)\n-A PREROUTING -i eth1 ',
    );
    expect((await run(['preview', '@1.28', '-o', 'save', '--', ...native])).stderr).toContain('choose with --family');
    expect((await run(['preview', '@1.28', '-o', 'nft-script', '--', ...args])).stderr).toContain(
      'shows rules of nft, and these are of iptables',
    );
  });

  it('leaves a table out that iptables has no words for, and says so on both streams', async () => {
    const text =
      'table ip mine {\n  chain out {\n    type nat hook output priority dstnat; policy accept;\n    ip daddr @mine return\n  }\n}\n';
    const reason = 'ip mine out "ip daddr @mine return": "ip daddr @mine" asks a set of nft\n';
    expect(await run(['preview', '-', '-o', 'save'], { input: text })).toEqual({
      exitCode: 2,
      stdout: `# left out: ${reason}`,
      stderr: `istio-init: preview: left out, for iptables has no words for it: ${reason}`,
    });
  });

  it('shows what the node agent of the ambient mode makes, and refuses what it does not know', async () => {
    const knobs = ['--set', 'where=host', '--set', 'podIPs=10.244.1.9'];
    const host = planAmbient({ where: 'host', podIPs: ['10.244.1.9'] }, { release: '1.30' });
    expect(await run(['preview', '--ambient', '@1.30', ...knobs])).toEqual({ exitCode: 0, stdout: printRestore(host.ip), stderr: '' });
    expect((await run(['preview', '--ambient', '@1.30', ...knobs, '-o', 'commands'])).stdout).toContain(
      'ipset create istio-inpod-probes-v4 hash:ip family inet comment\nipset add istio-inpod-probes-v4 10.244.1.9 comment "uid-of-the-pod"\n',
    );
    const native = await run(['preview', '--ambient', '--release', '1.30', '--set', 'backend=nftables', '--set', 'dns=true']);
    expect(native.stdout).toBe(printNft(planAmbient({ backend: 'nftables', dns: true }, { release: '1.30' })));
    expect(await run(['preview', '--ambient', '@1.27', '--set', 'backend=nftables'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'istio-init: preview: knobs "backend": "nftables" is not known to the node agent of Istio 1.27.9\n',
    });
    expect((await run(['preview', '--ambient', '--set', 'dsn=true'])).stderr).toMatch(
      /^istio-init: preview: --set "dsn" is not a key here; .*\(did you mean dns\?\)\n$/,
    );
  });

  it('looks in each form as its readers expect', async () => {
    const first = async (form: string): Promise<readonly string[]> =>
      (await run(['preview', '-f', EXAMPLE, '-o', form])).stdout.split('\n').slice(0, 2);
    expect(await first('restore')).toEqual(['*nat', ':ISTIO_INBOUND - [0:0]']);
    expect(await first('save')).toEqual(['*nat', ':PREROUTING ACCEPT']);
    expect(await first('commands')).toEqual(['iptables -t nat -N ISTIO_INBOUND', 'iptables -t nat -N ISTIO_IN_REDIRECT']);
    expect(await first('json')).toEqual(['{', '  "apiVersion": "istio-init/v1",']);
    expect(await first('yaml')).toEqual(['apiVersion: istio-init/v1', 'kind: CapturePlan']);
  });

  it('is the same from -f, as SOURCE, and from standard input', async () => {
    const expected = { exitCode: 0, stdout: printRestore(example.ip), stderr: '' };
    expect(await run(['preview', EXAMPLE])).toEqual(expected);
    expect(await run(['preview', '--filename', EXAMPLE])).toEqual(expected);
    expect(await run(['preview', '-f', '-'], { input: exampleText })).toEqual(expected);
    expect(await runAlone(['preview', '-'], { input: exampleText })).toEqual(expected);
  });

  it('takes the release of the command line before that of the file', async () => {
    const text = printRestore(
      planFromSettings({
        file: readSidecarText(exampleText, EXAMPLE),
        release: { value: '1.12', source: { kind: 'option', option: '--release' } },
      }).ip,
    );
    expect(text).not.toBe(printRestore(example.ip));
    expect((await run(['preview', '-f', EXAMPLE, '--release', '1.12'])).stdout).toBe(text);
    expect((await run(['preview', `${EXAMPLE}@1.12`])).stdout).toBe(text);
    expect((await run(['preview', '@1.12', '-f', EXAMPLE])).stdout).toBe(text);
  });

  it('takes --set before the file, the last one of a key', async () => {
    const { stdout } = await run(['preview', '-f', EXAMPLE, '--set', 'outbound.excludePorts=5432', '--set', 'outbound.excludePorts=6379']);
    expect(stdout).toContain('--dport 6379 -j RETURN\n');
    expect(stdout).not.toMatch(/--dport (5432|3306)/);
  });

  it.each(['restore', 'save', 'commands'])('explains with --explain each rule of -o %s in a comment line before it', async (form) => {
    const { exitCode, stdout } = await run(['preview', '-f', EXAMPLE, '-o', form, '--explain']);
    expect(exitCode).toBe(0);
    const lines = stdout.split('\n');
    const rules = lines.filter((line) => /(^| )-A /.test(line));
    expect(rules.length).toBeGreaterThan(10);
    for (const [index, line] of lines.entries()) {
      if (/(^| )-A /.test(line)) expect(lines[index - 1], line).toMatch(/^# [A-Z].*\.( \(.*\))?$/);
    }
    expect(stdout.replace(/^# .*\n/gm, '')).toBe(
      { restore: printRestore, save: printSave, commands: printCommands }[form as 'restore'](example.ip),
    );
  });

  it('explains where a setting came from', async () => {
    const { stdout } = await run(['preview', '-f', EXAMPLE, '--explain', '--set', 'proxy.port=16001']);
    expect(stdout).toContain(
      `# Outbound port 3306 is left alone. (outbound.excludePorts from ${EXAMPLE}:10:17)\n-A ISTIO_OUTPUT -p tcp -m tcp --dport 3306 -j RETURN\n`,
    );
    expect(stdout).toContain('# What is captured outbound goes to the proxy on 16001. (proxy.port from --set)\n');
    expect(stdout).toContain('(outbound.includeRanges from default injection of 1.23.6)\n');
  });

  it('keeps the name of a file on its comment line, whatever is in it', async () => {
    const name = folder.write('x\n-A INPUT -j ACCEPT\n.yaml', exampleText);
    const { exitCode, stdout } = await run(['preview', '-f', name, '--explain'], { cwd: folder.path });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('from x\\u000a-A INPUT -j ACCEPT\\u000a.yaml:10:17)\n');
    expect(stdout.replace(/^# .*\n/gm, '')).toBe(printRestore(example.ip));
  });
});

describe.concurrent('preview without settings', () => {
  it('shows a default pod of the newest release, and says so', async () => {
    expect(await run(['preview'])).toEqual({
      exitCode: 0,
      stdout: printRestore(planFromSettings({}).ip),
      stderr: "note: no settings given: the injector's defaults of Istio 1.30.3\n",
    });
  });

  it('shows what istio-iptables makes of arguments behind --, also of none', async () => {
    const args = ['-p', '15001', '-b', '*', '-x', '10.0.0.0/8'];
    const text = printRestore(planFromArguments(args, { release: '1.20' }).ip);
    for (const words of [
      args,
      ['istio-iptables', ...args],
      ['pilot-agent', 'istio-iptables', ...args],
      [JSON.stringify(['istio-iptables', ...args])],
    ]) {
      expect(await run(['preview', '@1.20', '--', ...words])).toEqual({ exitCode: 0, stdout: text, stderr: '' });
    }
    expect(await run(['preview', '--release', '1.20', '--'])).toEqual({
      exitCode: 0,
      stdout: printRestore(planFromArguments([], { release: '1.20' }).ip),
      stderr: '',
    });
  });

  it('gives arguments an environment, and never its own', async () => {
    const { stdout } = await execa(PROGRAM, ['preview', '--env', 'ISTIO_INBOUND_PORTS=81', '--'], {
      env: { ISTIO_INBOUND_PORTS: '82', ISTIO_SERVICE_CIDR: '10.0.0.0/8' },
    });
    expect(stdout).toContain('--dport 81 -j ISTIO_IN_REDIRECT');
    expect(stdout).not.toMatch(/--dport 82|10\.0\.0\.0/);
  });

  it('takes an option of istio-iptables behind -- for that, not for its own', async () => {
    const { exitCode, stdout } = await run(['preview', '--', '-o', '3306', '-f', 'true', '--restore-format']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect((await run(['preview', '--', '-o', '3306'])).stdout).toContain('--dport 3306 -j RETURN\n');
  });
});

describe.concurrent('preview of both families', () => {
  const both = [
    'preview',
    '--address',
    '10.1.2.3/24',
    '--address',
    '2001:db8::7/64',
    '--set',
    'dualStack=true',
    '--set',
    'inbound.excludePorts+=80',
  ];
  const plan = planFromSettings({
    sets: ['dualStack=true', 'inbound.excludePorts+=80'],
    facts: { addresses: ['10.1.2.3/24', '2001:db8::7/64'] },
  });

  it.each(['restore', 'save'])('wants to know which with -o %s', async (form) => {
    expect(await run([...both, '-o', form])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `istio-init: preview: --output ${form} holds one family and there are rules in both; choose with --family ip or --family ip6 (-4, -6)\n`,
    });
  });

  it.each([
    [['--family', 'ip'], 'ip'],
    [['-4'], 'ip'],
    [['--family', 'ip6'], 'ip6'],
    [['--family=ip6'], 'ip6'],
    [['-6'], 'ip6'],
  ] as const)('shows the one that %j names', async (words, family) => {
    expect(await run([...both, ...words])).toEqual({ exitCode: 0, stdout: printRestore(plan[family]), stderr: '' });
  });

  it('shows both in the other forms', async () => {
    const commands = (await run([...both, '-o', 'commands'])).stdout;
    expect(commands).toContain(printCommands(plan.ip));
    expect(commands).toContain(printCommands(plan.ip6));
    expect(commands).toContain('ip -6 addr add ::6/128 dev lo\n');
    const data = JSON.parse((await run([...both, '-o', 'json'])).stdout) as { ip: { tables: unknown[] }; ip6: { tables: unknown[] } };
    expect([data.ip.tables.length, data.ip6.tables.length]).toEqual([1, 1]);
    expect((await run([...both, '-o', 'list'])).stdout).toContain('::6');
  });

  it('says that there is nothing where a family has no rules', async () => {
    expect(await run(['preview', '-6', '--set', 'proxy.port=1'])).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'note: there are no IPv6 rules\n',
    });
  });
});

describe.concurrent('the end of the output', () => {
  // More than a pipe holds, so that the program has to notice that nobody reads.
  const long = [
    'preview',
    '-o',
    'json',
    '--set',
    `inbound.excludePorts+=${Array.from({ length: 3000 }, (_, index) => index + 1).join(',')}`,
  ];

  it('is all there through a pipe', async () => {
    const { stdout } = await run(long);
    expect(stdout.length).toBeGreaterThan(1_000_000);
    expect(() => JSON.parse(stdout) as unknown).not.toThrow();
  });

  it('may come early: a reader that leaves is no error', async () => {
    const { stdout, stderr } = await execa('bash', ['-c', '"$@" | head -1; echo "$PIPESTATUS"', 'bash', PROGRAM, ...long]);
    expect({ stdout, stderr }).toEqual({ stdout: '{\n0', stderr: '' });
  });

  it('may come early on standard error, too', async () => {
    const { stdout, stderr } = await execa(
      'bash',
      ['-c', 'exec 3>&1; { sleep 0.2; "$@"; echo "$?" >&3; } 2>&1 >/dev/null | true', 'bash', PROGRAM, 'nonsense'],
      { reject: false },
    );
    expect({ stdout, stderr }).toEqual({ stdout: '2', stderr: '' });
  });

  it('is an error where it was lost', async () => {
    const { exitCode, stderr } = await execa('bash', ['-c', '"$@" >/dev/full', 'bash', PROGRAM, 'preview', '-f', join(ROOT, EXAMPLE)], {
      reject: false,
    });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: 'istio-init: standard output can not be written: no space is left (ENOSPC)',
    });
  });
});

describe.concurrent('rules in a text', () => {
  it('are shown in the other forms', async () => {
    const file = folder.write('saved.txt', printSave(example.ip));
    expect(await run(['preview', file], { cwd: folder.path })).toEqual({ exitCode: 0, stdout: printRestore(example.ip), stderr: '' });
    expect((await run(['preview', '-', '-o', 'list'], { input: printRestore(example.ip) })).stdout).toBe(printList(example.ip));
  });

  const listing = (words: string): string => `Chain OUTPUT (policy ACCEPT)
 pkts bytes target     prot opt in     out     source               destination
    0     0 DOCKER     all  --  any    any     anywhere            !loopback/8           ${words}
`;

  it('that a listing shows are printed with the options that its words stand for', async () => {
    const given = { sets: [], env: [], addresses: [], nameservers: [] };
    const file = join(folder.path, folder.write('docker.txt', `# iptables -t nat -L -v\n${listing('ADDRTYPE match dst-type LOCAL')}`));
    const { output } = await preview({ source: file, given, explain: false });
    expect(output).toBe('*nat\n-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER\nCOMMIT\n');
  });

  it.each(['restore', 'save', 'commands'])(
    'in words of a listing that stand for no option are no rules that iptables is given with -o %s',
    async (output) => {
      const given = { sets: [], env: [], addresses: [], nameservers: [] };
      const file = join(folder.path, folder.write('odd.txt', listing('MYEXT match something 5')));
      await expect(preview({ source: file, given, output, explain: false })).rejects.toMatchObject({
        problems: [
          {
            code: 'rules-text',
            source: { line: 3 },
            args: { reason: expect.stringContaining('OUTPUT has words of a listing') },
          },
        ],
      });
      expect((await preview({ source: file, given, output: 'list', explain: false })).output).toContain('MYEXT match something 5');
    },
  );
});
