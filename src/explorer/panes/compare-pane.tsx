/** Two states side by side: differences by packets first, then the rules. */

import { KNOWN } from '../../istio/releases/every-release.ts';
import type { ComparisonView, PairView } from '../answer/comparison.ts';
import { BEFORE, FIELDS } from '../question.ts';
import { Region } from './escapes-pane.tsx';
import type { PaneProps } from './pane-props.ts';

export function ComparePane({ question, answer, beyond, change }: PaneProps) {
  const pasted = question.text.trim() !== '';
  const comparison = question.against === '' ? undefined : beyond?.comparison;
  return (
    <section aria-labelledby="compare-title" class="pane compare-pane">
      <div class="head">
        <h2 id="compare-title">Two states side by side</h2>
        <label class="row">
          <span>Against</span>
          <select value={question.against} onChange={({ currentTarget }) => change({ against: currentTarget.value })}>
            <option value="">nothing yet</option>
            {answer.kind !== 'rules' && <option value={BEFORE}>the same without what is set here</option>}
            {pasted && <option value={FIELDS}>a default pod, with the fields</option>}
            {answer.kind !== 'rules' && (
              <optgroup label="Another release">
                {KNOWN.toReversed().map((release) => (
                  <option key={release}>{release}</option>
                ))}
              </optgroup>
            )}
          </select>
        </label>
      </div>
      {question.against === '' && (
        <p class="empty">
          {answer.kind === 'rules'
            ? 'Choose the pod of the fields, to see a found listing against what should be there.'
            : 'Choose a release, or the same pod without its annotations and settings. The packets that go elsewhere come first, then the rules.'}
        </p>
      )}
      {question.against !== '' && comparison === undefined && <p class="empty">Comparing …</p>}
      {comparison !== undefined && <Compared comparison={comparison} question={question} change={change} />}
    </section>
  );
}

const ANSWERS = {
  equal: 'No packet goes elsewhere.',
  different: 'These packets go elsewhere. A click follows one of them:',
  unknown: 'Whether packets go elsewhere is not known for all of them.',
} as const;

function Compared({ comparison, ...props }: { readonly comparison: ComparisonView } & Pick<PaneProps, 'question' | 'change'>) {
  const { left, right, answer, differences, more, notes, chains } = comparison;
  return (
    <>
      <h3>By packets</h3>
      {left.verdict !== '' && (
        <p class="note">
          The packet above: <b>{left.verdict}</b>
          {left.verdict === right.verdict ? ' in both' : ` in ${left.name}, ${right.verdict} in ${right.name}`}.
        </p>
      )}
      <p>{ANSWERS[answer]}</p>
      <ul class="regions" aria-label="Differences">
        {differences.map(({ words, ask }) => (
          <li key={words}>
            <Region words={words} ask={ask} {...props} />
          </li>
        ))}
        {more > 0 && <li class="note">and {more} more</li>}
      </ul>
      {notes.map((note) => (
        <p key={note} class="note">
          {note}
        </p>
      ))}
      {chains.length > 0 && <h3>By rules</h3>}
      {chains.length > 0 && (
        <div class="sides titles">
          <p>
            <small>{left.name}</small>
            {left.title}
          </p>
          <p>
            <small>{right.name}</small>
            {right.title}
          </p>
        </div>
      )}
      {chains.map((pair) => (
        <Pair key={pair.title} pair={pair} />
      ))}
    </>
  );
}

function Pair({ pair: { title, rows, differs } }: { readonly pair: PairView }) {
  return (
    <details class="pair" open={differs}>
      <summary>
        {title} <small>{differs ? '' : `the same ${rows.length} ${rows.length === 1 ? 'rule' : 'rules'}`}</small>
      </summary>
      {rows.map(({ left, right, same }, index) => (
        <div key={index} class="sides">
          <OperandText text={left} own={!same} sign="−" />
          <OperandText text={right} own={!same} sign="+" />
        </div>
      ))}
      {rows.length === 0 && <p class="note">A chain without rules that only one of them has.</p>}
    </details>
  );
}

function OperandText({ text, own, sign }: { readonly text: string | undefined; readonly own: boolean; readonly sign: '−' | '+' }) {
  if (text === undefined) return <div class="side none" />;
  return (
    <div class={`side${own ? (sign === '+' ? ' added' : ' removed') : ''}`}>
      <span class="sign">{own ? sign : ''}</span>
      <code>{text}</code>
    </div>
  );
}
