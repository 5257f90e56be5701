/** Proof that redirection works: a connection with a random token must come out at the proxy's port. */

import { randomBytes } from 'node:crypto';
import type { Server } from 'node:net';
import { connect, createServer } from 'node:net';
import type { Family } from '../netfilter/rule.ts';

/** Which way into the proxy was tried. */
export type Path =
  /** A call of the proxy to its own pod comes back in: what a caller with the proxy's user can see. */
  | 'inbound'
  /** A call of an application to the outside reaches the proxy. */
  | 'outbound';

export type Verdict =
  | { readonly kind: 'redirected' }
  /** The connection arrived where it was sent, or nowhere: no rule caught it. */
  | { readonly kind: 'missed'; readonly how: string }
  /** Nothing can be said: there is no route, or a port is in use. */
  | { readonly kind: 'not tested'; readonly why: string };

export interface ProbeResult {
  readonly family: Family;
  readonly path: Path;
  readonly verdict: Verdict;
}

export interface ProbeRequest {
  readonly families: readonly Family[];
  /** Ports on which the proxy would listen. */
  readonly inboundPort: number;
  readonly outboundPort: number;
  /** The port that is called; nothing but the probe listens there. */
  readonly probePort: number;
  /** Milliseconds for everything; a family is tried again until then, since another may be making the rules. */
  readonly timeout: number;
  /** The proxy's ids; where the caller has another and may change it, the probe takes the proxy's for its calls. */
  readonly uid: number;
  readonly gid: number;
}

const AGAIN_AFTER = 100;

// Own calls go to the address from which the proxy delivers to the application: on lo, and not what counts as loopback.
const OWN: Readonly<Record<Family, string>> = { ip: '127.0.0.6', ip6: '::6' };
// Addresses for documentation (RFC 5737, RFC 3849): nobody is there, so only a rule can answer.
const OUTSIDE: Readonly<Record<Family, string>> = { ip: '192.0.2.1', ip6: '2001:db8::1' };
const LOOPBACK: Readonly<Record<Family, string>> = { ip: '127.0.0.1', ip6: '::1' };

/** Tries each family until it is redirected or the time is over. Never rejects. */
export async function probe(request: ProbeRequest): Promise<readonly ProbeResult[]> {
  const deadline = Date.now() + request.timeout;
  const path = pathOf(request);
  const attempts = await Promise.all(request.families.map((family) => prepare(family, path, request)));
  // One connection at a time: the ids of its socket are those of the whole process.
  do {
    for (const one of attempts) if (one.verdict.kind === 'missed') one.verdict = await attempt(one, path, request, deadline);
    if (attempts.every(({ verdict }) => verdict.kind !== 'missed')) break;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER));
  } while (Date.now() < deadline);
  for (const server of attempts.flatMap(({ servers }) => servers)) server.close();
  return attempts.map(({ family, verdict }) => ({ family, path, verdict }));
}

/** The proxy's own user or group, or one who may become it, sees the inbound path; anyone else the outbound one. */
function pathOf(request: ProbeRequest): Path {
  return isProxy(request) || maySetIds(request) ? 'inbound' : 'outbound';
}

function isProxy({ uid, gid }: ProbeRequest): boolean {
  return process.geteuid?.() === uid || process.getegid?.() === gid;
}

function maySetIds({ uid, gid }: ProbeRequest): boolean {
  const restore = takeIds(uid, gid);
  restore?.();
  return restore !== null;
}

/** Takes ids for new sockets; returns what gives the process its own back, or null where it may not. */
function takeIds(uid: number, gid: number): (() => void) | null {
  const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  const restore = (): void => {
    process.seteuid?.(own.uid);
    process.setegid?.(own.gid);
  };
  try {
    process.setegid?.(gid);
    process.seteuid?.(uid);
    return restore;
  } catch {
    restore();
    return null;
  }
}

interface Attempt {
  readonly family: Family;
  readonly token: string;
  readonly servers: readonly Server[];
  verdict: Verdict;
}

async function prepare(family: Family, path: Path, request: ProbeRequest): Promise<Attempt> {
  const token = randomBytes(16).toString('hex');
  const servers: Server[] = [];
  try {
    servers.push(await listen(LOOPBACK[family], path === 'inbound' ? request.inboundPort : request.outboundPort, `${token} redirected`));
    // What is not redirected is to be told from what is lost.
    if (path === 'inbound') servers.push(await listen(OWN[family], request.probePort, `${token} missed`));
    return { family, token, servers, verdict: { kind: 'missed', how: 'there was no time to try' } };
  } catch (error) {
    return { family, token, servers, verdict: { kind: 'not tested', why: `can not listen (${codeOf(error)})` } };
  }
}

function listen(host: string, port: number, answer: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.on('error', () => socket.destroy()).end(answer));
    server.once('error', reject).listen({ host, port }, () => resolve(server));
  });
}

/** One connection; what it says tells where it arrived. */
function attempt({ family, token }: Attempt, path: Path, request: ProbeRequest, deadline: number): Promise<Verdict> {
  const host = path === 'inbound' ? OWN[family] : OUTSIDE[family];
  const asProxy = path === 'inbound' && !isProxy(request);
  return new Promise((resolve) => {
    const restore = asProxy ? takeIds(request.uid, request.gid) : null;
    // Left alone, IPv6 would choose ::6 as the source too, and what comes from there is let through.
    const socket = connect({ host, port: request.probePort, ...(path === 'inbound' ? { localAddress: LOOPBACK[family] } : {}) });
    // Node makes the socket in a tick that connect has queued before this one.
    process.nextTick(() => restore?.());
    let said = '';
    const end = (verdict: Verdict): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(verdict);
    };
    const patience = Math.max(1, Math.min(1000, deadline - Date.now()));
    const timer = setTimeout(() => end({ kind: 'missed', how: `nobody answered on ${host} port ${request.probePort}` }), patience);
    socket.setEncoding('utf8').on('data', (data: string) => {
      said += data;
    });
    socket.on('end', () => end(verdictOf(said, token, host, request)));
    socket.on('error', (error) => end(verdictOfError(codeOf(error), host, request)));
  });
}

function verdictOf(said: string, token: string, host: string, { probePort }: ProbeRequest): Verdict {
  if (said === `${token} redirected`) return { kind: 'redirected' };
  const how =
    said === `${token} missed`
      ? `the connection to ${host} port ${probePort} went straight there`
      : `someone else answered on ${host} port ${probePort}`;
  return { kind: 'missed', how };
}

const NO_ROUTE = ['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENETDOWN'];

function verdictOfError(code: string, host: string, { probePort }: ProbeRequest): Verdict {
  if (NO_ROUTE.includes(code)) return { kind: 'not tested', why: `there is no route to ${host} (${code})` };
  return { kind: 'missed', how: `the connection to ${host} port ${probePort} failed (${code})` };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
