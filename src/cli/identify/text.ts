/** An identification for people: one screen. */

import type { AmbientIdentification } from '../../istio/found/identify/ambient.ts';
import type { Answer } from '../../istio/found/identify.ts';
import { INJECTED_DEFAULTS } from '../../istio/kubernetes/ordinary-injection.ts';
import { onOneLine } from '../../istio/origin.ts';
import { spansText } from '../../istio/releases/spans-text.ts';
import { bodyParts } from '../diff/text.ts';
import type { Paint } from '../terminal/color.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import { unreadText } from '../terminal/unread.ts';
import { agentCommand, agentName, agentText, knobsText } from './agent-text.ts';
import type { Report } from './report.ts';
import type { DescribedSetting } from './words.ts';
import {
  assumedFactsText,
  commandText,
  describedFacts,
  describedSettings,
  ignoredRulesText,
  makerName,
  noAnswerText,
  untracedText,
  yamlText,
} from './words.ts';

const LABEL = 10;

/** The whole screen: the releases, then the settings in every form, then what is not certain. */
export function textForm(report: Report, paint: Paint, verbose: boolean): string {
  const [likeliest] = report.described;
  if (likeliest === undefined) return agentForm(report, paint);
  const { sidecar, commands, untraced, facts } = likeliest;
  const settings = describedSettings(likeliest);
  const usual = settings.filter(({ ordinary }) => ordinary === undefined);
  const several = commands.length > 1;
  const parts: readonly (readonly string[])[] = [
    [paint('heading', onOneLine(headline(report)))],
    ...(report.comparison === undefined ? [] : bodyParts(report.comparison, paint)),
    [
      ...labelled(paint, 'settings', settingLines(settings, likeliest.plan.release)),
      `${' '.repeat(LABEL)}${paint('aside', onOneLine(usualText(usual, verbose)))}`,
    ],
    labelled(paint, 'YAML', [
      ...yamlText(likeliest).trimEnd().split('\n'),
      ...sidecar.notInYaml.map(({ name, reason }) => `# not in YAML: ${onOneLine(`${name}: ${reason}`)}`),
    ]),
    [
      ...labelled(
        paint,
        'arguments',
        commands.flatMap((command) => [
          ...(several ? [paint('aside', `${spansText(command.releases)}:`)] : []),
          onOneLine(commandText(command)),
        ]),
      ),
      ...labelled(paint, 'pod', podLines(facts)),
    ],
    [
      ...labelled(paint, 'unknown', untracedText(untraced)),
      ...labelled(paint, 'not seen', report.notObserved.map(onOneLine)),
      ...labelled(paint, 'ignored', [...ignoredRulesText(report.setAside), ...ambientLines(report)].map(onOneLine)),
      ...labelled(paint, 'or', otherLines(report)),
    ],
  ];
  return paragraphs(parts);
}

/** The screen of what the node agent made, where there is no sidecar. */
function agentForm(report: Report, paint: Paint): string {
  return paragraphs(
    report.agent.flatMap((agent, index): readonly (readonly string[])[] => {
      const [likeliest, ...others] = agent.answers;
      if (likeliest === undefined) return [];
      return [
        [paint('heading', onOneLine(agentHeadline(report, agent)))],
        ...(agent.comparison === undefined ? [] : bodyParts(agent.comparison, paint)),
        [
          ...labelled(paint, 'knobs', [onOneLine(knobsText(likeliest))]),
          ...labelled(paint, 'made by', [`Istio's node agent${agent.where === 'host' ? NODE : ZTUNNEL}`]),
          ...labelled(paint, 'the same', [onOneLine(agentCommand(likeliest))]),
          ...labelled(
            paint,
            'or',
            others.map((other) => onOneLine(`${agentName(other, agent.where)}: ${knobsText(other)}`)),
          ),
          ...labelled(paint, 'not seen', index + 1 === report.agent.length ? report.notObserved.map(onOneLine) : []),
        ],
      ];
    }),
  );
}

const NODE = ': health checks of the kubelet to pods of the mesh get the address by which those know them';
const ZTUNNEL = ', for ztunnel: 15001 takes what the pod sends, 15006 what arrives in plain text, 15008 tunnels, 15053 DNS';

/** The answer for the node agent's rules in one line. */
export function agentHeadline(
  { name, outcome, unread }: Pick<Report, 'name' | 'outcome' | 'unread'>,
  agent: AmbientIdentification,
): string {
  const unknown = outcome === 'unknown' ? `not known: ${unreadText(unread)}; by what could be read ` : '';
  const count = agent.answers[0]?.releases.length ?? 0;
  const releases = agent.outcome === 'exact' && count > 1 ? ` (${count} releases)` : '';
  return `${name}: ${unknown}${agent.outcome === 'exact' ? 'exactly the rules of ' : ''}${agentText(agent)}${releases}`;
}

/** The defaults are of no interest until one looks for them. */
function usualText(usual: readonly DescribedSetting[], verbose: boolean): string {
  const texts = verbose ? usual.map(({ key, text }) => `${key} ${text}`).join('; ') : `${usual.length} settings (--verbose shows them)`;
  return `default: ${texts}`;
}

/** The answer in one line. */
export function headline({ name, outcome, answers, comparison, unread, beforeKnown }: Report): string {
  const [likeliest] = answers;
  if (likeliest === undefined) return name;
  const count = likeliest.differences.length;
  const differences = `${count} difference${count === 1 ? '' : 's'}`;
  const releases = `${makerName(likeliest)}${likeliest.releases.length === 1 ? '' : ` (${likeliest.releases.length} releases)`}`;
  if (outcome === 'unknown') {
    const read =
      count === 0
        ? `what could be read are exactly the rules of ${releases}`
        : `what could be read comes nearest to ${releases}, with ${differences}`;
    return `${name}: not known: ${unreadText(unread)}; ${read}`;
  }
  if (beforeKnown) return `${name}: older than Istio 1.0, which is not known here; nearest (-) is ${releases}, with ${differences}`;
  return comparison === undefined && outcome === 'exact'
    ? `${name}: exactly the rules of ${releases}`
    : `${name}: no release makes these rules; nearest (-) is ${releases}, with ${differences}`;
}

function labelled(paint: Paint, label: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => `${paint('heading', (index === 0 ? label : '').padEnd(LABEL))}${line}`.trimEnd());
}

function settingLines(settings: readonly DescribedSetting[], release: string): readonly string[] {
  const nonDefault = settings.filter(({ ordinary }) => ordinary !== undefined);
  if (nonDefault.length === 0) return [`${INJECTED_DEFAULTS} of ${release}`];
  return nonDefault.map(({ key, text, ordinary }) => onOneLine(`* ${key}: ${text}  (default: ${ordinary})`));
}

function podLines(facts: Answer['facts']): readonly string[] {
  const factWords = describedFacts(facts).join(' ');
  const madeUp = assumedFactsText(facts).join('; ');
  return factWords === '' ? [] : [madeUp === '' ? factWords : `${factWords}  (${madeUp})`];
}

function ambientLines({ ambient, native }: Report): readonly string[] {
  return ambient.length + native.length === 0
    ? []
    : [noAnswerText({ ambient, oversized: false, unread: [] }, native).split('; ').slice(1).join('; ')];
}

/** The other answers, in a line each. */
export function otherLines({ answers }: Report): readonly string[] {
  return answers.slice(1).map((answer) => {
    const nonDefault = describedSettings(answer).flatMap(({ key, text, ordinary }) => (ordinary === undefined ? [] : [`${key} ${text}`]));
    return onOneLine(`${makerName(answer)}, with ${nonDefault.length === 0 ? INJECTED_DEFAULTS : nonDefault.join('; ')}`);
  });
}
