/** Commands to run next, word for word: what puts the rules right, and what shows more. */

import type { Answer } from '../../istio/found/identify.ts';
import type { PacketWords } from '../../istio/packets/packet/words.ts';
import type { Family } from '../../netfilter/family.ts';
import { rulesOfBoth } from '../../netfilter/rule.ts';
import { usedAccess } from '../../sources/cluster-options.ts';
import { reachOf } from '../../sources/namespace-evidence.ts';
import { NO_MANIFEST_OPTIONS } from '../../sources/options.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { nonDefaultSettings } from '../identify/maker-text.ts';
import { commandOn, optionsOf } from '../next/command-on.ts';
import { programCommand, shellText, shellWords } from '../next/command-text.ts';
import type { CheckedSource, NextCommand } from '../next/next-command.ts';
import { programName } from '../program-name.ts';

/** The diff that shows all of a drift; `inferred` is named where the diff would not come to it by itself. */
export function diffCommand({ source = 'live', given }: CheckedSource, inferred: Answer | undefined): string {
  return programCommand('diff', source, ...optionsOf(given), ...(inferred === undefined ? [] : settingsOf(inferred)));
}

/** The trace that shows the rules on the way of a connection; settings have no part in rules that were found. */
export function traceCommand({ source = 'live', given }: CheckedSource, { from, to }: PacketWords): string {
  const { addresses, nameservers } = given;
  const packet = [...(from === undefined ? [] : ['--from', from]), ...(to === undefined ? [] : ['--to', to])];
  return programCommand('trace', source, ...packet, ...optionsOf({ sets: [], env: [], addresses, nameservers }));
}

/** What makes the rules as they were asked for; none for a source that is no namespace. */
export function repair({ name, given }: CheckedSource): readonly NextCommand[] {
  const option = reachOf(name)?.option;
  if (option === undefined) return [];
  return [{ why: 'put it right', command: [`${programName()} apply ${option}`, ...shellWords(optionsOf(given))].join(' ') }];
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
        command: `${programCommand('check', source)} --release RELEASE -- ARGUMENTS`,
      },
    ];
  const option = reachOf(name)?.option;
  // No setting says what only the environment of old programs could.
  if (option === undefined || inferred.nonDefault.switches.length > 0) return [];
  const settingWords = shellWords([...settingsOf(inferred), ...(lost.includes('ip6') ? ['--set', 'dualStack=true'] : [])]);
  return [
    {
      why: 'put it right, where the pod should have these settings',
      command: [`${programName()} apply ${option}`, ...settingWords].join(' '),
    },
  ];
}

/** Whether no more than a quarter of the rules is not as these settings make them. */
function isTrusted({ plan, differences }: Answer): boolean {
  return differences.length * 4 <= rulesOfBoth(plan).length;
}

function settingsOf(answer: Answer): readonly string[] {
  return ['--release', answer.plan.release, ...nonDefaultSettings(answer).flatMap((setting) => ['--set', setting])];
}

/** The other answers to whose rules these are, where there are any. */
export function otherAnswers({ source = 'live' }: CheckedSource, answers: readonly Answer[]): readonly NextCommand[] {
  return answers.length < 2 ? [] : [{ why: 'other settings make the same rules', command: programCommand('identify', source) }];
}

/** The same check by somebody who may see more: root, where this is not root already. */
export function withMoreRights({ source, name, given }: CheckedSource, isRoot = process.geteuid?.() === 0): readonly NextCommand[] {
  if (name.kind !== 'namespace' || name.target.kind === 'opened') return [];
  const same = shellText('sudo', 'istio-init', 'check', ...(source === undefined ? [] : [source]), ...optionsOf(given));
  const fromNode: NextCommand = {
    why: 'see more, from the node, with the number of a process of the pod',
    command: ['sudo istio-init check pid:PID', ...shellWords(optionsOf(given))].join(' '),
  };
  return [...(isRoot ? [] : [{ why: 'see more, as root', command: same }]), ...(name.target.kind === 'here' ? [fromNode] : [])];
}

/** Where this machine has no rules: what else there is to look at. */
export function elsewhere({ name }: CheckedSource): readonly NextCommand[] {
  if (name.kind !== 'namespace' || name.target.kind !== 'here') return [];
  return [
    { why: 'a pod of this node, by the number of one of its processes', command: programCommand('check', 'pid:PID') },
    { why: 'a manifest, a save, a log, a ticket', command: programCommand('FILE') },
  ];
}

/** The same check of everything that a text leaves out. */
export function withAllTables({ name, given }: CheckedSource): readonly NextCommand[] {
  if (name.kind !== 'file') return [];
  const saves = "sudo nsenter -t PID -n sh -exc 'iptables-save; ip6tables-save; :' 2>&1";
  return [
    {
      why: 'see all tables of both families, on the node, with the number of a process of the pod',
      command: [saves, '| istio-init check -', ...shellWords(optionsOf(given))].join(' '),
    },
  ];
}

/** What to ask next of a manifest: where a connection goes, why, and who answers for what bypasses the proxy. */
export function afterPlan(source: CheckedSource, found: { readonly escapes: boolean; readonly refused: boolean }): readonly NextCommand[] {
  // Of pods that are never made nothing goes anywhere.
  if (found.refused) return [];
  return [
    ...(found.escapes
      ? [
          {
            why: 'fail on what bypasses the proxy, but for what FILE allows',
            command: commandOn('escapes', source, ['--allow', 'FILE']),
          },
        ]
      : []),
    { why: 'where a connection goes, and why', command: commandOn('why', source, ['ADDRESS:PORT']) },
    { why: 'each setting, each rule and its reason', command: commandOn('explain', source, []) },
  ];
}

/** All that lint says of the files of what was asked about; it takes them whole, and nothing of one workload. */
export function lintCommand({ source, given }: CheckedSource): string {
  const { chosen, manifests, release, cluster } = given;
  const named = chosen?.files ?? (source === undefined ? [] : [source]);
  const { installer, values, imageReleases } = manifests ?? NO_MANIFEST_OPTIONS;
  const kept = { ...NO_MANIFEST_OPTIONS, values, imageReleases, ...(installer === undefined ? {} : { installer }) };
  const options = { ...NO_OPTIONS, manifests: kept, cluster: usedAccess(named, cluster), ...(release === undefined ? {} : { release }) };
  return programCommand('lint', ...named, ...optionsOf(options));
}

const NO_OPTIONS: Pick<PlanOptions, 'sets' | 'env' | 'addresses' | 'nameservers'> = { sets: [], env: [], addresses: [], nameservers: [] };
