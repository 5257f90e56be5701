/** An identification for a ticket. */

import { onOneLine } from '../../istio/origin.ts';
import { spansText } from '../../istio/releases/spans-text.ts';
import { bodyParts } from '../diff/text.ts';
import { plain } from '../terminal/color.ts';
import { code, escaped, fenced, fencedParts } from '../terminal/markdown.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import { agentCommand, knobsText } from './agent-text.ts';
import type { Report } from './report.ts';
import { agentHeadline, headline, otherLines } from './text.ts';
import {
  assumedFactsText,
  commandText,
  describedFacts,
  describedSettings,
  ignoredRulesText,
  noAnswerText,
  untracedText,
  yamlText,
} from './words.ts';

/** The releases as the heading, the settings in every form, and what is not certain. */
export function markdownForm(report: Report): string {
  const [likeliest] = report.described;
  if (likeliest === undefined && report.agent.length > 0) return agentMarkdown(report);
  if (likeliest === undefined) return `### ${escaped(`${report.name}: ${noAnswerText(report, report.native)}`)}\n`;
  const { sidecar, commands, untraced, facts } = likeliest;
  const rows = describedSettings(likeliest).map(({ key, text, ordinary }) =>
    ordinary === undefined ? `| ${key} | ${escaped(text)} | |` : `| **${key}** | **${escaped(text)}** | ${escaped(ordinary)} |`,
  );
  const body = report.comparison === undefined ? [] : bodyParts(report.comparison, plain);
  const parts: readonly (readonly string[])[] = [
    [`### ${escaped(headline(report))}`],
    fencedParts('diff', body),
    ['| setting | value | default |', '|---|---|---|', ...rows],
    fenced('yaml', yamlText(likeliest).trimEnd().split('\n')),
    fenced(
      'sh',
      commands.flatMap((command) => [...(commands.length > 1 ? [`# ${spansText(command.releases)}`] : []), commandText(command)]),
    ),
    [
      ...describedFacts(facts).map((fact) => `- of the pod: ${code(fact)}`),
      ...assumedFactsText(facts).map((text) => `- of the pod: ${text}`),
      ...sidecar.notInYaml.map(({ name, reason }) => `- not in YAML: ${escaped(`${name}: ${reason}`)}`),
      ...untracedText(untraced).map((text) => `- unknown: ${escaped(text)}`),
      ...report.notObserved.map((text) => `- not seen: ${escaped(text)}`),
      ...ignoredRulesText(report.setAside).map((text) => `- ignored: ${escaped(text)}`),
      ...otherLines(report).map((text) => `- or: ${escaped(text)}`),
    ],
  ];
  return paragraphs(parts);
}

/** The same of what the node agent made. */
function agentMarkdown(report: Report): string {
  return paragraphs(
    report.agent.flatMap((agent) => {
      const [likeliest] = agent.answers;
      if (likeliest === undefined) return [];
      const body = agent.comparison === undefined ? [] : bodyParts(agent.comparison, plain);
      return [
        [`### ${escaped(onOneLine(agentHeadline(report, agent)))}`],
        fencedParts('diff', body),
        [`- knobs: ${code(knobsText(likeliest))}`, `- the same: ${code(agentCommand(likeliest))}`],
      ];
    }),
  );
}
