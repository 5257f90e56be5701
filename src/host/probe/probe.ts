/** Proof that redirection works: a connection with a random token must come out at the port to which the rules send it. */

import { messageOf } from '../../istio/problems.ts';
import type { Family } from '../../netfilter/family.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import type { CallOutcome, Ids, Listener, Network } from '../system/network.ts';
import { system } from '../system.ts';
import { expectedPort } from './expected-port.ts';
import { callOnce, idsToHave } from './probe-call.ts';

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
  /** The rules of each family to prove: they say which call has to come out where. */
  readonly rulesets: readonly Ruleset[];
  /** The port that is called; nothing but the probe listens there. */
  readonly probePort: number;
  /** Milliseconds for everything; a family is tried again until then, since another may be making the rules. */
  readonly timeout: number;
  /** The proxy's ids; where the caller has others and may change them, the probe takes the proxy's for its calls. */
  readonly proxy: Ids;
}

/** What this process or its machine lacks: it says nothing about rules. */
const OWN_SHORTAGE: readonly string[] = ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS'];

const RETRY_PAUSE = 100;
const PATIENCE = 1000;
/** A call with less time than this says more about the time than about the rules. */
const SHORTEST = 50;

// Own calls go to the address from which the proxy delivers to the application: on lo, and not what counts as loopback.
const OWN: Readonly<Record<Family, string>> = { ip: '127.0.0.6', ip6: '::6' };
// Addresses for documentation (RFC 5737, RFC 3849): nobody is there, so only a rule can answer.
const OUTSIDE: Readonly<Record<Family, string>> = { ip: '192.0.2.1', ip6: '2001:db8::1' };
const LOOPBACK: Readonly<Record<Family, string>> = { ip: '127.0.0.1', ip6: '::1' };

/** Tries each family until it is redirected or the time is over. Never rejects. */
export async function probe(request: ProbeRequest): Promise<readonly ProbeResult[]> {
  const deadline = Date.now() + request.timeout;
  const network = await system.network();
  const rounds = await Promise.all(request.rulesets.map((ruleset) => prepare(network, ruleset, request)));
  for (;;) {
    // One connection at a time: the ids of its socket are those of the whole process.
    for (const one of rounds) if (one.verdict.kind === 'missed') one.verdict = await round(network, one, request, deadline);
    if (rounds.every(({ verdict }) => verdict.kind !== 'missed') || Date.now() + RETRY_PAUSE + SHORTEST > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE));
  }
  for (const { atProxy, straight } of rounds)
    for (const listener of [atProxy, straight]) if (typeof listener === 'object') listener.close();
  return rounds.map(({ family, call: { path }, verdict }) => ({ family, path, verdict }));
}

/** A call, and the port at which it has to come out. */
interface ProbeCall {
  readonly path: Path;
  readonly ids: Ids;
  readonly port: number | undefined;
}

interface Round {
  readonly family: Family;
  readonly call: ProbeCall;
  readonly token: string;
  /** Our server where the call has to come out, or why there is none. */
  readonly atProxy: Listener | string;
  /** Our server where the call goes without rules: what is not redirected is to be told from what is lost. */
  straight: Listener | string | undefined;
  verdict: Verdict;
}

/** The first call that these rules redirect: the caller's own to its pod, the proxy's, or the caller's to the outside. */
function probeCall(network: Network, ruleset: Ruleset, { probePort: port, proxy }: ProbeRequest): ProbeCall {
  const { family } = ruleset;
  const own = network.ids();
  const asProxy = idsToHave(network, proxy);
  const inbound = { to: OWN[family], port, from: LOOPBACK[family], onLoopback: true };
  const outbound = { to: OUTSIDE[family], port, from: undefined, onLoopback: false };
  const calls = [
    { path: 'inbound', ids: own, port: expectedPort(ruleset, { ...inbound, ...own }) },
    ...(asProxy === null ? [] : [{ path: 'inbound', ids: asProxy, port: expectedPort(ruleset, { ...inbound, ...asProxy }) } as const]),
    { path: 'outbound', ids: own, port: expectedPort(ruleset, { ...outbound, ...own }) },
  ] as const;
  return calls.find((call) => call.port !== undefined) ?? calls[0];
}

async function prepare(network: Network, ruleset: Ruleset, request: ProbeRequest): Promise<Round> {
  const { family } = ruleset;
  const call = probeCall(network, ruleset, request);
  const token = network.token();
  const begun = { family, call, token, straight: undefined };
  const notTested = (why: string): Round => ({ ...begun, atProxy: why, verdict: { kind: 'not tested', why } });
  if (call.port === undefined) return notTested(`these rules let the calls of user ${call.ids.uid} and group ${call.ids.gid} through`);
  const noRoute = call.path === 'outbound' ? await network.routeTo(OUTSIDE[family]) : undefined;
  if (noRoute !== undefined) return notTested(`there is no route to ${OUTSIDE[family]} (${noRoute})`);
  const atProxy = await network.listen(LOOPBACK[family], call.port, `${token} redirected`);
  if (typeof atProxy === 'string' && atProxy !== 'EADDRINUSE')
    return notTested(`can not listen on ${LOOPBACK[family]} port ${call.port} (${atProxy})`);
  return { ...begun, atProxy, verdict: { kind: 'missed', how: 'there was no time to try' } };
}

/** One call; where it arrived tells whether there is a rule. */
async function round(network: Network, one: Round, { probePort }: ProbeRequest, deadline: number): Promise<Verdict> {
  const { family, call, token } = one;
  const host = call.path === 'inbound' ? OWN[family] : OUTSIDE[family];
  if (call.path === 'inbound' && typeof one.straight !== 'object') {
    one.straight = await network.listen(host, probePort, `${token} missed`);
    // It belongs to what is to be proved: without it the proxy can't deliver to the application.
    if (one.straight === 'EADDRNOTAVAIL') return { kind: 'missed', how: `${host} is not on lo` };
    if (typeof one.straight === 'string' && OWN_SHORTAGE.includes(one.straight)) return noHandles(one.straight);
  }
  // Left alone, IPv6 would choose ::6 as the source too, and what comes from there is let through.
  const localAddress = call.path === 'inbound' ? LOOPBACK[family] : undefined;
  const patience = Math.max(SHORTEST, Math.min(PATIENCE, deadline - Date.now()));
  const met = await callOnce(network, call.ids, { host, port: probePort, localAddress, patience });
  const verdict = verdictOf(met, one, `${host} port ${probePort}`);
  const shortage = verdict.kind === 'missed' ? shortageOfHandles() : undefined;
  return shortage === undefined ? verdict : noHandles(shortage);
}

function noHandles(code: string): Verdict {
  return { kind: 'not tested', why: `no connection can be made from here (${code})` };
}

/** Both ends of a connection, and what a runtime opens besides. */
const ENDS = 4;

/** The kernel's word where no connection could be taken: a listener that lacks a handle for one says so nowhere. */
function shortageOfHandles(): string | undefined {
  const open: number[] = [];
  try {
    while (open.length < ENDS) open.push(system.open('/proc/self/stat'));
    return undefined;
  } catch (error) {
    return OWN_SHORTAGE.find((code) => messageOf(error).startsWith(code));
  } finally {
    for (const handle of open) system.close(handle);
  }
}

function verdictOf(met: CallOutcome, { call, token, atProxy, straight }: Round, where: string): Verdict {
  if (met.kind === 'nobody' && OWN_SHORTAGE.includes(met.code)) return noHandles(met.code);
  if (met.kind === 'nobody') {
    const how = met.code === 'ETIMEDOUT' ? `nobody answered on ${where}` : `the connection to ${where} failed (${met.code})`;
    return { kind: 'missed', how };
  }
  if (met.kind === 'said' && met.text === `${token} redirected`) return { kind: 'redirected' };
  if (met.kind === 'said' && met.text === `${token} missed`)
    return { kind: 'missed', how: `the connection to ${where} went straight there` };
  // Someone else has the proxy's port, most likely the proxy. If this was it, the rule works; that can't be known.
  const inUse = `port ${call.port} is in use here; does the proxy run already?`;
  if (typeof atProxy === 'string') {
    const known = call.path === 'outbound' || typeof straight === 'object';
    return { kind: 'not tested', why: known ? `${inUse} A call to ${where} did not go straight there` : `${inUse} So is ${where}` };
  }
  return {
    kind: 'missed',
    how: met.kind === 'silent' ? `someone took the connection to ${where} and said nothing` : `someone else answered on ${where}`,
  };
}
