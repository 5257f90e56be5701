/** A check for people: one screen. */

import { printedOtherwise } from '../../istio/advice/findings/printed.ts';
import { variableTexts } from '../../istio/arguments/printed-variables.ts';
import type { Answer } from '../../istio/found/identify.ts';
import { onOneLine } from '../../istio/origin.ts';
import { verdictText } from '../../istio/packets/verdict.ts';
import type { Observation } from '../../netfilter/observation.ts';
import { isSame } from '../diff/comparison.ts';
import { knobsText } from '../identify/agent-text.ts';
import { makerText, settingsText } from '../identify/maker-text.ts';
import type { Paint, Style } from '../terminal/color.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import { VERDICT_STYLES as CONNECTION_STYLES } from '../trace/verdict-styles.ts';
import { driftCounts, driftLines } from './drift-words.ts';
import { amountText } from './identity.ts';
import type { Report, Verdict } from './report.ts';
import { onePerKind, verdictOf } from './report.ts';
import { partlyApplied, runLines } from './run-lines.ts';
import { headline } from './verdict.ts';

/** Differences shown before the command that shows all. */
const MOST = 4;
const LABEL = 10;

const VERDICT_STYLES: Readonly<Record<Verdict, Style>> = {
  'as it should be': 'added',
  'no rules of Istio': 'heading',
  'not as it should be': 'removed',
  'not seen': 'removed',
  failed: 'removed',
};

/** The whole screen: the answer first, then what it rests on, then what to do next. */
export function textForm(report: Report, paint: Paint): string {
  const parts = [
    [paint(VERDICT_STYLES[verdictOf(report)], onOneLine(headline(report)))],
    failureLines(report, paint),
    ruleLines(report, paint),
    connectionLines(report, paint),
    ...(report.ruleSource?.run === undefined ? [findingLines(report, paint)] : []),
    [...unseenLines(report, paint), ...nextLines(report, paint)],
    machineLines(report, paint),
  ];
  return paragraphs(parts);
}

/** A label and what belongs to it, a line each. */
function labelled(paint: Paint, label: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => `${paint('heading', (index === 0 ? label : '').padEnd(LABEL))}${line}`);
}

function failureLines({ ruleSource }: Report, paint: Paint): readonly string[] {
  const failures = ruleSource?.run?.failures ?? [];
  const partly = failures.map(partlyApplied).find((one) => one !== undefined);
  return [
    ...failures.flatMap(runLines).flatMap(([label, text]) => labelled(paint, label, [onOneLine(text)])),
    ...labelled(paint, 'partly', partly === undefined ? [] : [partly]),
  ];
}

function ruleLines(report: Report, paint: Paint): readonly string[] {
  const { identified, drift, unreadable, ruleSource } = report;
  if (ruleSource?.run !== undefined) {
    const [nearest] = identified?.answers ?? [];
    return nearest === undefined
      ? labelled(paint, 'told', printedText(ruleSource.seen))
      : labelled(paint, 'wanted', [`${makerText(identified)}; ${amountText(report)}`, onOneLine(settingsText(nearest))]);
  }
  if (unreadable !== undefined) return [];
  const [likeliest] = identified?.answers ?? [];
  return [
    ...labelled(paint, 'rules', [`${makerText(identified)}; ${amountText(report)}`]),
    ...(likeliest === undefined
      ? agentLines(identified, paint)
      : labelled(paint, 'settings', [onOneLine(`${settingsText(likeliest)}${asPrinted(report, likeliest)}`)])),
    ...(identified?.beforeKnown === true && ruleSource !== undefined ? labelled(paint, 'told', printedText(ruleSource.seen)) : []),
    ...(drift === undefined ? [] : driftPart(report, paint)),
  ];
}

function agentLines(identified: Report['identified'], paint: Paint): readonly string[] {
  const likeliest = (identified?.agent ?? []).flatMap(({ answers }) => answers.slice(0, 1));
  return labelled(
    paint,
    'knobs',
    likeliest.map((answer) => onOneLine(knobsText(answer))),
  );
}

function asPrinted({ ruleSource }: Report, { plan }: Answer): string {
  const otherwise = ruleSource === undefined ? undefined : printedOtherwise({ seen: ruleSource.seen, made: plan });
  return otherwise?.length === 0 ? '; the log prints the same' : '';
}

/** What a log prints of the settings, where it shows no rule. */
function printedText({ variables }: Observation): readonly string[] {
  return variables === undefined ? [] : [onOneLine(`what it prints: ${variableTexts(variables).join(', ')}`)];
}

function driftPart({ drift }: Report, paint: Paint): readonly string[] {
  if (drift === undefined) return [];
  const { comparison, against, command } = drift;
  if (isSame(comparison)) return labelled(paint, 'drift', [onOneLine(`none, against ${against}`)]);
  const lines = driftLines(drift);
  const printed = lines
    .slice(0, MOST)
    .flatMap(({ what, text, more }) => [
      `${paint(what === 'extra' ? 'removed' : 'moved', what.padEnd(8))} ${onOneLine(text)}`,
      ...(more === undefined ? [] : [`${' '.repeat(9)}${paint('aside', onOneLine(more))}`]),
    ]);
  return labelled(paint, 'drift', [
    onOneLine(`${driftCounts(comparison)}, against ${against}`),
    ...printed,
    `${lines.length > MOST ? `and ${lines.length - MOST} more; ` : ''}all of it: ${command}`,
  ]);
}

function connectionLines({ connection }: Report, paint: Paint): readonly string[] {
  if (connection === undefined) return [];
  const { packet, verdict, taken, command } = connection;
  const answer = `${paint(CONNECTION_STYLES[verdict.id], onOneLine(verdictText(verdict)))} (simulated)`;
  return [
    ...labelled(paint, 'packet', [onOneLine(packet), answer]),
    ...labelled(paint, 'assumed', taken.map(onOneLine)),
    ...labelled(paint, 'rules', [`on its way: ${command}`]),
  ];
}

const SEVERITIES: Readonly<Record<string, Style>> = { error: 'removed', warning: 'moved', note: 'aside' };

function findingLines({ findings }: Report, paint: Paint): readonly string[] {
  return onePerKind(findings).flatMap(({ severity, text, fix, others }) => [
    `${paint(SEVERITIES[severity] ?? 'aside', severity.padEnd(LABEL))}${text}`,
    `${' '.repeat(LABEL)}${paint('aside', 'fix:')} ${fix}`,
    ...(others === 0 ? [] : [`${' '.repeat(LABEL)}and ${others} more of this kind (-o json has all)`]),
  ]);
}

function unseenLines({ unseen }: Report, paint: Paint): readonly string[] {
  return labelled(paint, 'not seen', unseen);
}

function nextLines({ nextCommands }: Report, paint: Paint): readonly string[] {
  return labelled(
    paint,
    'next',
    nextCommands.flatMap(({ why, command }) => [`${why}:`, `  ${command}`]),
  );
}

function machineLines({ machine }: Report, paint: Paint): readonly string[] {
  if (machine === undefined) return [];
  return [
    paint('heading', 'this machine'),
    ...machine.flatMap(({ topic, state, text, fix }, index) => [
      `  ${paint(state === 'ok' ? 'added' : 'moved', state.padEnd(5))} ${topic.padEnd(15)} ${onOneLine(text)}`,
      // One cause shows in several places; its remedy is said once.
      ...(fix === undefined || machine.slice(0, index).some((before) => before.fix === fix)
        ? []
        : [`${' '.repeat(24)}${paint('aside', 'fix:')} ${onOneLine(fix)}`]),
    ]),
  ];
}
