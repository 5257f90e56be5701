/** One text by HTTP, for who asks again and again: a Prometheus that scrapes. */

import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TextServer {
  readonly port: number;
  /** What is answered from now on. */
  readonly show: (text: string) => void;
  readonly close: () => void;
}

/** Answers `GET path` at a port, of all addresses where `host` is empty; before there is a text 503, elsewhere 404. Rejects with the system's error. */
export async function serveText(host: string, port: number, path: string, contentType: string): Promise<TextServer> {
  let last: string | undefined;
  const server = createServer(({ method, url = '' }, response) => {
    const found = method === 'GET' && url.split('?')[0] === path;
    const status = found ? (last === undefined ? 503 : 200) : 404;
    response.writeHead(status, { 'content-type': status === 200 ? contentType : 'text/plain' });
    response.end(status === 200 ? last : '');
  });
  await opened(server, port, host);
  return {
    port: (server.address() as AddressInfo).port,
    show: (text) => {
      last = text;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function opened(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, ...(host === '' ? [] : [host]), resolve);
  });
}
