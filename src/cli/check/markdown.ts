/** A check for a ticket. */

import { verdictText } from '../../istio/packets/verdict.ts';
import { isSame } from '../diff/comparison.ts';
import { bodyParts } from '../diff/text.ts';
import { headingOf } from '../diff/words.ts';
import { makerText, settingsText } from '../identify/maker-text.ts';
import { plain } from '../terminal/color.ts';
import { code, escaped, fenced, joinedParts } from '../terminal/markdown.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import { driftCounts } from './drift-words.ts';
import { amountText } from './identity.ts';
import type { Report } from './report.ts';
import { onePerKind } from './report.ts';
import { runLines } from './run-lines.ts';
import { headline } from './verdict.ts';

/** The answer, what it rests on as a list, the drift as a block that is shown as a diff, findings, and what to do next. */
export function markdownForm(report: Report): string {
  const parts = [
    [`### ${escaped(headline(report))}`],
    summary(report),
    report.ruleSource?.run === undefined ? driftBlock(report) : [],
    onePerKind(report.ruleSource?.run === undefined ? report.findings : []).map(({ severity, text, fix, others }) => {
      const more = others === 0 ? '' : `  \n  and ${others} more of this kind`;
      return `- **${severity}**: ${escaped(text)}  \n  fix: ${escaped(fix)}${more}`;
    }),
    titled(
      'Not seen',
      report.unseen.map((text) => `- ${escaped(text)}`),
    ),
    titled(
      'Next',
      report.nextCommands.map(({ why, command }) => `- ${escaped(why)}: ${code(command)}`),
    ),
    machineTable(report),
  ];
  return paragraphs(parts);
}

function summary(report: Report): readonly string[] {
  const { identified, drift, connection, unreadable, ruleSource } = report;
  if (unreadable !== undefined) return [];
  if ((ruleSource?.run?.failures.length ?? 0) > 0)
    return (ruleSource?.run?.failures ?? []).flatMap(runLines).map(([label, text]) => `- ${label}: ${escaped(text)}`);
  const [likeliest] = identified?.answers ?? [];
  const against = drift === undefined ? '' : `, against ${drift.against}`;
  return [
    `- rules: ${escaped(`${makerText(identified)}; ${amountText(report)}`)}`,
    ...(likeliest === undefined ? [] : [`- settings: ${escaped(settingsText(likeliest))}`]),
    ...(connection === undefined ? [] : [`- ${escaped(`${connection.packet} (simulated): ${verdictText(connection.verdict)}`)}`]),
    ...(drift === undefined ? [] : [`- drift: ${escaped(`${driftCounts(drift.comparison) || 'none'}${against}`)}`]),
  ];
}

function driftBlock({ drift }: Report): readonly string[] {
  if (drift === undefined || isSame(drift.comparison)) return [];
  const { comparison } = drift;
  return [
    ...fenced('diff', [
      `--- ${headingOf(comparison.left)}`,
      `+++ ${headingOf(comparison.right)}`,
      '',
      ...joinedParts(bodyParts(comparison, plain)),
    ]),
    '',
    `All of it: ${code(drift.command)}`,
  ];
}

function machineTable({ machine }: Report): readonly string[] {
  if (machine === undefined) return [];
  const rows = machine.map(({ topic, state, text, fix }) => {
    const cell = escaped(`${text}${fix === undefined ? '' : `; fix: ${fix}`}`);
    return `| ${state === 'ok' ? 'ok' : '**warn**'} | ${topic} | ${cell} |`;
  });
  return titled('This machine', ['| | | |', '|---|---|---|', ...rows]);
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`**${title}**`, '', ...lines];
}
