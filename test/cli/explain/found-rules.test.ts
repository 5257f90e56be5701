import { afterAll, describe, expect, it } from 'vitest';
import { piped, run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const LISTING = 'golden/captures/2021-01-default.list.txt';

describe.concurrent('rules that were found', () => {
  it('are explained: who made them, why each is there, and what it has counted', async () => {
    const { exitCode, stdout } = await run(['explain', LISTING]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^golden\/captures\/2021-01-default\.list\.txt: Istio 1\.7\.0 to 1\.12\.9\nsettings: the injector's defaults\n/);
    expect(stdout).toContain(
      '\nIPv4 nat PREROUTING (policy ACCEPT, 11729 packets)\n  11729  -p tcp -j ISTIO_INBOUND\n             line 3: All TCP that arrives goes through ISTIO_INBOUND. (inbound.includePorts)\n',
    );
    const { stdout: cat } = await piped(LISTING, ['explain']);
    expect(cat).toBe(stdout.replace(LISTING, 'standard input').replace(`istio-init why ${LISTING}`, '... | istio-init why -'));
  });

  it('are data, and a ticket', async () => {
    const [json, markdown] = await Promise.all([run(['explain', LISTING, '-o', 'json']), run(['explain', LISTING, '-o', 'markdown'])]);
    const { kind, rules } = JSON.parse(json.stdout) as { readonly kind: string; readonly rules: readonly object[] };
    expect(kind).toBe('RulesExplanation');
    expect(rules[0]).toEqual({
      family: 'ip',
      table: 'nat',
      chain: 'PREROUTING',
      text: '-p tcp -j ISTIO_INBOUND',
      line: 3,
      packets: 11729,
      bytes: expect.any(Number),
      because: 'All TCP that arrives goes through ISTIO_INBOUND.',
      settings: ['inbound.includePorts'],
    });
    expect(markdown.stdout).toContain(
      '| `-p tcp -j ISTIO_INBOUND` | 11729 | line 3: All TCP that arrives goes through ISTIO\\_INBOUND. (inbound.includePorts) |',
    );
  });

  it('one that no release makes is said to be none', async () => {
    const file = folder.write('foreign.txt', '*nat\n-A OUTPUT -p tcp -m tcp --dport 7 -j ACCEPT\nCOMMIT\n');
    const { exitCode, stdout } = await run(['explain', file], { cwd: folder.path });
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringMatching(/^foreign\.txt: none of Istio's sidecar\n[^]*no rule of this release is like it\n/),
    ]);
  });

  it('preview --explain has the reasons as well, or says why there are none', async () => {
    const file = folder.write('foreign.txt', '*nat\n-A OUTPUT -p tcp -m tcp --dport 7 -j ACCEPT\nCOMMIT\n');
    const [preview, none] = await Promise.all([
      run(['preview', LISTING, '--explain']),
      run(['preview', file, '--explain'], { cwd: folder.path }),
    ]);
    expect(preview.stdout).toContain('# All TCP that arrives goes through ISTIO_INBOUND.\n-A PREROUTING -p tcp -j ISTIO_INBOUND\n');
    expect(none).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'istio-init: preview: --explain foreign.txt has no rules of an Istio sidecar, so that no reason is known\n',
    });
  });
});
