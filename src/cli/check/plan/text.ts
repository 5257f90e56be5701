/** A check of a manifest for people: the answer, what its pods will get, what that leaves uncaught, what is wrong, what to ask next. */

import type { Diagnostic } from '../../../istio/advice/lint.ts';
import { onOneLine, printSource } from '../../../istio/origin.ts';
import { verdictText } from '../../../istio/packets/verdict.ts';
import { FAMILY_NAMES } from '../../../netfilter/family.ts';
import type { Paint, Style } from '../../terminal/color.ts';
import { paragraphs } from '../../terminal/paragraphs.ts';
import { VERDICT_STYLES } from '../../trace/verdict-styles.ts';
import { outcomeText } from '../../workloads/words.ts';
import type { PlanReport } from './report.ts';
import { failingDiagnostics } from './report.ts';

const LABEL = 10;

/** Escapes, and diagnostics, that are shown before the command that shows all. */
const MOST = 5;

export function textForm(report: PlanReport, paint: Paint): string {
  return paragraphs([
    [paint(styleOf(report), headline(report))],
    planLines(report, paint),
    escapeLines(report, paint),
    connectionLines(report, paint),
    diagnosticLines(report, paint),
    nextLines(report, paint),
  ]);
}

function styleOf(report: PlanReport): Style {
  return failingDiagnostics(report).length > 0 ? 'removed' : report.without !== undefined || report.escapes.length > 0 ? 'moved' : 'added';
}

/** `Deployment shop/orders: its TCP will be captured, but for 2 kinds of connections; 1 warning`. */
export function headline(report: PlanReport): string {
  return onOneLine(`${report.name}: ${answerText(report)}`);
}

/** The same without the name. */
export function answerText(report: PlanReport): string {
  const count = (severity: string): readonly string[] => {
    const { length } = report.diagnostics.filter((one) => one.severity === severity);
    return length === 0 ? [] : [`${length} ${severity}${length === 1 ? '' : 's'}`];
  };
  return [capturedText(report), ...count('error'), ...count('warning')].join('; ');
}

function capturedText({ without, escapes, unknown, found }: PlanReport): string {
  // Whose it is stands before it.
  if (without !== undefined) return without.replace(/^[A-Z]\w* \S+ /, '').replace(/^is not made: /, 'its pods are refused: ');
  if (unknown !== undefined) return `unknown: ${unknown}`;
  const captured = found ? 'its TCP is captured' : 'its TCP will be captured';
  if (escapes.length === 0) return captured;
  return `${captured}, but for ${escapes.length === 1 ? 'one kind' : `${escapes.length} kinds`} of connections`;
}

/** Mode, families, and what a default pod of the release does not have. */
export function settingsOf({ plan }: PlanReport): string {
  return outcomeText({ kind: 'rules', plan }, { details: [] });
}

function labelled(paint: Paint, label: string, text: string, style: Style = 'heading'): string {
  return `${paint(style, label.padEnd(LABEL))}${onOneLine(text)}`;
}

function planLines(report: PlanReport, paint: Paint): readonly string[] {
  const { how, without } = report;
  return [
    ...(how === '' || without !== undefined ? [] : [labelled(paint, 'manifest', how)]),
    ...(without === undefined ? [labelled(paint, 'settings', settingsOf(report).replaceAll(',', ', ').replaceAll(',  ', ', '))] : []),
  ];
}

function escapeLines({ escapes, whole }: PlanReport, paint: Paint): readonly string[] {
  const printed = escapes
    .slice(0, MOST)
    .flatMap(({ direction, family, words, why, verdict }) => [
      labelled(
        paint,
        'uncaught',
        `${direction}, ${FAMILY_NAMES[family]}: ${words}${verdict === 'unknown' ? ' (not known whether it is caught)' : ''}`,
        'moved',
      ),
      `${' '.repeat(LABEL)}${paint('aside', onOneLine(why))}`,
    ]);
  return [...printed, ...moreLine(escapes.length, whole.escapes)];
}

function moreLine(length: number, command: string): readonly string[] {
  return length <= MOST ? [] : [`${' '.repeat(LABEL)}and ${length - MOST} more: ${onOneLine(command)}`];
}

function connectionLines({ connection }: PlanReport, paint: Paint): readonly string[] {
  if (connection === undefined) return [];
  const { packet, verdict, taken } = connection;
  return [
    labelled(paint, 'packet', packet),
    `${' '.repeat(LABEL)}${paint(VERDICT_STYLES[verdict.id], onOneLine(verdictText(verdict)))} (simulated)`,
    ...taken.map((text) => labelled(paint, 'assumed', text)),
  ];
}

const SEVERITIES: Readonly<Record<Diagnostic['severity'], Style>> = { error: 'removed', warning: 'moved', note: 'aside' };

function diagnosticLines({ diagnostics, whole }: PlanReport, paint: Paint): readonly string[] {
  const printed = diagnostics
    .slice(0, MOST)
    .flatMap(({ severity, source, text, fix, code }) => [
      labelled(paint, severity, `${printSource(source)} ${text}`, SEVERITIES[severity]),
      ...(fix === undefined ? [] : [`${' '.repeat(LABEL)}fix: ${fix}`]),
      `${' '.repeat(LABEL)}${paint('aside', `more of it: istio-init lint --explain ${code}`)}`,
    ]);
  return [...printed, ...moreLine(diagnostics.length, whole.lint)];
}

function nextLines({ nextCommands }: PlanReport, paint: Paint): readonly string[] {
  return nextCommands.flatMap(({ why, command }, index) => [
    labelled(paint, index === 0 ? 'next' : '', `${why}:`),
    `${' '.repeat(LABEL)}  ${onOneLine(command)}`,
  ]);
}
