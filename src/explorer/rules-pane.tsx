/** The middle pane: the rules, each with its reason; those that the packet met are marked. */

import type { Answer, ShownRule, ShownStep } from './answer.ts';

interface PaneProps {
  readonly answer: Answer;
  /** The rule at which the reader stands. */
  readonly current: string;
  readonly choose: (rule: string) => void;
}

export function RulesPane({ answer, current, choose }: PaneProps) {
  const met = new Map(answer.way?.steps.filter(({ rule }) => rule !== '').map((step) => [step.rule, step]));
  return (
    <section aria-labelledby="rules-title" class="pane">
      <h2 id="rules-title">{answer.title}</h2>
      {answer.chains.map(({ title, rules }) => (
        <div key={title}>
          <h3>{title}</h3>
          <ol class="rules">
            {rules.map((rule) => (
              <Rule key={rule.id} rule={rule} met={met.get(rule.id)} current={rule.id === current} choose={choose} />
            ))}
          </ol>
        </div>
      ))}
    </section>
  );
}

const WORDS = { '✓': 'matched', '✗': 'not matched', '?': 'not known' } as const;

interface RuleProps {
  readonly rule: ShownRule;
  readonly met: ShownStep | undefined;
  readonly current: boolean;
  readonly choose: (rule: string) => void;
}

function Rule({ rule: { id, text, why, packets, settings }, met, current, choose }: RuleProps) {
  const mark = met === undefined || met.mark === '·' || met.mark === ' ' ? undefined : met.mark;
  return (
    <li class={`${mark === '✓' ? 'matched' : ''}${current ? ' current' : ''}`}>
      <button type="button" aria-current={current} title={settings.join(', ')} onClick={() => choose(id)}>
        {mark !== undefined && (
          <span class="mark" title={WORDS[mark]}>
            {mark}
          </span>
        )}
        <code>{text}</code>
        {packets !== '' && <small class="packets">{packets} packets</small>}
        {why !== '' && <small>{why}</small>}
        {current && met?.asides.map((aside) => <small key={aside}>{aside}</small>)}
      </button>
    </li>
  );
}
