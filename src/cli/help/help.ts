/** `help`: all commands by what people come for, one command, or what many commands share. */

import type { CommandModule } from 'yargs';
import { badOption } from '../../istio/bad-option.ts';
import { nearest, quoted } from '../../istio/problems.ts';
import { NEWEST, OLDEST } from '../../istio/releases/known.ts';
import { describedCommand } from '../described.ts';
import { SETTINGS_OPTIONS, SOURCES } from '../options.ts';
import { programName } from '../program-name.ts';
import { hanging, wrapped } from '../terminal/wrap.ts';
import { commandHelp, exampleLines, groupsOf, optionLines, part } from './command-help.ts';
import { pairLines } from './pairs.ts';

/** Commands under the task that they are for. */
export type Tasks = Readonly<Record<string, readonly CommandModule[]>>;

/** One example of each kind of question. */
const EXAMPLES: readonly (readonly [string, string])[] = [
  ['$0 ticket.txt', 'whose rules, and are they well'],
  ['$0 check', 'the same of the pod or machine here'],
  ['kubectl logs POD -c istio-init | $0', 'the same of a log'],
  ['$0 why pod.yaml 10.0.0.5:3306', 'where a connection goes, and why'],
  ['$0 diff @1.20 @1.28 --by packets', 'what an upgrade changes'],
  ['$0 escapes manifests/', 'what bypasses the proxy'],
  ['$0 lint manifests/', 'settings without effect, and why'],
  ['$0 preview -f pod.yaml --explain', 'the rules of a pod, with reasons'],
];

const SETTINGS = 'settings';

/**
 * The text of help about `topic`: a command, `settings`, or nothing for all. `elsewhere` says where the other commands are,
 * if there are some. Throws a ProblemError for any other word.
 */
export function helpText(topic: string | undefined, tasks: Tasks, columns: number, elsewhere?: string): string {
  if (topic === undefined) return textOf(overview(tasks, columns, elsewhere));
  if (topic === SETTINGS) return textOf(settingsHelp(columns));
  const commands = Object.values(tasks).flat().map(describedCommand);
  const found = commands.find(({ name, aliases }) => name === topic || aliases.includes(topic));
  if (found !== undefined) return textOf(commandHelp(found, columns));
  const topics = [...commands.map(({ name }) => name), SETTINGS];
  throw badOption('help', `${quoted(topic)} is not one of ${topics.join(', ')}${nearest(topic, topics)}`);
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function overview(tasks: Tasks, columns: number, elsewhere: string | undefined): readonly string[] {
  return [
    ...wrapped(`The iptables rules that Istio makes for a sidecar, of any release from ${OLDEST} to ${NEWEST}.`, columns),
    '',
    ...(elsewhere === undefined
      ? [
          `  ${programName()} COMMAND [SOURCE] [OPTION...]`,
          ...hanging(`  ${programName()} SOURCE  `, 'checks anything: rules, a log, a manifest, a page', columns),
        ]
      : [`  ${programName()} COMMAND [OPTION...]`]),
    ...Object.entries(tasks).flatMap(([task, commands]) =>
      part(
        task,
        pairLines(
          commands.map(describedCommand).map(({ name, about }) => [name, about] as const),
          columns,
          columns,
        ),
      ),
    ),
    ...(elsewhere === undefined
      ? [...part('Examples', exampleLines(EXAMPLES, columns)), '', ...wrapped(`SOURCE: ${SOURCES}.`, columns)]
      : ['', ...wrapped(elsewhere, columns)]),
    ...wrapped(`More: ${programName()} help COMMAND, ${programName()} help settings, istio-init istio-iptables --help.`, columns),
  ];
}

function settingsHelp(columns: number): readonly string[] {
  return [
    ...wrapped(
      "Settings come from files, from --set, or behind -- as arguments of istio-iptables. Without any: the injector's defaults.",
      columns,
    ),
    ...groupsOf(Object.entries(SETTINGS_OPTIONS)).flatMap(([group, options]) => part(group, optionLines(options, columns))),
    '',
    ...wrapped('All keys of --set: docs/settings.md. All that --values takes: docs/values.md.', columns),
  ];
}
