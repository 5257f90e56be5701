/** The middle pane: the rules, each with its reason; those that the packet met are marked. */

import { useEffect, useState } from 'preact/hooks';
import type { ChainView, RuleView } from '../answer/chains.ts';
import type { StepView } from '../answer/path-views.ts';
import type { Highlight, PaneProps } from './pane-props.ts';

interface RulesProps extends Pick<PaneProps, 'answer'> {
  readonly looking: Highlight;
}

export function RulesPane({ answer: { title, chains, path }, looking }: RulesProps) {
  const met = new Map(path?.steps.filter(({ rule }) => rule !== '').map((step) => [step.rule, step]));
  useEffect(() => document.querySelector('.rules .current')?.scrollIntoView({ block: 'nearest' }), [looking.current]);
  return (
    <section aria-labelledby="rules-title" class="pane rules-pane">
      <h2 id="rules-title" class="head">
        {title}
      </h2>
      {chains.length === 0 && title !== '' && (
        <p class="empty">There are no rules here. What is wrong stands on the left, with its line.</p>
      )}
      {chains.map((chain) => (
        <Chain key={`${chain.table} ${chain.name}`} chain={chain} met={met} looking={looking} />
      ))}
    </section>
  );
}

// More rows than this cost a page its pace; nobody reads them in one go either.
const FIRST_ROWS = 200;

interface ChainProps {
  readonly chain: ChainView;
  readonly met: ReadonlyMap<string, StepView>;
  readonly looking: Highlight;
}

function Chain({ chain: { table, name, policy, rules }, met, looking }: ChainProps) {
  const [most, showUpTo] = useState(FIRST_ROWS);
  const at = rules.findIndex(({ id }) => id === looking.current);
  const rows = rules.slice(0, Math.max(most, at + 1));
  return (
    <div class="chain">
      <h3>
        {name} <small>{[table, policy].filter((word) => word !== '').join(', ')}</small>
      </h3>
      <ol class="rules">
        {rows.map((rule) => (
          <Rule key={rule.id} rule={rule} met={met.get(rule.id)} looking={looking} />
        ))}
      </ol>
      {rows.length < rules.length && (
        <button type="button" class="quiet" onClick={() => showUpTo(most + 5 * FIRST_ROWS)}>
          {rules.length - rows.length} more rules
        </button>
      )}
    </div>
  );
}

const WORDS = { '✓': 'matched', '✗': 'not matched', '?': 'not known' } as const;

function Rule({ rule, met, looking }: { readonly rule: RuleView; readonly met: StepView | undefined; readonly looking: Highlight }) {
  const { id, place, text, why, counted, settings } = rule;
  const mark = met === undefined || met.mark === '·' || met.mark === ' ' ? undefined : met.mark;
  const current = id === looking.current;
  const states = [mark === undefined ? '' : WORDS[mark].replace(' ', '-'), current ? 'current' : '', looking.lit.includes(id) ? 'lit' : ''];
  return (
    <li class={states.join(' ')}>
      <button type="button" aria-current={current} onClick={() => looking.showRule(id)}>
        <span class="place">{place}</span>
        <code>{text}</code>
        {mark !== undefined && (
          <span class="mark" title={WORDS[mark]} aria-label={WORDS[mark]} role="img">
            {mark}
          </span>
        )}
        {why !== '' && <small>{why}</small>}
        {counted !== '' && <small class="counted">{counted}</small>}
      </button>
      {current && settings.length > 0 && (
        <p class="because">
          {settings.map((key) => (
            <button type="button" key={key} class="chip" onClick={() => revealSetting(key)}>
              {key}
            </button>
          ))}
        </p>
      )}
    </li>
  );
}

/** Opens the settings and stands at one. */
function revealSetting(key: string): void {
  document.querySelector<HTMLDetailsElement>('#settings')?.setAttribute('open', '');
  document.getElementById(`setting-${key}`)?.focus();
}
