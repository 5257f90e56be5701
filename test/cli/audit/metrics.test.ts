import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { auditNode } from '../../../src/cli/audit/audit.ts';
import { POD_VERDICTS, podLine, VERDICT_IDS } from '../../../src/cli/audit/line.ts';
import { metricsText, writeMetrics } from '../../../src/cli/audit/metrics.ts';

const folder = mkdtempSync(join(tmpdir(), 'istio-init-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('every verdict is a series, also that of no pod', () => {
  const text = metricsText({ verdicts: { 'as it should be': 3, 'no rules': 1 }, seconds: 1.5, at: 1_700_000_000 });
  expect(text).toContain('# TYPE istio_init_audit_pods gauge\nistio_init_audit_pods{verdict="ok",good="true"} 3\n');
  expect(text).toContain(
    'istio_init_audit_pods{verdict="no-rules",good="false"} 1\nistio_init_audit_pods{verdict="rules-without-proxy",good="false"} 0\n',
  );
  expect(text.match(/^istio_init_audit_pods\{/gm)).toHaveLength(Object.keys(POD_VERDICTS).length);
  expect(text).toMatch(/istio_init_audit_duration_seconds 1\.5\n[^]*istio_init_audit_timestamp_seconds 1700000000\n# EOF\n$/);
  // Of the exposition format: a comment, or a name with labels and a number.
  for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|# EOF|\w+(\{(\w+="[^"]*",?)+\})? [\d.]+)$/);
});

it('verdicts have names that stay, each its own', () => {
  expect(new Set(Object.values(VERDICT_IDS)).size).toBe(Object.keys(POD_VERDICTS).length);
  const line = podLine({ node: 'n', namespace: 'a', pod: 'b', workload: 'c', uid: 'd', pid: 1, verdict: 'not as it should be' });
  expect(JSON.parse(line)).toMatchObject({ verdict: 'not as it should be', verdictId: 'drifted' });
});

it('the file is replaced whole, and one that can not be written is named', () => {
  const file = join(folder, 'istio_init.prom');
  for (const seconds of [1, 2]) writeMetrics(file, { verdicts: {}, seconds, at: 1 });
  expect(readFileSync(file, 'utf8')).toContain('duration_seconds 2\n');
  expect(readdirSync(folder)).toEqual(['istio_init.prom']);
  expect(() => writeMetrics(join(folder, 'no/such/file'), { verdicts: {}, seconds: 1, at: 1 })).toThrow(
    /^--metrics .*no\/such\/file can not be written: ENOENT$/,
  );
});

it('a round writes it, and is lines or a table', async () => {
  const file = join(folder, 'round.prom');
  const given = { sets: [], env: [], addresses: [], nameservers: [] };
  const nothing = { given, jobs: '1', node: 'here', find: () => [], metrics: file };
  const [lines, table] = [await auditNode(nothing), await auditNode({ ...nothing, output: 'text' })];
  expect(JSON.parse(lines.output)).toMatchObject({ kind: 'AuditSummary', node: 'here', pods: 0 });
  expect([lines.form, table.form]).toEqual(['json', 'text']);
  expect(table.output).not.toContain('{');
  expect(readFileSync(file, 'utf8')).toContain('istio_init_audit_pods{verdict="ok",good="true"} 0\n');
  await expect(auditNode({ ...nothing, output: 'xml' })).rejects.toThrow(/"xml" is not one of text, json/);
});
