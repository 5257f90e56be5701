import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { summarize } from '../../../src/cli/audit/audit.ts';
import type { AuditedPod, PodVerdict } from '../../../src/cli/audit/line.ts';
import { exitCodeOf, POD_VERDICTS, podLine, summaryLine } from '../../../src/cli/audit/line.ts';
import { mergeLines } from '../../../src/cli/audit/summarize.ts';
import { SUMMARY_FORMS } from '../../../src/cli/audit/summary-forms.ts';
import { property } from '../../property.ts';
import { run } from '../program.ts';

const POD: AuditedPod = {
  ...{ node: 'node-1', namespace: 'shop', pod: 'cart-7d9f8b6c5d-abcde', workload: 'cart', uid: '', pid: 7 },
  verdict: 'as it should be',
};

function pod(of: Partial<AuditedPod> = {}): AuditedPod {
  return { ...POD, ...of };
}

function merged(...texts: readonly string[]): ReturnType<typeof mergeLines> {
  return mergeLines(texts.map((text) => ({ file: 'f', text })));
}

const DRIFT = { verdict: 'not as it should be', drift: '1 rule missing' } as const;

describe('lines that are cut off', () => {
  const round = [pod(), pod({ pod: 'cart-7d9f8b6c5d-fghij', ...DRIFT }), pod({ pod: 'web-0' })];
  const whole = [...round.map(podLine), summaryLine(round, 0.5, 'node-1')];
  const file = (text: string): string => {
    const path = join(mkdtempSync(join(tmpdir(), 'istio-init-')), 'lines');
    writeFileSync(path, text);
    return path;
  };

  it('are no proof that all is well', () => {
    const cut = whole.slice(2).join('');
    expect(merged(cut)).toMatchObject({ pods: 1, lacking: 2 });
    const { output, exitCode } = summarize([file(cut)], 'text');
    expect(output).toContain('\nmissing: the lines of 2 pods; the beginning of the log is cut off\n');
    expect(exitCode).toBe(2);
    expect(summarize([file(whole.slice(1).join(''))], 'text').exitCode).toBe(1);
  });

  it('leave, wherever that is, no all-clear, and of no pod another word', () => {
    const well = [pod(), pod({ pod: 'web-0', workload: 'web' })];
    const text = [
      ...well.map(podLine),
      summaryLine(well, 0.5, 'node-1'),
      podLine(pod({ node: 'node-2', pod: 'db-0' })),
      summaryLine([pod()], 1, 'node-2'),
    ].join('');
    expect(summarize([file(text)], 'text').exitCode).toBe(0);
    // A log that ends between the rounds of two nodes is all of one of them.
    const rounds = text.indexOf('{"apiVersion"', text.indexOf('AuditSummary'));
    for (let at = 1; at < text.length - 1; at += 7) {
      for (const [cut, isRound] of [
        [text.slice(0, at), at >= rounds && at <= rounds + 1],
        [text.slice(at), at >= rounds - 2 && at <= rounds],
      ] as const) {
        const found = merged(cut);
        if (found.lines === 0 || isRound) continue;
        const { output, exitCode } = summarize([file(cut)], 'text');
        expect([exitCode, output], `${at} ${cut.slice(0, 40)}`).toEqual([2, expect.not.stringMatching(/^all are as/m)]);
        expect(Object.keys(found.verdicts).filter((verdict) => verdict !== 'as it should be')).toEqual([]);
      }
    }
  });

  it('are made good by a later round', () => {
    expect(merged([...whole.slice(2), ...whole].join('')).lacking).toBe(0);
  });

  it('may have any words in front of them, braces too, and are of this version', () => {
    expect(merged(whole.map((line) => `level=info {app="audit"} ${line}`).join(''))).toMatchObject({ pods: 3, lacking: 0 });
    expect(merged(whole.join('').replaceAll('istio-init/v1', 'istio-init/v2'))).toMatchObject({ pods: 0, otherLines: 4 });
  });
});

describe('lines of many nodes', () => {
  const lines = [
    podLine(pod()),
    podLine(pod({ pod: 'cart-7d9f8b6c5d-fghij', ...DRIFT })),
    summaryLine([pod(), pod(DRIFT)], 0.5, 'node-1'),
    '[pod/audit-x/audit] ',
    podLine(pod({ node: 'node-2', pod: 'cart-7d9f8b6c5d-klmno', ...DRIFT })),
    podLine(pod({ node: 'node-2', pod: 'web-5d8f9c7b6d-pqrst', workload: '', namespace: '', verdict: 'not in the mesh' })),
    podLine(pod({ node: 'node-2', pod: 'db-0', workload: 'db', verdict: 'not seen', reason: 'its\nprocess\u001b[2J ended' })),
    'some other line\n\n{"kind":"AuditedPod","node":"cut of',
  ].join('');

  it('are merged by workload, the worst first, with why and where', () => {
    expect(SUMMARY_FORMS.text(merged(lines)).split('\n')).toEqual([
      '5 pods of 3 workloads on 2 nodes: 1 as it should be, 2 not as it should be, 1 not in the mesh, 1 not seen',
      '',
      'shop/cart  1 as it should be, 2 not as it should be',
      '  1 rule missing (2 pods)',
      '  cart-7d9f8b6c5d-fghij on node-1, cart-7d9f8b6c5d-klmno on node-2',
      'shop/db    1 not seen',
      '  its\\u000aprocess\\u001b[2J ended (1 pod)',
      '  db-0 on node-2',
      '',
      'unknown: the log shows the end of no round of node-2: what other pods are there is not known',
      '1 other workload is as it should be, or has no sidecar',
      '',
    ]);
    expect(SUMMARY_FORMS.text(merged(lines))).not.toContain('\u001b');
  });

  it('are data as well', () => {
    expect(JSON.parse(SUMMARY_FORMS.json(merged(lines)))).toMatchObject({
      apiVersion: 'istio-init/v1',
      kind: 'AuditReport',
      nodes: 2,
      pods: 5,
      workloads: [
        { namespace: 'shop', workload: 'cart', pods: 3, reasons: [{ reason: '1 rule missing', pods: 2 }] },
        {},
        { workload: 'web' },
      ],
    });
    expect(merged(lines).otherLines).toBe(2);
  });

  it('of several rounds are those of the last: of a pod the last word, and none of one that has gone', () => {
    const gone = podLine(pod({ pod: 'gone-0', ...DRIFT }));
    const rounds = [gone + podLine(pod(DRIFT)) + summaryLine([], 1, 'node-1'), podLine(pod()) + summaryLine([], 1, 'node-1')];
    expect(merged(rounds.join('')).verdicts).toEqual({ 'as it should be': 1 });
    // A round under way adds what it has found to the one before.
    expect(merged(rounds.join('') + podLine(pod(DRIFT))).verdicts).toEqual({ 'not as it should be': 1 });
    expect(merged(rounds.join('') + gone).verdicts).toEqual({ 'as it should be': 1, 'not as it should be': 1 });
  });

  it('keep two network namespaces of a pod apart', () => {
    expect(merged(podLine(pod(DRIFT)) + podLine(pod({ pid: 8 }))).verdicts).toEqual({ 'not as it should be': 1, 'as it should be': 1 });
  });

  it('of nodes without a pod are lines all the same', () => {
    expect(SUMMARY_FORMS.text(merged(summaryLine([], 1, 'node-1'), summaryLine([], 1, 'node-2')))).toMatch(
      /^0 pods of 0 workloads on 2 nodes\n/,
    );
    expect(SUMMARY_FORMS.text(merged(summaryLine([], 1, '')))).toMatch(/^0 pods of 0 workloads\n/);
  });

  it('keep the pods of nodes without a name apart from no other', () => {
    const round = (name: string): string => podLine(pod({ node: '', pod: name })) + summaryLine([], 1, '');
    expect(merged(round('a-0') + round('b-0'))).toMatchObject({ pods: 2, nodes: 0 });
  });

  property([fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), damagedLine()))])('come of any text without a throw', (words) => {
    const found = merged(words.join('\n'));
    expect(SUMMARY_FORMS.text(found)).toMatch(/^\d+ pods? of/);
    expect(JSON.parse(SUMMARY_FORMS.json(found))).toMatchObject({ pods: found.pods });
  });
});

/** A line of an audit, in which one value is of any other kind. */
function damagedLine(): fc.Arbitrary<string> {
  const keys = [...Object.keys(POD), 'drift', 'findings', 'reason', 'kind', '__proto__', 'differences'];
  return fc
    .tuple(fc.constantFrom(...keys), fc.jsonValue(), fc.constantFrom(...(Object.keys(POD_VERDICTS) as PodVerdict[])))
    .map(([key, value, verdict]) => JSON.stringify({ kind: 'AuditedPod', ...pod({ verdict }), [key]: value }));
}

describe('the exit code', () => {
  it.each(Object.entries(POD_VERDICTS))('of a pod that is %j says whether that is well: %s', (verdict, well) => {
    expect(exitCodeOf([{ verdict: verdict as PodVerdict }])).toBe(well ? 0 : verdict === 'not seen' ? 2 : 1);
  });

  it('of no pod is 0, and a pod that is amiss counts before one that was not seen', () => {
    expect([exitCodeOf([]), exitCodeOf([{ verdict: 'not seen' }, { verdict: 'no rules' }])]).toEqual([0, 1]);
  });
});

describe('audit --summarize', () => {
  it('reads files, and says what it left out', () => {
    const folder = mkdtempSync(join(tmpdir(), 'istio-init-audit-'));
    try {
      writeFileSync(join(folder, 'log'), `a word\n${podLine(pod(DRIFT))}`);
      expect(summarize([join(folder, 'log')], 'text')).toMatchObject({
        exitCode: 1,
        notes: ['note: 1 line of something else was ignored'],
      });
      writeFileSync(join(folder, 'empty'), 'nothing of an audit\n');
      expect(() => summarize([join(folder, 'empty')], 'text')).toThrow(/--summarize/);
      expect(() => summarize([join(folder, 'none')], 'text')).toThrow(/does not exist/);
      expect(() => summarize([join(folder, 'log')], 'jso')).toThrow(/did you mean json/);
      writeFileSync(join(folder, 'quiet'), summaryLine([], 1, ''));
      expect(summarize([join(folder, 'quiet')], 'text')).toMatchObject({ exitCode: 0, notes: [] });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('reads standard input, as several files, and gives either form', async () => {
    const lines = podLine(pod(DRIFT)) + summaryLine([], 1, 'node-1');
    const text = await run(['audit', '--summarize', '-'], { input: lines });
    expect(text).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/^1 pod of 1 workload on 1 node: 1 not as it should be\n/),
      stderr: '',
    });
    const json = await run(['audit', '-o', 'json', '-', '--summarize'], { input: lines });
    expect(json).toMatchObject({ exitCode: 1, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'AuditReport', pods: 1 });
  });
});
