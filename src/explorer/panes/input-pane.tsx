/** The left pane: what is looked at. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { ProblemView } from '../answer/problems.ts';
import type { Answer } from '../answer.ts';
import { FIELDS } from '../question.ts';
import type { Editor } from './editor.ts';
import { Fields } from './fields.tsx';
import type { Highlight, PaneProps } from './pane-props.ts';

declare global {
  /** The editor is five sixths of the page's scripts: scripts/explorer.mjs packs it by itself. */
  var unpackEditor: () => Promise<typeof import('./editor.ts')>;
}

const UNMARKED: Answer['marks'] = [];

export function InputPane({ looking, ...props }: PaneProps & { readonly looking: Highlight }) {
  const { question, answer, change } = props;
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | null>(null);
  // What the editor was given when it opened stays: it asks for the newest by this.
  const newest = useRef({ question, answer, looking, change });
  newest.current = { question, answer, looking, change };
  const [opened, open] = useState(false);
  // The first answer does not wait for the editor.
  const ready = answer.title !== '';
  useEffect(() => {
    if (!ready) return;
    unpackEditor().then(({ openEditor }) => {
      if (place.current === null) return;
      editor.current = openEditor(place.current, newest.current.question.text, {
        changed: (text) => newest.current.change({ text, part: '' }),
        caretAt: (line) => {
          const { answer: now, looking: at } = newest.current;
          const rules = now.marks.find((mark) => mark.line === line)?.rules ?? [];
          at.light(rules);
          if (rules[0] !== undefined) at.showRule(rules[0]);
        },
      });
      open(true);
    });
  }, [ready]);
  useEffect(() => editor.current?.write(question.text), [question.text]);
  const marks = answer.marks.length === 0 ? UNMARKED : answer.marks;
  useEffect(() => editor.current?.mark(marks), [marks, opened]);
  useEffect(() => {
    const own = marks.filter(({ rules }) => rules.includes(looking.current)).map(({ line }) => line);
    editor.current?.light(own);
  }, [looking.current, marks, opened]);
  const pasted = question.text.trim() !== '';
  const choose = (part: string): void => {
    change({ part });
    const line = answer.parts.find(({ id }) => id === part)?.line ?? 0;
    if (line > 0) editor.current?.show(line);
  };
  return (
    <section aria-labelledby="input-title" class="pane input">
      <div class="head">
        <h2 id="input-title">{pasted ? 'What you pasted' : 'A default pod'}</h2>
        {pasted && (
          <button type="button" class="quiet" onClick={() => change({ text: '', part: '', against: '' })}>
            Clear
          </button>
        )}
      </div>
      {answer.parts.length > 1 && (
        <label class="row">
          <span>Of {answer.parts.length}</span>
          <select value={answer.part} onChange={({ currentTarget }) => choose(currentTarget.value)}>
            {answer.parts.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <div id="text" class={`editor${pasted ? ' full' : ''}`} ref={place} />
      <Problems problems={answer.problems} goTo={(line) => editor.current?.goTo(line)} />
      {(answer.kind !== 'rules' || question.against === FIELDS) && <Fields {...props} looking={looking} />}
    </section>
  );
}

const MOST_LINES = 12;

function Problems({ problems, goTo }: { readonly problems: readonly ProblemView[]; readonly goTo: (line: number) => void }) {
  if (problems.length === 0) return null;
  return (
    <ul class="problems" aria-label="Problems">
      {problems.slice(0, MOST_LINES).map(({ line, text, severity }, index) => (
        <li key={index} class={severity}>
          {line !== undefined && (
            <button type="button" class="link" onClick={() => goTo(line)}>
              line {line}
            </button>
          )}{' '}
          {text}
        </li>
      ))}
      {problems.length > MOST_LINES && <li>and {problems.length - MOST_LINES} more</li>}
    </ul>
  );
}
