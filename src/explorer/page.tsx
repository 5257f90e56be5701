/** The page: one question, three panes that show its answer. */

import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Answer } from './answer.ts';
import { asking } from './ask.ts';
import { InputPane } from './input-pane.tsx';
import { fragmentOf, questionIn } from './link.ts';
import type { Change, Question } from './question.ts';
import { RulesPane } from './rules-pane.tsx';
import { WayPane } from './way-pane.tsx';

const NOTHING: Answer = { title: '', problems: [], chains: [], settings: [], picture: '', escapes: [], yaml: '' };

function Page({ first }: { readonly first: Question }) {
  const [question, setQuestion] = useState(first);
  const [answer, setAnswer] = useState(NOTHING);
  const [step, stand] = useState(0);
  const ask = useMemo(() => asking(setAnswer), []);
  useEffect(() => {
    ask(question);
    const later = setTimeout(() => fragmentOf(question).then((fragment) => history.replaceState(null, '', `#${fragment}`)), 300);
    return () => clearTimeout(later);
  }, [question]);
  const change: Change = (part) => {
    stand(0);
    setQuestion((before) => ({ ...before, ...part }));
  };
  const steps = answer.way?.steps ?? [];
  const choose = (rule: string): void =>
    stand(
      Math.max(
        0,
        steps.findIndex((one) => one.rule === rule),
      ),
    );
  return (
    <>
      <header>
        <h1>istio-init explorer</h1>
        <p>Nothing that you paste leaves this page.</p>
        <Copies question={question} answer={answer} />
      </header>
      <main>
        <InputPane question={question} answer={answer} change={change} />
        <RulesPane answer={answer} current={steps[step]?.rule ?? ''} choose={choose} />
        <WayPane question={question} answer={answer} change={change} step={step} stand={stand} />
      </main>
    </>
  );
}

/** What can be taken along. */
function Copies({ question, answer }: { readonly question: Question; readonly answer: Answer }) {
  const [copied, setCopied] = useState('');
  const kinds = {
    link: async () => `${location.href.split('#')[0]}#${await fragmentOf(question)}`,
    command: async () =>
      `istio-init trace -f pod.yaml --release ${question.release} --from ${question.from} --to '${question.to.replaceAll("'", '')}'`,
    YAML: async () => (question.text === '' ? answer.yaml : question.text),
    SVG: async () => answer.way?.picture ?? answer.picture,
  };
  return (
    <p class="copies">
      {Object.entries(kinds).map(([name, text]) => (
        <button
          type="button"
          key={name}
          onClick={() =>
            text()
              .then((value) => navigator.clipboard.writeText(value))
              .then(
                () => setCopied(name),
                () => setCopied(`no ${name}: the browser refuses`),
              )
          }
        >
          Copy {name}
        </button>
      ))}
      <span role="status">{copied === '' ? '' : `copied: ${copied}`}</span>
    </p>
  );
}

const given = document.getElementById('given')?.textContent ?? '';
questionIn(location.hash.slice(1)).then((question) => {
  const first = location.hash === '' && given !== '' ? { ...question, text: JSON.parse(given) as string } : question;
  const place = document.getElementById('page');
  if (place !== null) render(<Page first={first} />, place);
});
