/** The figures of the last round by HTTP, for a Prometheus that scrapes the audit's pods. */

import type { TextServer } from '../../host/text-server.ts';
import { serveText } from '../../host/text-server.ts';
import { badOption, unusable } from '../../istio/bad-option.ts';
import { quoted } from '../../istio/problems.ts';
import type { Measured } from './metrics.ts';
import { metricsText } from './metrics.ts';

const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

export interface MetricsServer extends Pick<TextServer, 'port' | 'close'> {
  /** What is answered from now on. */
  readonly show: (measured: Measured) => void;
}

/** Answers `GET /metrics` at `ADDRESS:PORT`, or `:PORT`; before the first round has ended there are no figures, and nobody makes any up (503). Throws a ProblemError. */
export async function serveMetrics(listen: string): Promise<MetricsServer> {
  const [, host = '', port = ''] = /^(\[[\da-f:.]+\]|[\w.-]*):(\d{1,5})$/i.exec(listen) ?? [];
  if (port === '' || Number(port) > 65_535)
    throw badOption('--listen', `${quoted(listen)} is not ADDRESS:PORT, as :9115 or 127.0.0.1:9115`);
  const server = await serveText(host.replace(/^\[|\]$/g, ''), Number(port), '/metrics', OPEN_METRICS).catch((error: unknown) => {
    throw unusable('--listen', error);
  });
  return { ...server, show: (measured) => server.show(metricsText(measured)) };
}
