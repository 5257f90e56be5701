/** The left pane: what is looked at. */

import type { AnnotationName } from '../istio/kubernetes/injection/annotations.ts';
import { ANNOTATION_NAMES, ANNOTATIONS } from '../istio/kubernetes/injection/annotations.ts';
import { KNOWN } from '../istio/releases/known.ts';
import type { Answer } from './answer.ts';

import type { Change, Question } from './question.ts';

interface PaneProps {
  readonly question: Question;
  readonly answer: Answer;
  readonly change: Change;
}

export function InputPane({ question, answer, change }: PaneProps) {
  const { text, release, annotations } = question;
  const setAnnotation = (name: AnnotationName, value: string): void => {
    const { [name]: _, ...others } = annotations;
    change({ annotations: value === '' ? others : { ...others, [name]: value } });
  };
  return (
    <section aria-labelledby="input-title" class="pane">
      <h2 id="input-title">What is looked at</h2>
      <label for="release">
        Istio <output for="release">{release}</output>
      </label>
      <input
        id="release"
        type="range"
        min={0}
        max={KNOWN.length - 1}
        value={KNOWN.indexOf(release)}
        aria-valuetext={`Istio ${release}`}
        onInput={({ currentTarget }) => change({ release: KNOWN[Number(currentTarget.value)] ?? release })}
      />
      <label for="text">Paste or drop rules, a log, a manifest; or leave it empty for an ordinary pod</label>
      <textarea
        id="text"
        spellcheck={false}
        value={text}
        onInput={({ currentTarget }) => change({ text: currentTarget.value })}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          const [file] = event.dataTransfer?.files ?? [];
          file?.text().then((dropped) => change({ text: dropped }));
        }}
      />
      {answer.problems.length > 0 && (
        <ul class="problems" aria-label="Problems">
          {answer.problems.slice(0, 8).map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
      {text.trim() === '' && (
        <fieldset>
          <legend>Annotations of the pod</legend>
          {ANNOTATION_NAMES.map((name) => (
            <label key={name} title={ANNOTATIONS[name].key}>
              {name}
              <input value={annotations[name] ?? ''} onInput={({ currentTarget }) => setAnnotation(name, currentTarget.value)} />
            </label>
          ))}
        </fieldset>
      )}
      <details>
        <summary>Settings, and where each comes from</summary>
        <dl>
          {answer.settings.map(({ name, value, origin }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                {value === '' ? 'none' : value} <small>{origin}</small>
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}
