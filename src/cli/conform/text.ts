/** A conformance run for people: which release, then each difference. */

import { onOneLine } from '../../istio/origin.ts';
import { spansText } from '../../istio/releases/spans-text.ts';
import { FAMILY_NAMES } from '../../netfilter/family.ts';
import { quoteForPasting } from '../../netfilter/words.ts';
import type { Paint } from '../terminal/color.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import type { ConformReport, ReportedDeviation } from './report.ts';
import { byBackend, exitText, runName } from './report.ts';

export function textForm(report: ConformReport, paint: Paint): string {
  const held = report.nearest.at(-1);
  if (held === undefined) return `${onOneLine(report.program.join(' '))}: no case says what a release does\n`;
  const backends = byBackend(report, held.release).map(
    ({ backend, equal, compared }) => `  ${backend.padEnd(8)}${equal} of ${compared} runs are equal`,
  );
  return paragraphs([
    [paint(report.deviations.length === 0 ? 'added' : 'removed', headline(report)), ...backends],
    ...report.deviations.map((one) => deviationLines(one, held.release, paint)),
  ]);
}

/** `pilot-agent istio-iptables equals Istio 1.30.3 in all 464 runs`. */
function headline({ program, nearest, deviations, isGiven }: ConformReport): string {
  const held = nearest.at(-1);
  const name = onOneLine(program.join(' '));
  if (held === undefined) return name;
  const others = nearest.slice(0, -1).map(({ release }) => release);
  const also = others.length === 0 ? '' : `, and as well ${spansText(others)}`;
  if (deviations.length === 0) return `${name} equals Istio ${held.release}${also} in all ${held.compared} runs`;
  const differs = `${deviations.length} of ${held.compared} runs`;
  return isGiven
    ? `${name} differs from Istio ${held.release} in ${differs}`
    : `${name} comes nearest to Istio ${held.release}${also}, and differs in ${differs}`;
}

function deviationLines(one: ReportedDeviation, release: string, paint: Paint): readonly string[] {
  const { golden, result, differences } = one;
  const exit = exitText(one);
  const env = Object.entries(golden.env).map(([name, value]) => `${name}=${quoteForPasting(value)}`);
  const mark = (origin: 'istio' | 'program', text: string): string =>
    origin === 'istio' ? paint('removed', `  - ${onOneLine(text)}`) : paint('added', `  + ${onOneLine(text)}`);
  return [
    paint('heading', runName(one)),
    `  ${onOneLine([...env, 'istio-iptables', ...golden.args.map(quoteForPasting)].join(' '))}`,
    ...(exit === undefined ? [`  - Istio ${release}, + this program`] : [`  ${exit}`]),
    ...(exit === undefined || result.message === '' ? [] : [paint('aside', `  ${onOneLine(result.message.split('\n').at(-1) ?? '')}`)]),
    ...differences.stores.flatMap(({ store, rules, packets }) => [
      ...rules.map(({ side: origin, family, text }) => mark(origin, `${store} ${FAMILY_NAMES[family]} ${text}`)),
      ...packets.map(({ words, left, right }) => `  ${onOneLine(words)}: ${left.words}; here ${right.words}`),
    ]),
    ...differences.outside.map(({ side: origin, text }) => mark(origin, text)),
  ];
}
