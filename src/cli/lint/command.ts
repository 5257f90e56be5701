/** The words of `lint` on the command line. */

import type { CommandModule } from 'yargs';
import { dashesIn } from '../lone-dashes.ts';
import { flags, valued } from '../option-rows.ts';
import {
  all,
  CLUSTER_OPTIONS,
  CLUSTER_SOURCES,
  COLOR_OPTIONS,
  givenOf,
  last,
  outputOf,
  outputOption,
  planOptions,
  SETTINGS_OPTIONS,
  WORKLOAD_OPTIONS,
} from '../options.ts';
import { finish } from '../result.ts';

const { filename, values, release, installer, 'image-release': imageRelease } = SETTINGS_OPTIONS;

const LINT_OPTIONS = {
  filename: { ...filename, describe: `${filename.describe} (repeatable)` },
  values,
  release: { ...release, describe: 'Release of the control plane, as 1.23; an injected pod keeps that of its image' },
  installer,
  'image-release': imageRelease,
  ...CLUSTER_OPTIONS,
  ...WORKLOAD_OPTIONS,
  ...valued('Output', {
    'fail-on': {
      alias: 'failure-threshold',
      default: 'warning',
      describe: 'The least severity that makes the exit code 1: error, warning, note or never',
    },
    suppress: { alias: 'S', describe: 'Leave out a diagnostic, as "CODE=Deployment cart.shop"; * stands for any (repeatable)' },
    baseline: 'Leave out what an earlier run has written with -o json',
  }),
  ...flags('Fixes', {
    fix: 'Write the fixes that change nothing of what runs',
    'unsafe-fixes': 'Write those as well that change what pods do, as the right name for one that is misspelt',
    'dry-run': 'Show the fixes as a diff, and write nothing',
  }),
  ...outputOption('table, json, sarif or github', 'table'),
  ...valued('Output', { explain: 'Show the page of a diagnostic, by its code or that of istioctl (IST0107)' }),
  ...COLOR_OPTIONS,
};

export const lintCommand: CommandModule = {
  command: 'lint [files..]',
  aliases: ['analyze'],
  describe: 'Find settings that do not do what they seem to',
  builder: (command) =>
    command
      .positional('files', { type: 'string', describe: `Files, folders, - (standard input), ${CLUSTER_SOURCES}; the same as -f` })
      .options(LINT_OPTIONS)
      .example([
        ['$0 lint deployment.yaml', 'one file'],
        ['kubectl get pods -A -o json | $0 lint -f -', 'all pods of a cluster'],
        ['$0 lint manifests/ --values values.yaml', 'a folder, with what the mesh is installed with'],
        ['$0 lint pods.json#orders', 'one workload; the same as --workload orders'],
        ['$0 lint pods.json --release 1.28', 'injected pods beside a control plane of 1.28'],
        ['$0 lint --explain pod-security', 'what a diagnostic means, and what to do'],
        ['$0 lint manifests/ -o sarif --fail-on error', 'for a code scanner'],
        ['$0 lint manifests/ --baseline lint.json', 'only what is new since lint -o json > lint.json'],
        ['$0 lint manifests/ --fix --dry-run', 'show what is safe to write; without --dry-run write it'],
        ['$0 lint ns/shop', 'a namespace of the cluster, by kubectl; cluster is all of it'],
      ])
      .epilogue(
        'Each diagnostic has a page: --explain CODE, or docs/lint/.\nExit codes: 0 nothing found, 1 something of the severity or worse, 2 input that can not be read: the rest is still linted.',
      ),
  handler: (parsed) =>
    finish(async (paint) => {
      const [{ lint }, { thresholdOption }] = await Promise.all([import('./lint.ts'), import('./threshold.ts')]);
      const code = last(parsed, 'explain');
      if (code !== undefined) return (await import('./explain-code.ts')).explainCode(code);
      const files = parsed['files'];
      return lint({
        files: [...(Array.isArray(files) ? files.map(String) : []), ...dashesIn(process.argv.slice(2), LINT_OPTIONS)],
        given: planOptions(parsed),
        suppress: all(parsed, 'suppress'),
        ...givenOf(parsed, 'baseline'),
        fix: parsed['fix'] === true,
        unsafeFixes: parsed['unsafe-fixes'] === true,
        dryRun: parsed['dry-run'] === true,
        failOn: last(parsed, 'fail-on') ?? '',
        failOnOption: thresholdOption(process.argv.slice(2)),
        output: outputOf(parsed),
        paint,
      });
    }, parsed),
};
