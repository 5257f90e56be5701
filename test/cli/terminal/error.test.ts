import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { errorLine, problemLine } from '../../../src/cli/terminal/error.ts';
import { problem } from '../../../src/istio/problems.ts';
import { BIN, ROOT } from '../program.ts';

const FILE = { kind: 'file', file: 'pod.yaml', line: 14, column: 9 } as const;

describe('an error', () => {
  it('names the program, the command, the place and, in quotes, the field', () => {
    const of = problem('not-a-value', FILE, { name: 'traffic.sidecar.istio.io/excludeInboundPorts', value: '"a"', allowed: 'a port' });
    expect(problemLine(of, 'preview')).toBe(
      'istio-init: preview: pod.yaml:14:9 "traffic.sidecar.istio.io/excludeInboundPorts": "a" is not a port',
    );
  });

  it('quotes a key of ours that its words begin with, and no document', () => {
    expect(problemLine(problem('servers-unknown', FILE), 'lint')).toMatch(
      /^istio-init: lint: pod\.yaml:14:9 "dns\.capture": the nameservers/,
    );
    const document = problem('wrong-type', FILE, { name: 'the document', value: '"a"', allowed: 'a mapping' });
    expect(problemLine(document, 'lint')).toBe('istio-init: lint: pod.yaml:14:9 the document: found "a", expected a mapping');
  });

  it('that is one of the command line as a whole names the command once', () => {
    const of = problem('bad-option', { kind: 'option', option: 'why' }, { reason: 'nothing is asked' });
    expect(problemLine(of, 'why')).toBe('istio-init: why: nothing is asked');
  });

  it('stays one line whatever its field is called', () => {
    const of = problem('not-a-value', FILE, { name: 'a\nb\u001b[31m', value: '"c"', allowed: 'a port' });
    expect(problemLine(of, 'lint')).toBe('istio-init: lint: pod.yaml:14:9 "a\\nb\\u001b[31m": "c" is not a port');
  });

  it('before there is a command names the program alone', () => {
    expect(errorLine('a command is missing', undefined)).toBe('istio-init: a command is missing');
  });
});

it('a warning stands beside a result, and names its place alone', () => {
  const of = problem('other-mode', FILE, { name: 'mode', value: '"tproxy"' });
  expect(problemLine(of, 'preview')).toMatch(/^pod\.yaml:14:9 warning: mode: "tproxy"/);
});

// A require of Node's own that says what the kernel is called on that system: nothing here runs there.
describe.skipIf(process.env['TEST_PROGRAM'] === 'executable').each(['darwin', 'win32'])('on %s', (platform) => {
  const says = `data:text/javascript,Object.defineProperty(process, 'platform', { value: '${platform}' })`;
  const there = (...words: readonly string[]) =>
    execa(process.execPath, ['--import', says, `${BIN}/istio-init`, ...words], { cwd: ROOT, reject: false, stdin: 'ignore' });

  it.each([
    ['check', 'pid:1'],
    ['preview', 'live'],
    ['apply', '--here'],
    ['clean', '--netns', '/run/netns/a'],
    ['probe', '--here'],
    ['audit'],
  ])('%s is told how the rules come here, and not to install iptables', async (...words) => {
    const { stderr } = await there(...words);
    expect(stderr).toMatch(/this needs Linux; from here: kubectl debug .* \| istio-init check -/);
    expect(stderr).not.toMatch(/install/);
  });

  it('rules that were saved are read as everywhere', async () => {
    expect((await there('golden/captures/2021-01-default.list.txt')).stdout).toContain('rules     Istio 1.7.0');
  });
});
