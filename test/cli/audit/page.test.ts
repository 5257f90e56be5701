/** docs/audit.md and the DaemonSet beside it: what they say of the lines, the verdicts, the options and the rights is what the code has. */

import { readFileSync } from 'node:fs';
import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { auditCommand } from '../../../src/cli/audit/command.ts';
import type { AuditedPod } from '../../../src/cli/audit/line.ts';
import { exitCodeOf, MOST_NAMED, POD_VERDICTS, podLine, summaryLine } from '../../../src/cli/audit/line.ts';
import { mergeLines } from '../../../src/cli/audit/summarize.ts';
import { SUMMARY_FORMS } from '../../../src/cli/audit/summary-forms.ts';
import { describedCommand } from '../../../src/cli/described.ts';
import { run } from '../program.ts';

const PAGE = readFileSync(new URL('../../../docs/audit.md', import.meta.url), 'utf8');
const EXAMPLE = readFileSync(new URL('../../../docs/examples/audit-daemonset.yaml', import.meta.url), 'utf8');

/** The rows of the table that begins with these heads, as cells without code marks. */
function table(...heads: readonly string[]): readonly (readonly string[])[] {
  const [, rows = ''] = PAGE.split(`\n| ${heads.join(' | ')} |\n|${'---|'.repeat(heads.length)}\n`);
  return (rows.split('\n\n')[0] ?? '')
    .split('\n')
    .map((row) => row.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll('`', '')));
}

/** The tables of keys, in their order on the page. */
function keys(index: number): readonly string[] {
  const rows = PAGE.split('\n| key | what it is |\n|---|---|\n')[index + 1]?.split('\n\n')[0] ?? '';
  return rows.split('\n').flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, key = '']) => key));
}

function shown(command: string): string {
  const [, text = ''] = PAGE.split(`\n# istio-init ${command}\n`);
  return text.split('```')[0] ?? '';
}

// Every key that there is: a new one does not compile until it is here.
const ALL: Required<AuditedPod> = {
  ...{
    namespace: '',
    pod: '',
    workload: '',
    node: '',
    uid: '',
    pid: 1,
    verdict: 'not seen',
    release: '',
    installer: '',
    knobs: '',
    drift: '',
  },
  ...{ differences: [], findings: [], reason: '' },
};

describe('docs/audit.md', () => {
  it('shows lines as they are printed, and what becomes of them when they are merged', () => {
    const text = shown('audit --node node-7');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditedPod);
    const pods = lines
      .slice(0, -1)
      .map(
        ({ apiVersion: _, kind: __, verdictId: ___, ...pod }: AuditedPod & { apiVersion?: string; kind?: string; verdictId?: string }) =>
          pod,
      );
    expect(text).toBe(pods.map(podLine).join('') + summaryLine(pods, 0.21, 'node-7'));
    expect(shown('audit | istio-init audit --summarize -')).toBe(SUMMARY_FORMS.text(mergeLines([{ file: '-', text }])));
  });

  it('lists every key', () => {
    expect(keys(0).toSorted()).toEqual(Object.keys(JSON.parse(podLine(ALL)) as object).toSorted());
    expect(keys(1).toSorted()).toEqual(Object.keys(JSON.parse(summaryLine([], 1, '')) as object).toSorted());
    const report = JSON.parse(SUMMARY_FORMS.json(mergeLines([{ file: '-', text: podLine(ALL) }]))) as { workloads: [object] };
    expect(keys(2).toSorted()).toEqual(Object.keys(report).toSorted());
    const ofWorkload = Object.keys(report.workloads[0]);
    expect(/^\| `workloads` \| .*$/m.exec(PAGE)?.[0].match(/`(\w+)`/g)).toEqual(['workloads', ...ofWorkload].map((key) => `\`${key}\``));
    expect([PAGE.includes('the first five, as'), PAGE.includes('the worst five:'), MOST_NAMED]).toEqual([true, true, 5]);
  });

  it('lists every verdict, and whether it is well', () => {
    const rows = table('`verdict`', 'is said where', 'well');
    expect(Object.fromEntries(rows.map(([verdict = '', , well]) => [verdict, well === 'yes']))).toEqual(POD_VERDICTS);
  });

  it('has the exit codes of the program', async () => {
    const codes = [
      exitCodeOf([{ verdict: 'as it should be' }]),
      exitCodeOf([{ verdict: 'no rules' }]),
      exitCodeOf([{ verdict: 'not seen' }]),
    ];
    expect(table('exit code', 'means').map(([code]) => Number(code))).toEqual(codes);
    expect((await run(['audit', '--jobs', '65'])).stderr).toBe('istio-init: audit: --jobs "65" is not a number from 1 to 64\n');
  });

  it('lists every option', () => {
    const options = Object.keys(describedCommand(auditCommand).options).map((name) => `--${name}`);
    const told = [...PAGE.matchAll(/^\| `(--[a-z-]+)/gm)].map(([, option = '']) => option);
    expect([...told, '--output'].toSorted()).toEqual(options.toSorted());
  });

  it('names each right of the DaemonSet, and no other', () => {
    const [, set] = loadAll(EXAMPLE) as [unknown, DaemonSet];
    const { hostPID, automountServiceAccountToken, containers } = set.spec.template.spec;
    const [{ args, securityContext }] = containers;
    const { capabilities, privileged, readOnlyRootFilesystem, runAsUser } = securityContext;
    expect({ hostPID, automountServiceAccountToken, privileged, readOnlyRootFilesystem, runAsUser, drop: capabilities.drop }).toEqual({
      ...{
        hostPID: true,
        automountServiceAccountToken: false,
        privileged: false,
        readOnlyRootFilesystem: true,
        runAsUser: 0,
        drop: ['ALL'],
      },
    });
    const rights = table('right', 'why').map(([right]) => right);
    expect(rights).toEqual(['hostPID', 'runAsUser: 0', ...capabilities.add, 'AppArmor and SELinux unconfined']);
    const told = [...PAGE.matchAll(/^\| `(--[a-z-]+)/gm)].map(([, option]) => option);
    expect(args.filter((word) => word.startsWith('--')).filter((word) => !told.includes(word))).toEqual([]);
  });
});

interface DaemonSet {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly hostPID: boolean;
        readonly automountServiceAccountToken: boolean;
        readonly containers: readonly [
          {
            readonly args: readonly string[];
            readonly securityContext: {
              readonly privileged: boolean;
              readonly readOnlyRootFilesystem: boolean;
              readonly runAsUser: number;
              readonly capabilities: { readonly drop: readonly string[]; readonly add: readonly string[] };
            };
          },
        ];
      };
    };
  };
}
