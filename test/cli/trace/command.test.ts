import { describe, expect, it } from 'vitest';
import { expectRefused, run } from '../program.ts';

const PACKET = ['--from', 'app', '--to', '10.0.0.5:80'];

describe('the program', () => {
  it('takes all of it from its command line, the exit code included', async () => {
    const words = [
      '--protocol',
      'udp',
      '--state',
      'new',
      '--mark',
      '7',
      '--out',
      'eth1',
      '--source',
      '10.9.9.9:99',
      '--no-color',
      '-o',
      'json',
    ];
    const { stdout, exitCode, stderr } = await run(['trace', '@1.20', ...PACKET, ...words, '--expect', 'envoy-outbound']);
    expect(JSON.parse(stdout)).toMatchObject({
      source: { release: '1.20.8' },
      packet: { protocol: 'udp', state: 'NEW', mark: 7, outInterface: 'eth1', source: '10.9.9.9', sourcePort: 99 },
      verdict: { id: 'direct' },
    });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'not as expected (envoy-outbound): direct: leaves the pod by eth1, not caught\n',
    });
  });

  it('reads rules from standard input, beside an option --source of the packet', async () => {
    const input = '*nat\n:PREROUTING ACCEPT\n-A PREROUTING -s 10.9.9.9/32 -p tcp -j REDIRECT --to-ports 15006\nCOMMIT\n';
    const { stdout, exitCode } = await run(
      ['trace', '-', '--from', 'outside', '--to', 'pod:80', '--source', '10.9.9.9', '--expect', 'envoy-inbound'],
      { input },
    );
    expect(stdout).toMatch(/^envoy-inbound: caught by Envoy inbound \(15006\)\n/);
    expect(exitCode).toBe(0);
  });

  it('names the nearest option for a misspelt one', async () => {
    expectRefused(await run(['trace', '--form', 'app']), '--form is not an option here (did you mean --from?)');
  });

  it('takes a request with -r, and no colour where nobody looks', async () => {
    const { stdout, exitCode } = await run(['trace', '-r', 'ssh', '-6', '--address', 'fd00::5']);
    expect(stdout).toContain('1. The client calls port 22  tcp 2001:db8:1::7 > [fd00::5]:22\n');
    expect(stdout).not.toContain('\u001b');
    expect(exitCode).toBe(0);
  });
});
