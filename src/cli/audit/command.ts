/** The words of `audit` on the command line. */

import type { CommandModule } from 'yargs';
import { badOption } from '../../istio/bad-option.ts';
import { quoted } from '../../istio/problems.ts';
import { dashesIn } from '../lone-dashes.ts';
import { flags, valued } from '../option-rows.ts';
import type { Parsed } from '../options.ts';
import { CLUSTER_OPTIONS, givenOf, last, outputOption, SETTINGS_OPTIONS, sourceOptions } from '../options.ts';
import type { Result } from '../result.ts';
import { finish } from '../result.ts';

const { values, installer, release, deadline } = SETTINGS_OPTIONS;
const { context, kubeconfig, namespace } = CLUSTER_OPTIONS;

const AUDIT_OPTIONS = {
  ...valued('Audit', {
    jobs: { default: '4', describe: 'Programs that run at a time (1 to 64)' },
    every: 'Audit again after so many seconds, until stopped; with --watch, how often logs are read (default: 60)',
    node: "The node's name (default: found in its proxies)",
  }),
  ...flags('Audit', { summarize: 'Merge lines that audits printed (FILE, -) by workload' }),
  ...valued('Output', {
    metrics: "A file for node-exporter's textfile collector, as /var/lib/node_exporter/istio_init.prom",
    listen: 'Where Prometheus scrapes the same at /metrics, as :9115',
  }),
  ...flags('Cluster', {
    watch:
      'Of a cluster: what its audit DaemonSet finds, one line for each pod that is not well any more, or well again, until SIGTERM or SIGINT',
  }),
  context,
  kubeconfig,
  namespace: { ...namespace, describe: 'With --watch: only pods of this namespace' },
  deadline: { ...deadline, describe: 'With --watch: seconds for each answer of the cluster (default: 60)', group: 'Cluster:' },
  values,
  installer,
  release: { ...release, describe: 'Release of Istio; overrides that found in each proxy' },
  ...outputOption('text or json; without it a table on a terminal and with --summarize, else a line of JSON a pod', null),
};

export const auditCommand: CommandModule = {
  command: 'audit [file..]',
  describe: 'Check the rules of every pod of this node',
  builder: (command) =>
    command
      .positional('file', { type: 'string', array: true, describe: 'With --summarize: lines of audits; - is standard input' })
      .options(AUDIT_OPTIONS)
      .example([
        ['$0 audit', 'a table; for a pipe a line of JSON a pod, and one for the node'],
        ['$0 audit --metrics /var/lib/node_exporter/istio_init.prom', 'and figures for Prometheus'],
        ['$0 audit --values istio-configmap.yaml', 'with what the mesh is installed with'],
        ['$0 audit --every 300 --jobs 2', 'as a DaemonSet runs it'],
        ['$0 audit --watch', 'what changes in a cluster from now on, by its audit DaemonSet'],
        ['$0 audit | $0 audit --summarize -', 'the same as a table'],
        ['kubectl logs -n istio-init-audit -l app=istio-init-audit --tail=-1 | $0 audit --summarize -', 'a whole cluster'],
      ])
      .epilogue(
        'Needs root on the node, or a pod with hostPID and rights that docs/audit.md lists; changes nothing.\nExit codes: 0 all as it should be, 1 a pod is not, 2 a pod that can not be seen, or input that can not be used.',
      ),
  handler: (parsed) =>
    finish(async () => {
      const { auditNode, summarize } = await import('./audit.ts');
      const files = [...((parsed['file'] ?? []) as readonly string[]), ...dashesIn(process.argv.slice(2), AUDIT_OPTIONS)];
      if (parsed['summarize'] === true) {
        if (files.length === 0) throw badOption('--summarize', 'wants a file with lines of audits, or - for standard input');
        return summarize(files, last(parsed, 'output') ?? 'text');
      }
      if (parsed['watch'] === true) return watched(parsed, files);
      for (const name of ['context', 'kubeconfig', 'namespace', 'deadline'])
        if (parsed[name] !== undefined) throw badOption(`--${name}`, 'goes with --watch: an audit asks its own node, and no cluster');
      refuseFiles(files);
      return auditNode({
        given: sourceOptions(parsed),
        jobs: last(parsed, 'jobs') ?? '',
        ...givenOf(parsed, 'every', 'node', 'metrics', 'listen'),
        output: last(parsed, 'output') ?? (process.stdout.isTTY === true ? 'text' : 'json'),
      });
    }, parsed),
};

/** An audit looks at what there is, and not at what somebody names. */
function refuseFiles([file]: readonly string[]): void {
  if (file !== undefined)
    throw badOption(
      'audit',
      `${quoted(file)} is no operand of an audit, which looks at all pods of its node; a file goes with --summarize`,
    );
}

/** What an audit of one node is told is no business of a watch. */
const OF_ONE_NODE = ['node', 'metrics', 'listen', 'values', 'installer', 'release'];

async function watched(parsed: Parsed, files: readonly string[]): Promise<Result> {
  const wrong = OF_ONE_NODE.find((name) => parsed[name] !== undefined);
  if (wrong !== undefined) throw badOption(`--${wrong}`, 'goes with an audit of a node; with --watch the DaemonSet has it');
  refuseFiles(files);
  const { watchAudits } = await import('./watch.ts');
  const { secondsIn } = await import('./audit.ts');
  const { cluster = {} } = sourceOptions(parsed);
  return watchAudits({
    access: cluster,
    every: secondsIn(last(parsed, 'every') ?? '60') * 1000,
    output: last(parsed, 'output') ?? (process.stdout.isTTY === true ? 'text' : 'json'),
  });
}
