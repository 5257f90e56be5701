/** Facts of this machine, or of the namespace this process is in: only where someone asked for them. */

import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { Facts } from '../istio/facts.ts';

/** Addresses of the interfaces but lo, nameservers of resolv.conf, and the names of services, users and groups. */
export function hostFacts(): Facts {
  const addresses = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).filter(({ internal }) => !internal).map(({ cidr, address }) => cidr ?? address),
  );
  return {
    addresses,
    nameservers: parseNameservers(textOf('/etc/resolv.conf')),
    services: parseServices(textOf('/etc/services')),
    users: parseIds(textOf('/etc/passwd')),
    groups: parseIds(textOf('/etc/group')),
  };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The servers that a resolv.conf names. */
export function parseNameservers(text: string): readonly string[] {
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server]) => server ?? '');
}

function parseServices(text: string): Readonly<Record<string, number>> {
  return Object.fromEntries([...text.matchAll(/^([\w.+-]+)\s+(\d+)\/(?:tcp|udp)/gm)].map(([, name, port]) => [name, Number(port)]));
}

function parseIds(text: string): Readonly<Record<string, number>> {
  return Object.fromEntries([...text.matchAll(/^([^:#\s]+):[^:]*:(\d+)/gm)].map(([, name, id]) => [name, Number(id)]));
}
