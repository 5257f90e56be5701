/** Commands to run next, word for word: what puts the rules right, and what shows more. */

import type { Answer } from '../../istio/found/identify.ts';
import type { PacketWords } from '../../istio/packets/packet/words.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { quoteForShell } from '../../netfilter/words.ts';
import { takenAccess } from '../../sources/cluster-options.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { typedWords } from '../../sources/source-name.ts';
import { nonDefaultSettings } from '../identify/maker-text.ts';
import { programName, programWords } from '../program-name.ts';
import { reachOf } from './namespace-evidence.ts';
import type { CheckedSource, NextCommand } from './next-command.ts';

/** The diff that shows all of a drift; `inferred` is named where the diff would not come to it by itself. */
export function diffCommand({ source = 'live', given }: CheckedSource, inferred: Answer | undefined): string {
  return command(...programWords(), 'diff', source, ...optionsOf(given), ...(inferred === undefined ? [] : settingsOf(inferred)));
}

/** The trace that shows the rules on the way of a connection; settings have no part in rules that were found. */
export function traceCommand({ source = 'live', given }: CheckedSource, { from, to }: PacketWords): string {
  const { addresses, nameservers } = given;
  const packet = [...(from === undefined ? [] : ['--from', from]), ...(to === undefined ? [] : ['--to', to])];
  return command(...programWords(), 'trace', source, ...packet, ...optionsOf({ sets: [], env: [], addresses, nameservers }));
}

/** What makes the rules as they were asked for; none for a source that is no namespace. */
export function repair({ name, given }: CheckedSource): readonly NextCommand[] {
  const option = reachOf(name)?.option;
  if (option === undefined) return [];
  return [{ why: 'put it right', command: [`${programName()} apply ${option}`, ...words(optionsOf(given))].join(' ') }];
}

/** The same with the settings that the rules tell of, where enough of them is left to tell; `lost` are families whose rules are gone. */
export function repairAs(
  { source = 'live', name }: CheckedSource,
  inferred: Answer | undefined,
  lost: readonly Family[],
): readonly NextCommand[] {
  if (inferred === undefined || !isTrusted(inferred))
    return [
      {
        why: 'too little is left to find the settings; give them: those of the pod, or the arguments of its init container',
        command: `${command(...programWords(), 'check', source)} --release RELEASE -- ARGUMENTS`,
      },
    ];
  const option = reachOf(name)?.option;
  // No setting says what only the environment of old programs could.
  if (option === undefined || inferred.nonDefault.switches.length > 0) return [];
  const settingWords = words([...settingsOf(inferred), ...(lost.includes('ip6') ? ['--set', 'dualStack=true'] : [])]);
  return [
    {
      why: 'put it right, where the pod should have these settings',
      command: [`${programName()} apply ${option}`, ...settingWords].join(' '),
    },
  ];
}

/** Whether no more than a quarter of the rules is not as these settings make them. */
function isTrusted({ plan, differences }: Answer): boolean {
  const rules = FAMILIES.flatMap((family) => plan[family].tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules)));
  return differences.length * 4 <= rules.length;
}

function settingsOf(answer: Answer): readonly string[] {
  return ['--release', answer.plan.release, ...nonDefaultSettings(answer).flatMap((setting) => ['--set', setting])];
}

/** The other answers to whose rules these are, where there are any. */
export function otherAnswers({ source = 'live' }: CheckedSource, answers: readonly Answer[]): readonly NextCommand[] {
  return answers.length < 2 ? [] : [{ why: 'other settings make the same rules', command: command(...programWords(), 'identify', source) }];
}

/** The same check by somebody who may see more: root, where this is not root already. */
export function withMoreRights({ source, name, given }: CheckedSource, isRoot = process.geteuid?.() === 0): readonly NextCommand[] {
  if (name.kind !== 'namespace' || name.target.kind === 'opened') return [];
  const same = command('sudo', 'istio-init', 'check', ...(source === undefined ? [] : [source]), ...optionsOf(given));
  const fromNode: NextCommand = {
    why: 'see more, from the node, with the number of a process of the pod',
    command: ['sudo istio-init check pid:PID', ...words(optionsOf(given))].join(' '),
  };
  return [...(isRoot ? [] : [{ why: 'see more, as root', command: same }]), ...(name.target.kind === 'here' ? [fromNode] : [])];
}

/** Where this machine has no rules: what else there is to look at. */
export function elsewhere({ name }: CheckedSource): readonly NextCommand[] {
  if (name.kind !== 'namespace' || name.target.kind !== 'here') return [];
  return [
    { why: 'a pod of this node, by the number of one of its processes', command: command(...programWords(), 'check', 'pid:PID') },
    { why: 'a manifest, a save, a log, a ticket', command: command(...programWords(), 'FILE') },
  ];
}

/** The same check of everything that a text leaves out. */
export function withAllTables({ name, given }: CheckedSource): readonly NextCommand[] {
  if (name.kind !== 'file') return [];
  const saves = "sudo nsenter -t PID -n sh -exc 'iptables-save; ip6tables-save; :' 2>&1";
  return [
    {
      why: 'see all tables of both families, on the node, with the number of a process of the pod',
      command: [saves, '| istio-init check -', ...words(optionsOf(given))].join(' '),
    },
  ];
}

/** What to ask next of a manifest: where a connection goes, why, and who answers for what bypasses the proxy. */
export function afterPlan({ source, given }: CheckedSource, found: { readonly escapes: boolean }): readonly NextCommand[] {
  const { chosen, manifests, workload, ...rest } = given;
  const file = chosen === undefined ? source : chosen.source;
  const files = file === undefined ? (chosen?.files ?? []) : [];
  const only = file === undefined && workload !== undefined ? { workload } : {};
  const cluster = takenAccess(file === undefined ? files : [file], rest.cluster);
  const options = optionsOf({ ...rest, cluster, ...only, ...(manifests && { manifests: { ...manifests, filenames: [] } }) });
  const named = [...(file === undefined ? [] : [file]), ...files.flatMap((one) => ['-f', one]), ...options];
  return [
    ...(found.escapes
      ? [
          {
            why: 'who answers for what bypasses the proxy, and an error for the rest',
            command: command(...programWords(), 'escapes', ...named, '--allow', 'FILE'),
          },
        ]
      : []),
    {
      why: 'where a connection goes, and because of what',
      command: command(...programWords(), 'why', ...named, 'ADDRESS:PORT'),
    },
    { why: 'each setting, each rule and its reason', command: command(...programWords(), 'explain', ...named) },
  ];
}

/** The options of a command line as they were typed: what the rules should be, and what is known of the pod. */
function optionsOf(given: PlanOptions): readonly string[] {
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

function words(options: readonly string[]): readonly string[] {
  return options.flatMap(typedWords).map(quoteForShell);
}

/** A pipe has run dry: what filled it goes in front again. */
function command(...all: readonly string[]): string {
  const text = words(all).join(' ');
  return all.includes('-') ? `... | ${text}` : text;
}
