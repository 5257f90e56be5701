/** The forms of a check of a manifest: one table, with the words of the other checks. */

import { API_VERSION } from '../../../istio/api-version.ts';
import { printSource } from '../../../istio/origin.ts';
import type { Paint } from '../../terminal/color.ts';
import { plain } from '../../terminal/color.ts';
import { escaped, fenced } from '../../terminal/markdown.ts';
import type { CheckFormName } from '../forms.ts';
import type { PlanReport } from './report.ts';
import { exitCodeOf, failingDiagnostics } from './report.ts';
import { headline, settingsOf, textForm } from './text.ts';

export const PLAN_FORMS: Readonly<Record<CheckFormName, (report: PlanReport, paint: Paint) => string>> = {
  text: textForm,
  json: (report) => `${JSON.stringify(planReportDocument(report), null, 2)}\n`,
  markdown: (report) => {
    const [, ...lines] = textForm(report, plain).trimEnd().split('\n');
    return `### ${escaped(headline(report))}\n\n${fenced('text', lines.slice(1)).join('\n')}\n`;
  },
};

/** The document. Within one apiVersion keys are added, never renamed or removed. */
function planReportDocument(report: PlanReport): object {
  const { name, how, found, plan, without, escapes, unknown, diagnostics, connection, nextCommands } = report;
  return {
    apiVersion: API_VERSION,
    kind: 'CheckReport',
    source: name,
    verdict: failingDiagnostics(report).length > 0 ? 'not as it should be' : 'as it should be',
    exitCode: exitCodeOf(report),
    plan: {
      release: plan.release,
      injected: found,
      how,
      settings: settingsOf(report),
      ...(without === undefined ? {} : { without }),
    },
    ...(unknown === undefined ? {} : { unknown }),
    escapes: escapes.map(({ direction, family, words, verdict, why, example }) => ({ direction, family, words, verdict, why, example })),
    findings: diagnostics.map(({ source, ...rest }) => ({ ...rest, place: printSource(source) })),
    ...(connection === undefined ? {} : { connection }),
    notSeen: [],
    again: nextCommands,
  };
}
