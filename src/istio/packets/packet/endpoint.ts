/** `10.0.0.5:80`, `[2001:db8::1]:80`, `:8080`, `pod:8080`, `localhost:80`, `pod:http`: where a packet goes, or comes from. */

import type { Network } from '../../../netfilter/address/network.ts';
import { addressBits, parseNetwork } from '../../../netfilter/address/network.ts';
import type { Family } from '../../../netfilter/family.ts';
import { servicePort } from '../../../netfilter/services.ts';
import { nearest, quoted } from '../../problems.ts';

/** What stands before the port: an address, or a word for one whose family is not said. */
export type Place = { readonly family: Family; readonly address: string } | 'pod' | 'localhost';

export interface Endpoint {
  readonly place: Place;
  readonly port: number | undefined;
  /** What the address stands for, where it is another than was written: a sentence. */
  readonly note?: string;
  /** The name that was written, and that nobody looked up. */
  readonly name?: string;
}

const WORDS = ['pod', 'localhost'] as const;

/** Reads an endpoint; a text says what is wrong with it. */
export function readEndpoint(text: string): Endpoint | string {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(text);
  if (bracketed !== null) return bracketed[1]?.includes(':') === true ? endpoint(bracketed[1], bracketed[2]) : notAnEndpoint(text);
  // Two colons or more, and no brackets: all of it is one address of IPv6.
  if (/:.*:/s.test(text)) return endpoint(text, undefined);
  const [place = '', port] = text.split(':');
  return endpoint(place, port);
}

function endpoint(placeText: string, portText: string | undefined): Endpoint | string {
  const place = readPlace(placeText);
  if (place === null) return portText !== undefined && isName(placeText) ? ofName(placeText, portText) : notAnEndpoint(placeText);
  const mapped = typeof place === 'object' && place.family === 'ip' && placeText.includes(':');
  const at = { place, ...(mapped && { note: `${placeText} is the IPv4 address ${place.address}: a socket of IPv6 sends IPv4 there` }) };
  if (portText === undefined) return placeText === '' ? notAnEndpoint(placeText) : { ...at, port: undefined };
  const port = readPort(portText);
  return port === null ? `${quoted(portText)} is not a port: 1 to 65535, or the name of a service such as https` : { ...at, port };
}

function readPlace(text: string): Place | null {
  const word = WORDS.find((one) => one === (text === '' ? 'pod' : text));
  if (word !== undefined) return word;
  const network = withoutMapping(parseNetwork(text));
  const one = network !== null && network.prefix === addressBits(network.family) && !text.includes('/');
  return one ? { family: network.family, address: network.address } : null;
}

// Of the range for documentation (RFC 5737).
const OUTSIDE = '203.0.113.200';

/** Whether a text is the name of a host or a service; an address that is none is no name, nor is a misspelt word. */
function isName(text: string): boolean {
  const labels = text.replace(/\.$/, '').split('.');
  const misspelt = ['pods', 'local', 'localhosts', 'locahost', 'localhst'].includes(text.toLowerCase());
  return (
    !misspelt && text.length <= 253 && labels.every((label) => /^(?!-)[a-z0-9_-]{1,63}$/i.test(label)) && /[a-z]/i.test(labels.at(-1) ?? '')
  );
}

/** Names of services and of hosts stand for addresses outside the pod; which, only a resolver knows. */
function ofName(name: string, portText: string): Endpoint | string {
  const at = endpoint(OUTSIDE, portText);
  if (typeof at === 'string') return at;
  return { ...at, name, note: `${name} is an address outside the pod, ${OUTSIDE} (--resolve looks it up)` };
}

const MAPPED = '::ffff:';

/** An IPv4 address in the form that IPv6 sockets have for it is that address. */
function withoutMapping(network: Network | null): Network | null {
  if (network === null || !network.address.startsWith(MAPPED) || network.prefix !== addressBits('ip6')) return network;
  return parseNetwork(network.address.slice(MAPPED.length)) ?? network;
}

/** A port as people write it; null for what is none. */
export function readPort(text: string): number | null {
  if (/^[A-Za-z]/.test(text)) return servicePort(text);
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : null;
}

function notAnEndpoint(text: string): string {
  return `${quoted(text)} is not an address, pod or localhost, as in 10.0.0.5:80, [2001:db8::1]:80, pod:8080, localhost:80${nearest(text, WORDS)}`;
}
