/** The way of requests in eight steps, from a client to the application and back, and out: each is a real trace. */

import type { Question } from './question.ts';
import { ORDINARY } from './question.ts';

export interface TourStep {
  readonly title: string;
  readonly text: string;
  readonly ask: Question;
}

// A default pod of the newest release: what the texts say holds of that.
const IN = { ...ORDINARY, request: 'client-to-app' };
const OUT = { ...ORDINARY, request: 'app-to-outside' };

export const TOUR: readonly TourStep[] = [
  {
    title: 'A client calls the pod',
    text: 'The packet arrives at PREROUTING of the table nat, which sends all TCP to ISTIO_INBOUND. What is not for a port of the proxy itself is redirected: the kernel writes port 15006 into it, and Envoy gets it.',
    ask: { ...IN, hop: 0 },
  },
  {
    title: 'Envoy calls the application',
    text: 'Envoy has done its work (mTLS, policy, metrics) and opens a connection of its own, over lo, from 127.0.0.6. That address is how the first rule of ISTIO_OUTPUT knows it and lets it pass: captured again it would be a loop.',
    ask: { ...IN, hop: 1 },
  },
  {
    title: 'The application answers Envoy',
    text: 'Rules of nat decide for the first packet of a connection only, and conntrack remembers. An answer is not asked anything: it goes back to the socket that opened the connection.',
    ask: { ...IN, hop: 2 },
  },
  {
    title: 'Envoy answers the client',
    text: 'The answer of the first connection: conntrack writes the address and the port back that the client called, so that the client never learns of 15006.',
    ask: { ...IN, hop: 3 },
  },
  {
    title: 'The application calls out',
    text: 'What a process of the pod sends comes to OUTPUT, which sends it to ISTIO_OUTPUT. It is none of the proxy, does not go to localhost, and no range is excluded: the last rule hands it to ISTIO_REDIRECT, and port 15001 is where Envoy listens for what leaves.',
    ask: { ...OUT, hop: 0 },
  },
  {
    title: 'Envoy calls the address',
    text: 'Envoy asks the kernel where the connection was meant to go, chooses what its configuration says of it, and calls. This packet comes to the same chain; its user is 1337, the user of the proxy, and it may leave.',
    ask: { ...OUT, hop: 1 },
  },
  {
    title: 'The other side answers Envoy',
    text: 'The answer comes in by eth0. It belongs to a connection that the pod opened, so that ISTIO_INBOUND is not asked about it.',
    ask: { ...OUT, hop: 2 },
  },
  {
    title: 'Envoy answers the application',
    text: 'Over lo, and with the address that the application called as its source: the application never learns that Envoy was between.',
    ask: { ...OUT, hop: 3 },
  },
];
