/** The right pane: a packet, its way step by step, the pictures, what escapes, and what another release does. */

import { useState } from 'preact/hooks';
import { KNOWN } from '../istio/releases/known.ts';
import type { Answer } from './answer.ts';

import { Picture } from './picture.tsx';
import type { Change, Question } from './question.ts';
import { PROTOCOLS, SENDERS, STATES } from './question.ts';

interface PaneProps {
  readonly question: Question;
  readonly answer: Answer;
  readonly change: Change;
  readonly step: number;
  readonly stand: (step: number) => void;
}

export function WayPane({ question, answer, change, step, stand }: PaneProps) {
  const [shown, show] = useState<'way' | 'rules'>('way');
  const { way, packetProblem, picture, escapes, differences } = answer;
  return (
    <section aria-labelledby="way-title" class="pane">
      <h2 id="way-title">Where a packet goes</h2>
      <PacketBar question={question} change={change} />
      {packetProblem !== undefined && <p class="problems">{packetProblem}</p>}
      {way !== undefined && (
        <>
          <p class={`verdict ${way.id}`} aria-live="polite">
            {way.verdict}
          </p>
          <p>
            <small>{[way.packet, ...way.taken].join('; ')}</small>
          </p>
          <Steps steps={way.steps} step={step} stand={stand} />
        </>
      )}
      <div class="tabs">
        {(['way', 'rules'] as const).map((name) => (
          <button type="button" key={name} aria-pressed={shown === name} onClick={() => show(name)}>
            {name === 'way' ? 'Picture of the way' : 'Picture of the rules'}
          </button>
        ))}
      </div>
      <Picture svg={shown === 'way' ? (way?.picture ?? '') : picture} label={shown === 'way' ? 'the way of the packet' : 'the chains'} />
      <h3>What escapes the proxy</h3>
      <ul class="escapes">
        {escapes.length === 0 && <li>no TCP connection</li>}
        {escapes.map(({ words, from, to }) => (
          <li key={words}>
            <button type="button" onClick={() => change({ from, to, protocol: 'tcp', state: 'NEW' })}>
              {words}
            </button>
          </li>
        ))}
      </ul>
      <h3>
        <label for="against">Against another release</label>
      </h3>
      <select id="against" value={question.against} onChange={({ currentTarget }) => change({ against: currentTarget.value })}>
        <option value="">none</option>
        {KNOWN.map((release) => (
          <option key={release}>{release}</option>
        ))}
      </select>
      {differences !== undefined && (
        <ul aria-label="Differences">
          {differences.map((difference) => (
            <li key={difference}>{difference}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

function PacketBar({ question, change }: Pick<PaneProps, 'question' | 'change'>) {
  const choice = <K extends 'from' | 'protocol' | 'state'>(key: K, words: string, values: readonly Question[K][]) => (
    <label>
      {words}
      <select value={question[key]} onChange={({ currentTarget }) => change({ [key]: currentTarget.value })}>
        {values.map((value) => (
          <option key={value}>{value}</option>
        ))}
      </select>
    </label>
  );
  return (
    <div class="packet">
      {choice('from', 'from', SENDERS)}
      <label>
        to
        <input value={question.to} onInput={({ currentTarget }) => change({ to: currentTarget.value })} />
      </label>
      {choice('protocol', 'by', PROTOCOLS)}
      {choice('state', 'state', STATES)}
    </div>
  );
}

function Steps({ steps, step, stand }: { readonly steps: NonNullable<Answer['way']>['steps'] } & Pick<PaneProps, 'step' | 'stand'>) {
  const move = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    stand(Math.max(0, Math.min(steps.length - 1, step + by)));
  };
  return (
    <div
      class="steps"
      role="listbox"
      aria-label="The way, step by step: arrow keys"
      tabIndex={0}
      onKeyDown={move}
      aria-activedescendant={`step-${step}`}
    >
      {steps.map(({ depth, mark, place, text }, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys.
        <div
          key={index}
          id={`step-${index}`}
          role="option"
          aria-selected={index === step}
          tabIndex={-1}
          class={`step indent-${Math.min(depth, 6)}${mark === '✓' ? ' matched' : ''}`}
          onClick={() => stand(index)}
        >
          {mark} {place} <code>{text}</code>
        </div>
      ))}
    </div>
  );
}
