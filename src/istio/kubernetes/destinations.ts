/** Where a container is going to connect, as far as its variables and words name it. */

import type { Network } from '../../netfilter/address/network.ts';
import { parseNetwork } from '../../netfilter/address/network.ts';
import type { Container } from './manifest/workload.ts';

export interface Destination {
  /** A name or an address; undefined where only the port is named. */
  readonly host?: string;
  /** The host, where it is an address. */
  readonly address?: Network;
  readonly port?: number;
  /** The variable that names it; undefined for a word of its command line. */
  readonly variable?: string;
}

/** The ports of schemes (IANA) that people write without one. */
const PORTS: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mariadb: 3306,
  sqlserver: 1433,
  redis: 6379,
  rediss: 6379,
  mongodb: 27017,
  amqp: 5672,
  amqps: 5671,
  ldap: 389,
  ldaps: 636,
  nats: 4222,
};

const HOST = String.raw`\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?`;
const WITH_SCHEME = new RegExp(String.raw`([a-z][a-z0-9+.]*)://(?:[^\s/@]*@)?(${HOST})(?::(\d{1,5}))?`, 'gi');
// Without a scheme only what is an address, or has a dot, or is all there is: `app:8080` within a text may be the tag of an image.
const BARE = new RegExp(String.raw`^(?:--?(?!image)[A-Za-z][\w-]*=)?(${HOST}):(\d{1,5})$`);

/** Loopback is none: that stays in the pod. */
export function destinationsOf({ env, args, command }: Pick<Container, 'env' | 'args' | 'command'>): readonly Destination[] {
  const words = [...command, ...args].flatMap(({ value }) => value.split(/\s+/)).flatMap((word) => destinationsIn(word));
  const variables = [...env].flatMap(([name, { value }]) => {
    const found = /IMAGE/i.test(name) ? [] : destinationsIn(value);
    return [...(found.length > 0 ? found : splitIn(name, value, env))].map((one) => ({ ...one, variable: name }));
  });
  return [...variables, ...words].filter(({ host }) => host === undefined || !/^(?:localhost|127\.[\d.]+|\[?::1\]?)$/.test(host));
}

function destinationsIn(text: string): readonly Destination[] {
  const found = [...text.matchAll(WITH_SCHEME)].map(([, scheme = '', host = '', port]) =>
    destination(host, port === undefined ? PORTS[scheme.toLowerCase()] : Number(port)),
  );
  const [, host, port] = BARE.exec(text) ?? [];
  const bare = host === undefined || port === undefined || Number(port) > 65535 ? [] : [destination(host, Number(port))];
  return found.length > 0 ? found : bare;
}

/** `DB_HOST` and `DB_PORT`: two variables for one destination, which stands at the port. */
function splitIn(name: string, value: string, env: Container['env']): readonly Destination[] {
  const stem = /^(.*?)_?PORT$/i.exec(name)?.[1];
  if (stem === undefined || !/^\d{1,5}$/.test(value)) return [];
  const host = [...env].find(([other]) =>
    new RegExp(`^${stem.replace(/[^\w]/g, '.')}_?(?:HOST|HOSTNAME|ADDR|ADDRESS|SERVER)$`, 'i').test(other),
  );
  // A port without a host is what the container listens on.
  return host === undefined ? [] : [destination(host[1].value, Number(value))];
}

function destination(host: string, port: number | undefined): Destination {
  const address = parseNetwork(host.replace(/^\[|\]$/g, ''));
  return { host, ...(address === null ? {} : { address }), ...(port === undefined ? {} : { port }) };
}

/** `10.30.0.14:5432 (FLYWAY_URL)` */
export function destinationText({ host, port, variable }: Destination): string {
  return `${host ?? ''}${port === undefined ? '' : `:${port}`}${variable === undefined ? '' : ` (${variable})`}`;
}
