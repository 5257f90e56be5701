/** `explain` of rules that were found: who made them, and why each is there, with what the kernel has counted. */

import { DRAWING_FORMS } from '../../drawing/forms.ts';
import { API_VERSION } from '../../istio/api-version.ts';
import { agentRules } from '../../istio/found/identify/ambient.ts';
import { identify } from '../../istio/found/identify.ts';
import { rulesMadeBy } from '../../istio/found/reasons.ts';
import { fileText, onOneLine } from '../../istio/origin.ts';
import { drawRules } from '../../istio/pictures/view.ts';
import { writeYaml } from '../../istio/yaml.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES, FAMILY_NAMES } from '../../netfilter/family.ts';
import { printRule } from '../../netfilter/print.ts';
import type { Chain, Rule } from '../../netfilter/rule.ts';
import { knownCounters } from '../../netfilter/rule.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import { observedView } from '../../sources/rules-text.ts';
import { knobsText } from '../identify/agent-text.ts';
import { makerText, settingsText } from '../identify/maker-text.ts';
import type { Result } from '../result.ts';
import type { Paint } from '../terminal/color.ts';
import { cellCode, escaped } from '../terminal/markdown.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import type { ExplainFormName } from './forms.ts';

interface FoundRule extends Pick<Rule, 'line' | 'counters'> {
  readonly text: string;
  /** Undefined where no rule of the maker is like it. */
  readonly because?: string;
  readonly settings: readonly string[];
}

interface FoundChain extends Pick<Chain, 'policy' | 'counters'> {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  readonly rules: readonly FoundRule[];
}

interface FoundRules {
  readonly name: string;
  readonly maker: string;
  readonly settings?: string;
  readonly chains: readonly FoundChain[];
}

/** The rules with their reasons, printed. */
export function explainFound(ruleSource: RuleSource, form: ExplainFormName, paint: Paint): Result {
  const found = foundRules(ruleSource);
  return { output: FORMS[form](found, paint, ruleSource), form, problems: ruleSource.problems, notes: ruleSource.notes, exitCode: 0 };
}

function foundRules({ name, seen }: RuleSource): FoundRules {
  const identified = identify(seen);
  const [likeliest] = identified.answers;
  const ruleOf = rulesMadeBy(likeliest?.plan ?? agentRules(identified.agent));
  const knobs = likeliest === undefined ? identified.agent.flatMap(({ answers }) => answers.slice(0, 1)).map(knobsText) : [];
  const chains = FAMILIES.flatMap((family) =>
    seen[family].tables.flatMap(({ name: table, chains: all }) =>
      all
        .filter(({ rules }) => rules.length > 0)
        .map(
          (chain): FoundChain => ({
            ...{ family, table, chain: chain.name, policy: chain.policy },
            ...(chain.counters && { counters: chain.counters }),
            rules: chain.rules.map((rule) => foundRule(rule, ruleOf({ table, chain: chain.name, rule }))),
          }),
        ),
    ),
  );
  return {
    name: fileText(name),
    maker: makerText(identified),
    ...(likeliest === undefined ? {} : { settings: settingsText(likeliest) }),
    ...(knobs.length === 0 ? {} : { settings: knobs.join('; ') }),
    chains,
  };
}

function foundRule(rule: Rule, made: Rule | undefined): FoundRule {
  const { line } = rule;
  const counters = knownCounters(rule);
  return {
    text: printRule(rule),
    ...(line === undefined ? {} : { line }),
    ...(counters === undefined ? {} : { counters }),
    ...(made?.because === undefined ? {} : { because: made.because.text }),
    settings: made?.because?.settings ?? [],
  };
}

type Form = (found: FoundRules, paint: Paint, ruleSource: RuleSource) => string;

const FORMS: Readonly<Record<ExplainFormName, Form>> = {
  table: textOf,
  json: (found) => `${JSON.stringify(documentOf(found), null, 2)}\n`,
  yaml: (found) => writeYaml(documentOf(found)),
  markdown: markdownOf,
  svg: drawn('svg'),
  mermaid: drawn('mermaid'),
  dot: drawn('dot'),
};

function drawn(form: keyof typeof DRAWING_FORMS): Form {
  return (_, __, ruleSource) => {
    const { answers, agent } = identify(ruleSource.seen);
    const view = observedView(ruleSource, answers[0]?.plan ?? agentRules(agent));
    const full = FAMILIES.filter((family) => view.rules[family].tables.length > 0);
    return DRAWING_FORMS[form](drawRules(view, full, view.name));
  };
}

function textOf(found: FoundRules, paint: Paint): string {
  return paragraphs([
    [
      paint('heading', onOneLine(`${found.name}: ${found.maker}`)),
      ...(found.settings === undefined ? [] : [onOneLine(`settings: ${found.settings}`)]),
      ...(isCounted(found) ? ['before each rule: the packets that the kernel has counted there'] : []),
    ],
    ...found.chains.map((chain) => chainLines(chain, paint)),
  ]);
}

function isCounted({ chains }: FoundRules): boolean {
  return chains.some(({ rules }) => rules.some(({ counters }) => counters !== undefined));
}

function chainLines(chain: FoundChain, paint: Paint): readonly string[] {
  const counts = chain.rules.map(({ counters }) => (counters === undefined ? '' : String(counters.packets)));
  const width = Math.max(0, ...counts.map(({ length }) => length));
  return [
    paint('heading', onOneLine(`${FAMILY_NAMES[chain.family]} ${chain.table} ${chain.chain}${policyText(chain)}`)),
    ...chain.rules.flatMap((rule, index) => [
      `  ${width === 0 ? '' : `${(counts[index] ?? '').padStart(width)}  `}${onOneLine(rule.text)}`,
      `${' '.repeat(6 + (width === 0 ? 0 : width + 2))}${paint(rule.because === undefined ? 'moved' : 'aside', onOneLine(reasonText(rule)))}`,
    ]),
  ];
}

function policyText({ policy, counters }: FoundChain): string {
  if (policy === undefined || policy === 'unknown' || policy === '-') return '';
  return ` (policy ${policy}${counters === undefined ? '' : `, ${counters.packets} packets`})`;
}

function reasonText({ because, settings, line }: FoundRule): string {
  const at = line === undefined ? '' : `line ${line}: `;
  if (because === undefined) return `${at}no rule of this release is like it`;
  return `${at}${because}${settings.length === 0 ? '' : ` (${settings.join(', ')})`}`;
}

function markdownOf(found: FoundRules): string {
  const rows = found.chains.flatMap((chain) =>
    chain.rules.map((rule) => {
      const cells = [
        escaped(`${FAMILY_NAMES[chain.family]} ${chain.table} ${chain.chain}`),
        cellCode(rule.text),
        rule.counters === undefined ? '' : String(rule.counters.packets),
        escaped(onOneLine(reasonText(rule))),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  );
  return paragraphs([
    [`### ${escaped(onOneLine(`${found.name}: ${found.maker}`))}`],
    ['| chain | rule | packets | because |', '|---|---|---|---|', ...rows],
  ]);
}

/** The document. Within one apiVersion keys are added, never renamed or removed. */
function documentOf({ name, maker, settings, chains }: FoundRules): object {
  return {
    apiVersion: API_VERSION,
    kind: 'RulesExplanation',
    source: name,
    maker,
    ...(settings === undefined ? {} : { settings }),
    rules: chains.flatMap(({ family, table, chain, rules }) =>
      rules.map(({ text, line, counters, because, settings: causes }) => ({
        family,
        table,
        chain,
        text,
        ...(line === undefined ? {} : { line }),
        ...(counters === undefined ? {} : { packets: Number(counters.packets), bytes: Number(counters.bytes) }),
        ...(because === undefined ? {} : { because, settings: causes }),
      })),
    ),
  };
}
