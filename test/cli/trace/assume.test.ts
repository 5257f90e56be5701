import { afterAll, describe, expect, it } from 'vitest';
import { plain } from '../../../src/cli/terminal/color.ts';
import { trace } from '../../../src/cli/trace/trace.ts';
import { scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const NAT = `-P PREROUTING ACCEPT
-P INPUT ACCEPT
-P OUTPUT ACCEPT
-P POSTROUTING ACCEPT
-N ISTIO_INBOUND
-N ISTIO_IN_REDIRECT
-A PREROUTING -p tcp -j ISTIO_INBOUND
-A ISTIO_INBOUND -p tcp -m tcp --dport 15020 -j RETURN
-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT
-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006
`;

const CONDITION = 'raw, mangle, filter, which are not shown, let everything pass unchanged';

async function traced(
  text: string,
  to: string,
  more: { readonly expect?: string; readonly assume?: string; readonly output?: string } = {},
) {
  const source = `${folder.path}/${folder.write('nat.txt', text)}`;
  const given = { sets: [], env: [], addresses: [], nameservers: [] };
  return trace({ source, given, output: 'text', words: { from: 'outside', to }, beforeProxy: false, all: false, paint: plain, ...more });
}

describe('a listing of nat alone', () => {
  it.each([
    ['pod:15020', 'direct: reaches port 15020 of the pod, not caught'],
    ['pod:8080', 'envoy-inbound: caught by Envoy inbound (15006)'],
  ])('is answered within what it shows, the condition behind it (%s)', async (to, answer) => {
    const { output } = await traced(NAT, to);
    expect(output).toMatch(
      new RegExp(
        `^${answer.replace(/[()]/g, '.')}\\n  if [a-z, ]+, which are not shown, let everything pass unchanged .--assume shown.\\n`,
      ),
    );
  });

  it('is as expected only where the rest is assumed to do nothing, which is said', async () => {
    expect((await traced(NAT, 'pod:15020', { expect: 'direct' })).exitCode).toBe(1);
    const { output, exitCode } = await traced(NAT, 'pod:15020', { expect: 'direct', assume: 'shown' });
    expect(exitCode).toBe(0);
    expect(output).toContain(`assumed    ${CONDITION}\n`);
    expect((await traced(NAT, 'pod:15020', { expect: 'envoy-inbound', assume: 'shown' })).exitCode).toBe(1);
  });

  it('has that answer as data beside the verdict, which stays', async () => {
    const { output } = await traced(NAT, 'pod:8080', { output: 'json' });
    expect(JSON.parse(output)).toMatchObject({ verdict: { id: 'unknown' }, withinShown: { verdict: { id: 'envoy-inbound' } } });
  });

  it('is not as expected by an assumption where a line of it could not be read', async () => {
    const odd = NAT.replace('-A ISTIO_INBOUND -p tcp -j', '-A ISTIO_INBOUND --what is this\n-A ISTIO_INBOUND -p tcp -j');
    expect((await traced(odd, 'pod:8080', { expect: 'envoy-inbound', assume: 'shown' })).exitCode).toBe(1);
  });
});
