import { describe, expect, it } from 'vitest';
import { isTarget, operandsOf, senderTo } from '../../../src/cli/trace/target.ts';
import { readEndpoint } from '../../../src/istio/packets/packet/endpoint.ts';
import { expectRefused, run } from '../program.ts';

describe('trace ADDRESS:PORT', () => {
  it('is from the app, and from outside to a port of the pod', async () => {
    const [to, named, inbound, both] = await Promise.all([
      run(['trace', '10.20.30.40:3306']),
      run(['trace', '--from', 'app', '--to', '10.20.30.40:3306']),
      run(['trace', '@1.12', 'pod:22', '--expect', 'direct']),
      run(['trace', '10.0.0.5:80', '--to', '10.0.0.5:80']),
    ]);
    // What to ask next has the words that were typed.
    const answer = ({ stdout }: typeof to): string => stdout.replace(/\nnext [^]*$/, '');
    expect([answer(to), to.exitCode]).toEqual([answer(named), named.exitCode]);
    expect(inbound).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('TCP from outside to 192.0.2.1:22') });
    expect(both).toMatchObject({ exitCode: 2, stderr: 'istio-init: trace: --to 10.0.0.5:80 is named already\n' });
  });

  it('takes a name as an address outside, unless it is told to look it up', async () => {
    const [name, found, unknown] = await Promise.all([
      run(['trace', 'mysql.db.svc:3306', '--expect', 'envoy-outbound']),
      run(['trace', 'localhost:80', '--resolve', '--expect', 'direct']),
      run(['trace', 'nowhere.invalid:80', '--resolve']),
    ]);
    expect(name).toMatchObject({ exitCode: 0 });
    expect(name.stdout).toContain('assumed    mysql.db.svc is an address outside the pod, 203.0.113.200 (--resolve looks it up)\n');
    expect(found.exitCode).toBe(0);
    expect(unknown).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/^istio-init: trace: --resolve "nowhere\.invalid" can not be looked up: /),
    });
  });

  it.each([
    ['10.0.0.5:80', true],
    ['[2001:db8::1]:80', true],
    ['pod:8080', true],
    [':8080', true],
    ['orders.shop:8080', true],
    ['podinfo:9898', true],
    // No port, or something that is there or is another SOURCE.
    ['10.0.0.5', false],
    ['package.json', false],
    ['pid:42', false],
    ['@1.23', false],
    ['live', false],
    ['pods:80', false],
    ['10.0.0.300:80', false],
    ['a/b.yaml:80', false],
  ])('%s: %s', (word, is) => {
    expect(isTarget(word)).toBe(is);
  });

  it('leaves a SOURCE where it is', () => {
    expect(operandsOf('saved.txt', '10.0.0.5:80')).toEqual({ source: 'saved.txt', to: '10.0.0.5:80' });
    expect(operandsOf('saved.txt', undefined)).toEqual({ source: 'saved.txt', to: undefined });
    expect([senderTo('pod:80'), senderTo(':80'), senderTo('localhost:80'), senderTo('a.b:80')]).toEqual([
      'outside',
      'outside',
      'app',
      'app',
    ]);
  });

  it('a name has a port, and only the letters of a name', () => {
    expect(readEndpoint('orders:http')).toMatchObject({ name: 'orders', port: 80 });
    for (const wrong of ['orders', 'a..b:80', '-a:80', 'a b:80', `${'a'.repeat(64)}:80`, '1.2.3:80'])
      expect(readEndpoint(wrong)).toEqual(expect.any(String));
  });
});

it.each(['10.0.0.5', '10.0.0.5:abc', 'foo:bar', 'orders'])(
  '%s alone is neither a SOURCE nor a place to go to, which is said',
  async (word) => {
    expectRefused(await run(['trace', word]), `"${word}" is neither HOST:PORT, as 10.0.0.5:80 or pod:8080, nor a SOURCE that is there`);
  },
);
