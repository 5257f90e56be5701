/** A check for a ticket. */

import { isSame } from '../diff/comparison.ts';
import { code, fenced } from '../diff/markdown.ts';
import { bodyParts } from '../diff/text.ts';
import { headingOf } from '../diff/words.ts';
import { makerText, settingsText } from '../identify/maker-text.ts';
import { plain } from '../terminal/color.ts';
import { verdictText } from '../trace/verdict-text.ts';
import { driftCounts } from './drift-words.ts';
import { amountText } from './identity.ts';
import type { Report } from './report.ts';
import { firstOfEach } from './report.ts';
import { runLines } from './run-lines.ts';
import { headline } from './verdict.ts';

/** The answer, what it rests on as a list, the drift as a block that is shown as a diff, findings, and what to do next. */
export function markdownForm(report: Report): string {
  const parts = [
    [`### ${plainText(headline(report))}`],
    summary(report),
    report.ruleSource?.run === undefined ? driftBlock(report) : [],
    firstOfEach(report.ruleSource?.run === undefined ? report.findings : []).map(({ severity, text, fix, others }) => {
      const more = others === 0 ? '' : `  \n  and ${others} more of this kind`;
      return `- **${severity}**: ${plainText(text)}  \n  fix: ${plainText(fix)}${more}`;
    }),
    titled(
      'Not seen',
      report.unseen.map((text) => `- ${plainText(text)}`),
    ),
    titled(
      'Next',
      report.nextCommands.map(({ why, command }) => `- ${plainText(why)}: ${code(command)}`),
    ),
    machineTable(report),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function summary(report: Report): readonly string[] {
  const { identified, drift, connection, unreadable, ruleSource } = report;
  if (unreadable !== undefined) return [];
  if (ruleSource?.run !== undefined)
    return ruleSource.run.failures.flatMap(runLines).map(([label, text]) => `- ${label}: ${plainText(text)}`);
  const [likeliest] = identified?.answers ?? [];
  const against = drift === undefined ? '' : `, against ${drift.against}`;
  return [
    `- rules: ${plainText(`${makerText(identified)}; ${amountText(report)}`)}`,
    ...(likeliest === undefined ? [] : [`- settings: ${plainText(settingsText(likeliest))}`]),
    ...(connection === undefined ? [] : [`- ${plainText(`${connection.packet} (simulated): ${verdictText(connection.verdict)}`)}`]),
    ...(drift === undefined ? [] : [`- drift: ${plainText(`${driftCounts(drift.comparison) || 'none'}${against}`)}`]),
  ];
}

function driftBlock({ drift }: Report): readonly string[] {
  if (drift === undefined || isSame(drift.comparison)) return [];
  const { comparison } = drift;
  const body = bodyParts(comparison, plain).flatMap((part, index) => (index === 0 ? part : ['', ...part]));
  return [
    ...fenced('diff', [`--- ${headingOf(comparison.left)}`, `+++ ${headingOf(comparison.right)}`, '', ...body]),
    '',
    `All of it: ${code(drift.command)}`,
  ];
}

function machineTable({ machine }: Report): readonly string[] {
  if (machine === undefined) return [];
  const rows = machine.map(({ topic, state, text, fix }) => {
    const cell = plainText(`${text}${fix === undefined ? '' : `; fix: ${fix}`}`);
    return `| ${state === 'ok' ? 'ok' : '**warn**'} | ${topic} | ${cell} |`;
  });
  return titled('This machine', ['| | | |', '|---|---|---|', ...rows]);
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`**${title}**`, '', ...lines];
}

/** Text in which nothing is markup. */
function plainText(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&');
}
