/** A command on the same as the one that answered, with its options word for word. */

import { usedAccess } from '../../sources/cluster-options.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { programCommand } from './command-text.ts';
import type { CheckedSource } from './next-command.ts';

/** A command on the same: the source, or the one of its workloads that was chosen, then `more`, then the options. */
export function commandOn(name: string, { source, given }: Pick<CheckedSource, 'source' | 'given'>, more: readonly string[]): string {
  const { chosen, manifests, workload, ...rest } = given;
  const file = chosen === undefined ? source : chosen.source;
  const files = file === undefined ? (chosen?.files ?? []) : [];
  const word = chosen === undefined ? workload : chosen.workload;
  const only = file === undefined && word !== undefined ? { workload: word } : {};
  const cluster = usedAccess(file === undefined ? files : [file], rest.cluster);
  const options = optionsOf({ ...rest, cluster, ...only, ...(manifests && { manifests: { ...manifests, filenames: [] } }) });
  return programCommand(name, ...(file === undefined ? [] : [file]), ...more, ...files.flatMap((one) => ['-f', one]), ...options);
}

/** The options of a command line as they were typed: what the rules should be, and what is known of the pod. */
export function optionsOf(given: PlanOptions): readonly string[] {
  const { filename, manifests, workload, sets, release, env, envFile, addresses, nameservers, facts, args, cluster } = given;
  const one = (option: string, value: string | undefined): readonly string[] => (value === undefined ? [] : [option, value]);
  const repeated = (option: string, values: readonly string[] = []): readonly string[] => values.flatMap((value) => [option, value]);
  return [
    ...repeated('-f', filename === undefined ? [] : (manifests?.filenames ?? [filename])),
    ...one('--workload', workload),
    ...one('--context', cluster?.context),
    ...one('--kubeconfig', cluster?.kubeconfig),
    ...one('--namespace', cluster?.namespace),
    ...one('--selector', cluster?.selector),
    ...repeated('--values', manifests?.values),
    ...one('--installer', manifests?.installer),
    ...repeated('--image-release', manifests?.imageReleases),
    ...(manifests?.keepArguments === true ? ['--keep-args'] : []),
    ...(manifests?.asInjected === true ? ['--as-injected'] : []),
    ...repeated('--set', sets),
    ...one('--release', release),
    ...repeated('--env', env),
    ...one('--env-file', envFile),
    ...repeated('--address', addresses),
    ...repeated('--nameserver', nameservers),
    ...one('--facts', facts),
    ...(args === undefined ? [] : ['--', ...args]),
  ];
}
