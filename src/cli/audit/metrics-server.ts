/** The figures of the last round by HTTP, for a Prometheus that scrapes the audit's pods. */

import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { quoted } from '../../istio/problems.ts';
import { badOption, unusable } from '../../sources/bad-option.ts';
import type { Measured } from './metrics.ts';
import { metricsText } from './metrics.ts';

const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

export interface MetricsServer {
  readonly port: number;
  /** What is answered from now on. */
  readonly show: (measured: Measured) => void;
  readonly close: () => void;
}

/** Answers `GET /metrics` at `ADDRESS:PORT`, or `:PORT`; before the first round has ended there are no figures, and nobody makes any up (503). Throws a ProblemError. */
export async function serveMetrics(listen: string): Promise<MetricsServer> {
  const [, host = '', port = ''] = /^(\[[\da-f:.]+\]|[\w.-]*):(\d{1,5})$/i.exec(listen) ?? [];
  if (port === '' || Number(port) > 65_535)
    throw badOption('--listen', `${quoted(listen)} is not ADDRESS:PORT, as :9115 or 127.0.0.1:9115`);
  let last: Measured | undefined;
  const server = createServer(({ method, url = '' }, response) => {
    const found = method === 'GET' && url.split('?')[0] === '/metrics';
    const status = found ? (last === undefined ? 503 : 200) : 404;
    response.writeHead(status, { 'content-type': status === 200 ? OPEN_METRICS : 'text/plain' });
    response.end(status === 200 && last !== undefined ? metricsText(last) : '');
  });
  await opened(server, Number(port), host.replace(/^\[|\]$/g, ''));
  return {
    port: (server.address() as AddressInfo).port,
    show: (measured) => {
      last = measured;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function opened(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(unusable('--listen', error)));
    server.listen(port, ...(host === '' ? [] : [host]), resolve);
  });
}
