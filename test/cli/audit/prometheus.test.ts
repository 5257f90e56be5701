/** What the audit gives to Prometheus, judged by Prometheus itself where the machine has it (Debian's package). */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { load } from 'js-yaml';
import { afterAll, expect, it } from 'vitest';
import { metricsText } from '../../../src/cli/audit/metrics.ts';
import type { MetricsServer } from '../../../src/cli/audit/metrics-server.ts';
import { serveMetrics } from '../../../src/cli/audit/metrics-server.ts';
import { ROOT, scratchFolder } from '../program.ts';

const EXAMPLES = join(ROOT, 'docs/examples');
const folder = scratchFolder();
afterAll(() => folder.remove());

const HAS_PROMETHEUS = hasPrometheus();

function hasPrometheus(): boolean {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('skipped: tests of metrics need the package prometheus');
    return false;
  }
}

const MEASURED = { verdicts: { 'as it should be': 3, 'no rules': 2 }, seconds: 1.5, at: 1_700_000_000 } as const;
/** Every metric that there is. */
const METRICS = new Set([...metricsText(MEASURED).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));

/** The metrics that a query names. */
function named(query: string): readonly string[] {
  return query.match(/\bistio_init_\w+/g) ?? [];
}

it('the dashboard and the alerts ask for metrics that there are', () => {
  const { panels } = JSON.parse(readFileSync(join(EXAMPLES, 'audit-dashboard.json'), 'utf8')) as {
    panels: readonly { id: number; targets: readonly { expr: string }[] }[];
  };
  const { groups } = load(readFileSync(join(EXAMPLES, 'audit-alerts.yaml'), 'utf8')) as {
    groups: readonly { rules: readonly { expr: string }[] }[];
  };
  const queries = [
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
  ];
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const query of queries)
    expect([query, named(query).length > 0, named(query).filter((name) => !METRICS.has(name))]).toEqual([query, true, []]);
  expect(new Set(queries.flatMap(named))).toEqual(METRICS);
});

it('a text ends as OpenMetrics ends, and no figures are none', async () => {
  const server = await serveMetrics('127.0.0.1:0');
  const ask = async (path: string): Promise<readonly unknown[]> => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return [response.status, response.headers.get('content-type'), await response.text()];
  };
  expect(await ask('/metrics')).toEqual([503, 'text/plain', '']);
  server.show(MEASURED);
  expect(await ask('/metrics')).toEqual([200, expect.stringContaining('openmetrics-text'), expect.stringMatching(/\n# EOF\n$/)]);
  expect((await ask('/'))[0]).toBe(404);
  server.close();
});

it.each(['9115', ':99999', 'a b:1', ''])('%j is no place to listen', async (listen) => {
  await expect(serveMetrics(listen)).rejects.toThrow(/is not ADDRESS:PORT/);
});

it.skipIf(!HAS_PROMETHEUS)('promtool takes the alert rules, and their tests hold', async () => {
  const checked = await execa('promtool', ['check', 'rules', join(EXAMPLES, 'audit-alerts.yaml')], { reject: false });
  const tested = await execa('promtool', ['test', 'rules', join(EXAMPLES, 'audit-alerts.test.yaml')], { reject: false });
  expect([checked.exitCode, tested.exitCode, tested.stderr]).toEqual([0, 0, '']);
});

it.skipIf(!HAS_PROMETHEUS)('a Prometheus that scrapes the audit has its series', async () => {
  const server: MetricsServer = await serveMetrics('127.0.0.1:0');
  server.show(MEASURED);
  const port = await freePort();
  folder.write(
    'prometheus.yml',
    JSON.stringify({
      global: { scrape_interval: '1s' },
      scrape_configs: [{ job_name: 'audit', static_configs: [{ targets: [`127.0.0.1:${server.port}`] }] }],
    }),
  );
  const words = ['--config.file=prometheus.yml', '--storage.tsdb.path=data', `--web.listen-address=127.0.0.1:${port}`];
  const prometheus = execa('prometheus', words, { cwd: folder.path, reject: false, stdin: 'ignore', forceKillAfterDelay: 2000 });
  try {
    let result: readonly { metric: Record<string, string>; value: readonly unknown[] }[] = [];
    for (let waited = 0; result.length === 0 && waited < 30_000; waited += 250) {
      await pause(250);
      const query = encodeURIComponent('istio_init_audit_pods{good="false"} > 0');
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${query}`).catch(() => undefined);
      if (answer?.ok === true) ({ result } = ((await answer.json()) as { data: { result: typeof result } }).data);
    }
    expect(result).toMatchObject([{ metric: { verdict: 'no-rules', job: 'audit' }, value: [expect.any(Number), '2'] }]);
  } finally {
    prometheus.kill();
    await prometheus;
    server.close();
  }
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
