/** What passes the proxy by: each region leads to a packet of it. */

import type { PaneProps } from './pane-props.ts';

export function EscapesPane({ answer, beyond, change, question }: PaneProps) {
  return (
    <section aria-labelledby="escapes-title" class="escapes-part">
      <h2 id="escapes-title" class="head">
        What escapes the proxy
      </h2>
      {beyond === undefined && <p class="empty">Working it out …</p>}
      {beyond?.escapes.length === 0 && (
        <p class="empty">{answer.chains.length === 0 ? 'There are no rules to ask.' : 'No new TCP connection, in or out.'}</p>
      )}
      <ul class="regions">
        {beyond?.escapes.map(({ words, ask }) => (
          <li key={words}>
            <Region words={words} ask={ask} question={question} change={change} />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface RegionProps extends Pick<PaneProps, 'question' | 'change'> {
  readonly words: string;
  readonly ask: NonNullable<PaneProps['beyond']>['escapes'][number]['ask'];
}

/** A region in words; where one of its packets can be asked for, a button that does. */
export function Region({ words, ask, question, change }: RegionProps) {
  if (ask === undefined) return <p class="region">{words}</p>;
  const pressed = question.request === '' && Object.entries(ask).every(([key, value]) => question[key as keyof typeof ask] === value);
  return (
    <button
      type="button"
      class="region"
      aria-pressed={pressed}
      title="Follow one such packet"
      onClick={() => change({ ...ask, request: '' })}
    >
      {words}
    </button>
  );
}
