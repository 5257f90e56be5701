import { dirname } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROGRAM } from '../cli/program.ts';
import type { OpenPair } from './pod-and-client.ts';
import { openPair } from './pod-and-client.ts';
import { describeSockets } from './servers.ts';
import type { Sockets } from './sockets.ts';
import { socketsIn } from './sockets.ts';
import type { Circumstances, Run } from './starting.ts';
import { BIN, run, start } from './starting.ts';

const POD = ['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-b', '*', '-d', '15090,15021,15020'];
const TPROXY = POD.map((argument) => (argument === 'REDIRECT' ? 'TPROXY' : argument));
const DUAL = { ISTIO_DUAL_STACK: 'true' };
/** What the container runs that validates for the CNI plugin. */
const VALIDATE = ['--run-validation', '--skip-rule-apply'];
/** Long enough for one call and another one after it; what is redirected needs no time at all. */
const SOON = ['--probe-timeout', '500ms'];

/**
 * On a read-only root, with the words of setpriv that make a user. Wherever the program is checked out, every user can
 * read it under /mnt.
 */
function confined(...setpriv: readonly string[]): readonly string[] {
  const script = `set -e
    mount --bind ${dirname(BIN)} /mnt
    for m in / /mnt; do mount -o remount,ro,bind $m; done
    if touch /x 2>/dev/null; then exit 99; fi
    program=/mnt/bin/$(basename "$1"); shift
    exec setpriv ${setpriv.join(' ')} "$program" "$@"`;
  return ['unshare', '--mount', 'sh', '-c', script, 'sh'];
}

/** A user without any capability, as the container has it that validates for the CNI plugin. */
function as(uid: number, gid: number): readonly string[] {
  return confined(`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs');
}

const PROXY = as(1337, 1337);
const APP = as(1000, 1000);

/** A pod that is there from before the tests that follow until after them, with or without rules. */
function podWith(args: readonly string[] | undefined, env: Circumstances['env'] = DUAL): () => OpenPair {
  let pair: OpenPair | undefined;
  beforeAll(async () => {
    pair = await openPair();
    if (args !== undefined) expect(await run(pair.pod, ['istio-iptables', ...args], { env })).toMatchObject({ exitCode: 0 });
  });
  afterAll(() => pair?.close());
  return () => {
    if (pair === undefined) throw new Error('the pod is not there yet');
    return pair;
  };
}

interface Validation extends Circumstances {
  readonly args?: readonly string[];
  readonly timeout?: readonly string[];
}

async function validate({ pod }: OpenPair, { args = POD, env = DUAL, prefix = [], timeout = [] }: Validation = {}): Promise<Run> {
  return run(pod, ['istio-iptables', ...args, ...VALIDATE, ...timeout], { env, prefix });
}

/** What was said of each family: `IPv4 inbound: redirected`. */
function verdicts({ stdout, stderr }: Run): readonly string[] {
  return `${stdout}${stderr}`.match(/IPv[46] (?:in|out)bound: .*/g) ?? [];
}

function missing({ stdout, stderr }: Run): readonly string[] {
  return `${stdout}${stderr}`.match(/missing in .*/g) ?? [];
}

const bothFamilies = (text: string): readonly string[] => [`IPv4 ${text}`, `IPv6 ${text}`];
const REDIRECTED = { exitCode: 0, verdicts: bothFamilies('inbound: redirected') };

function seen(found: Run): object {
  return { exitCode: found.exitCode, verdicts: verdicts(found) };
}

/** Talkative programs of others in a namespace, for one test. */
async function withSockets<R>({ pod }: OpenPair, use: (sockets: Sockets) => Promise<R>): Promise<R> {
  const sockets = socketsIn(pod.name);
  try {
    return await use(sockets);
  } finally {
    await sockets.end();
  }
}

describeSockets('a probe of rules that are there', () => {
  const current = podWith(POD);

  it('of a namespace that is named calls from inside of it', async () => {
    const { name } = current().pod;
    const words = ['probe', '--netns', `/run/netns/${name}`, '--env', 'ISTIO_DUAL_STACK=true', '--', ...POD];
    const { exitCode, stdout } = await execa(PROGRAM, words, { reject: false, stripFinalNewline: false });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'IPv4 inbound: redirected\nIPv6 inbound: redirected\n' });
  });

  it('by istio-init probe proves both families', async () => {
    const found = await run(current().pod, ['istio-init', 'probe', '--env', 'ISTIO_DUAL_STACK=true', '--', ...POD]);
    expect(found).toMatchObject({ exitCode: 0, stdout: 'IPv4 inbound: redirected\nIPv6 inbound: redirected\n' });
  });

  for (const { who, prefix } of [
    { who: 'root, who takes the ids of the proxy,', prefix: [] },
    { who: 'the proxy, without capabilities and on a read-only root,', prefix: PROXY },
    { who: "the proxy's user in another group", prefix: as(1337, 1000) },
    {
      who: 'another user who may change it',
      prefix: confined('--reuid=1000', '--regid=1000', '--clear-groups', '--inh-caps=+setuid', '--ambient-caps=+setuid'),
    },
  ]) {
    it(`by ${who} proves both families by the way in`, async () => {
      expect(seen(await validate(current(), { prefix }))).toEqual(REDIRECTED);
    });
  }

  for (const { who, prefix } of [
    { who: 'another user', prefix: APP },
    { who: 'root who may not change the user', prefix: confined('--bounding-set=-setuid,-setgid', '--inh-caps=-setuid,-setgid') },
  ]) {
    it(`by ${who} proves both families by the way out`, async () => {
      expect(seen(await validate(current(), { prefix }))).toEqual({ exitCode: 0, verdicts: bothFamilies('outbound: redirected') });
    });
  }

  it("in the proxy's group, but not as its user, tests nothing: the rules let it through both ways", async () => {
    const verdict = 'inbound: not tested: these rules let the calls of user 1000 and group 1337 through';
    expect(seen(await validate(current(), { prefix: as(1000, 1337) }))).toEqual({ exitCode: 0, verdicts: bothFamilies(verdict) });
  });

  it('is not misled by another program on the port that it calls', async () => {
    await withSockets(current(), async (sockets) => {
      for (const host of ['0.0.0.0', '::']) await sockets.listen([0, 0], 'someone else', host, 15002);
      expect(seen(await validate(current()))).toEqual(REDIRECTED);
    });
  });

  it("tests nothing where the proxy runs already: the call comes out at the proxy's port, but not with us", async () => {
    await withSockets(current(), async (sockets) => {
      for (const host of ['0.0.0.0', '::']) await sockets.listen([1337, 1337], 'the proxy', host, 15006);
      const why = (host: string): string => `does the proxy run already? A call to ${host} port 15002 did not go straight there`;
      expect(seen(await validate(current(), { prefix: PROXY }))).toEqual({
        exitCode: 0,
        verdicts: [
          `IPv4 inbound: not tested: port 15006 is in use here; ${why('127.0.0.6')}`,
          `IPv6 inbound: not tested: port 15006 is in use here; ${why('::6')}`,
        ],
      });
    });
  });

  it("does not take another program at another proxy's port for the proxy", async () => {
    await withSockets(current(), async (sockets) => {
      await sockets.listen([1337, 1337], 'another proxy', '0.0.0.0', 15001);
      const found = await validate(current(), { timeout: SOON, prefix: APP, env: {}, args: [...POD, '-p', '16001'] });
      expect(seen(found)).toEqual({
        exitCode: 126,
        verdicts: ['IPv4 outbound: NOT redirected: someone else answered on 192.0.2.1 port 15002'],
      });
    });
  });

  // From here on the pod loses one thing after the other.
  it('misses ::6 on lo, without which the proxy can not deliver', async () => {
    await current().pod.run('ip -6 addr del ::6/128 dev lo');
    expect(seen(await validate(current(), { timeout: SOON, prefix: PROXY }))).toEqual({
      exitCode: 126,
      verdicts: ['IPv4 inbound: redirected', 'IPv6 inbound: NOT redirected: ::6 is not on lo'],
    });
    await current().pod.run('ip -6 addr add ::6/128 dev lo nodad');
  });

  it('tests nothing as another user where there is no route', async () => {
    await current().pod.run('ip route del default; ip -6 route del default');
    expect(seen(await validate(current(), { prefix: APP }))).toEqual({
      exitCode: 0,
      verdicts: [
        // bun's error has no code.
        expect.stringMatching(/^IPv4 outbound: not tested: there is no route to 192\.0\.2\.1 \(/),
        expect.stringMatching(/^IPv6 outbound: not tested: there is no route to 2001:db8::1 \(/),
      ],
    });
  });

  it('names the one rule that is gone, where it may read the rules', async () => {
    await current().pod.run('iptables -t nat -D ISTIO_OUTPUT 2');
    const found = await validate(current(), { timeout: SOON });
    expect(seen(found)).toEqual({
      exitCode: 126,
      verdicts: ['IPv4 inbound: NOT redirected: the connection to 127.0.0.6 port 15002 went straight there', 'IPv6 inbound: redirected'],
    });
    expect(missing(found)).toEqual([
      'missing in IPv4 nat: -A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m tcp ! --dport 15008 -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT',
    ]);
    const blind = await validate(current(), { timeout: SOON, prefix: PROXY });
    expect(blind.exitCode).toBe(126);
    expect(blind.stderr).toMatch(/which rule is missing is unknown: /);
  });
});

describeSockets('a probe of rules that are not there', () => {
  const current = podWith(undefined);
  const straight = (host: string): string => `NOT redirected: the connection to ${host} port 15002 went straight there`;

  for (const { who, prefix } of [
    { who: 'root', prefix: [] },
    { who: 'the proxy, without capabilities and on a read-only root,', prefix: PROXY },
  ]) {
    it(`by ${who} fails at about the timeout`, async () => {
      await current().pod.run('ip -6 addr replace ::6/128 dev lo nodad');
      const before = performance.now();
      const found = await validate(current(), { prefix, timeout: ['--probe-timeout', '1s'] });
      expect(performance.now() - before).toBeGreaterThan(800);
      expect(performance.now() - before).toBeLessThan(5000);
      expect(seen(found)).toEqual({
        exitCode: 126,
        verdicts: [`IPv4 inbound: ${straight('127.0.0.6')}`, `IPv6 inbound: ${straight('::6')}`],
      });
      if (prefix.length === 0)
        expect(missing(found)).toContain('missing in IPv6 nat: -A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001');
    });
  }

  it('by istio-init probe fails with the same code, and names the rules', async () => {
    const found = await run(current().pod, ['istio-init', 'probe', '--timeout', '300ms', '--', ...POD]);
    expect(found).toMatchObject({ exitCode: 126, stdout: `IPv4 inbound: ${straight('127.0.0.6')}\n` });
    expect(missing(found)).toContain('missing in IPv4 nat: -A OUTPUT -j ISTIO_OUTPUT');
  });

  it('fails where another program answers on the port that it calls', async () => {
    await withSockets(current(), async (sockets) => {
      await sockets.listen([0, 0], 'someone else', '0.0.0.0', 15002);
      expect(seen(await validate(current(), { timeout: SOON, env: {} }))).toEqual({
        exitCode: 126,
        verdicts: ['IPv4 inbound: NOT redirected: someone else answered on 127.0.0.6 port 15002'],
      });
    });
  });

  it('fails where the proxy runs already', async () => {
    await withSockets(current(), async (sockets) => {
      await sockets.listen([1337, 1337], 'the proxy', '0.0.0.0', 15006);
      expect(seen(await validate(current(), { timeout: SOON, env: {} }))).toEqual({
        exitCode: 126,
        verdicts: [`IPv4 inbound: ${straight('127.0.0.6')}`],
      });
    });
  });

  it('fails as another user though a router says that there is no route: a call has left the pod', async () => {
    await current().client.run(
      'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1; ip route add unreachable 192.0.2.0/24; ip -6 route add unreachable 2001:db8::/64',
    );
    const found = await validate(current(), { timeout: SOON, prefix: APP });
    expect(found.exitCode).toBe(126);
    expect(verdicts(found)).toEqual([
      expect.stringMatching(/^IPv4 outbound: NOT redirected: .*192\.0\.2\.1/),
      expect.stringMatching(/^IPv6 outbound: NOT redirected: .*2001:db8::1/),
    ]);
  });

  it('names IPv6 where only its rules are missing', async () => {
    const { pod } = current();
    expect(await run(pod, ['istio-iptables', ...POD])).toMatchObject({ exitCode: 0 });
    expect(verdicts(await validate(current(), { timeout: SOON }))).toEqual([
      'IPv4 inbound: redirected',
      'IPv6 inbound: NOT redirected: ::6 is not on lo',
    ]);
    await pod.run('ip -6 addr add ::6/128 dev lo nodad');
    const found = await validate(current(), { timeout: SOON });
    expect(seen(found)).toEqual({ exitCode: 126, verdicts: ['IPv4 inbound: redirected', `IPv6 inbound: ${straight('::6')}`] });
    expect(missing(found)).toHaveLength(18);
    expect(missing(found).every((line) => line.startsWith('missing in IPv6 nat: '))).toBe(true);
  });

  it('finds rules that another makes before the time is over', async () => {
    const { pod } = current();
    await run(pod, ['istio-iptables', '--cleanup-only']);
    const { ended } = start(pod, ['istio-iptables', ...POD, ...VALIDATE, '--probe-timeout', '20s'], { env: DUAL });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await run(pod, ['istio-iptables', ...POD], { env: DUAL })).toMatchObject({ exitCode: 0 });
    expect(seen(await ended)).toEqual(REDIRECTED);
  });
});

describeSockets('a probe of other settings', () => {
  const SERVICES = ['-u', '1337', '-m', 'REDIRECT', '-b', '*', '-i', '10.0.0.0/8,fd00::/8'];

  for (const { what, args, env } of [
    { what: 'TPROXY', args: TPROXY, env: DUAL },
    { what: 'DNS capture', args: [...POD, '--redirect-dns', '--capture-all-dns'], env: DUAL },
    { what: 'iptables-legacy', args: [...POD, '--force-iptables-binary', 'legacy'], env: DUAL },
    { what: 'another user, another port', args: [...POD, '-u', '2000', '-z', '25006'], env: DUAL },
  ]) {
    describe(what, () => {
      const current = podWith(args, env);
      it('proves both families', async () => {
        expect(seen(await validate(current(), { args, env }))).toEqual(REDIRECTED);
      });
    });
  }

  describe('a release that sends calls to the own pod to the port of calls to the outside', () => {
    const release = '1.2';
    const args = ['-p', '15001', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-b', '*'];
    const current = podWith(args, { ISTIO_INIT_RELEASE: release });
    it('proves it there', async () => {
      const found = await run(current().pod, ['istio-init', 'probe', '--release', release, '--', ...args]);
      expect(found).toMatchObject({ exitCode: 0, stdout: 'IPv4 inbound: redirected\n' });
    });
  });

  describe('rules that capture only some services', () => {
    const current = podWith(SERVICES);
    it('do not fail for another user, whose call to the outside they let through', async () => {
      const verdict = 'inbound: not tested: these rules let the calls of user 1000 and group 1000 through';
      expect(seen(await validate(current(), { args: SERVICES, prefix: APP }))).toEqual({ exitCode: 0, verdicts: bothFamilies(verdict) });
      expect(seen(await validate(current(), { args: SERVICES, prefix: PROXY }))).toEqual(REDIRECTED);
    });
  });
});
