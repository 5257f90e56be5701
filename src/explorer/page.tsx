/** The page: one question, and panes that show its answer. */

import { render } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Answer, Beyond } from './answer.ts';
import type { Started } from './ask.ts';
import { questionSender } from './ask.ts';
import { fragmentOf, questionIn } from './link.ts';
import { ComparePane } from './panes/compare-pane.tsx';
import { Copies } from './panes/copies.tsx';
import { EscapesPane } from './panes/escapes-pane.tsx';
import { InputPane } from './panes/input-pane.tsx';
import { PacketBar } from './panes/packet-bar.tsx';
import type { Highlight } from './panes/pane-props.ts';
import { PathPane } from './panes/path-pane.tsx';
import { Picture } from './panes/picture.tsx';
import { RulesPane } from './panes/rules-pane.tsx';
import { TourStrip } from './panes/tour-strip.tsx';
import type { View } from './panes/views.tsx';
import { Views } from './panes/views.tsx';
import type { Change, Question } from './question.ts';
import { ORDINARY } from './question.ts';
import { TOUR } from './tour.ts';

const NO_ANSWER: Answer = {
  ...{ kind: 'nothing', title: '', release: '', parts: [], part: '', problems: [], marks: [], chains: [] },
  ...{ fields: { annotations: [], settings: [] }, picture: '', yaml: '', command: '' },
};

interface PageProps {
  readonly first: Question;
  /** What is shown of it until the worker answers. */
  readonly known: Answer;
  readonly worker: Promise<Started>;
}

function Page({ first, known, worker }: PageProps) {
  const [question, setQuestion] = useState(first);
  const [answer, setAnswer] = useState(known);
  const [beyond, setBeyond] = useState<Beyond>();
  const [step, setStep] = useState(0);
  const [current, setCurrent] = useState('');
  const [lit, light] = useState<readonly string[]>([]);
  const [view, show] = useState<View>(first.against === '' ? 'way' : 'compare');
  const [tour, setTour] = useState<number>();
  const touring = useRef(false);
  touring.current = tour !== undefined;
  const ask = useMemo(() => {
    const answered = (given: Answer): void => {
      setAnswer(given);
      setBeyond(undefined);
      // A tour shows what decides.
      const decides = touring.current ? (given.path?.steps.findLastIndex(({ mark }) => mark === '✓') ?? -1) : -1;
      if (decides < 0) return;
      setStep(decides);
      setCurrent(given.path?.steps[decides]?.rule ?? '');
    };
    return questionSender(worker, { answered, wentBeyond: setBeyond });
  }, []);
  // Before the frame is painted: the worker answers meanwhile.
  useLayoutEffect(() => ask(question), [question]);
  useEffect(() => {
    const later = setTimeout(async () => {
      const fragment = await fragmentOf(question);
      if (fragment !== undefined) history.replaceState(null, '', `#${fragment}`);
    }, 300);
    return () => clearTimeout(later);
  }, [question]);
  const change: Change = (part) => {
    setStep(0);
    setCurrent('');
    setQuestion((before) => ({ ...before, ...part }));
  };
  const steps = answer.path?.steps ?? [];
  const selectStep = (to: number): void => {
    setStep(to);
    setCurrent(steps[to]?.rule ?? '');
  };
  const looking: Highlight = {
    ...{ current, lit, light },
    showRule: (rule) => {
      setCurrent(rule);
      const at = steps.findIndex((one) => one.rule === rule);
      if (at >= 0) setStep(at);
    },
  };
  const before = useRef(question);
  const goOnTour = (to: number | undefined): void => {
    // What the visitor had comes back when the tour ends.
    if (tour === undefined) before.current = question;
    setTour(to);
    show('way');
    change(to === undefined ? before.current : (TOUR[to]?.ask ?? {}));
  };
  const props = { question, answer, beyond, change };
  return (
    <>
      <header>
        <h1>istio-init explorer</h1>
        <p>Nothing that you paste leaves this page.</p>
        <button type="button" aria-pressed={tour !== undefined} onClick={() => goOnTour(tour === undefined ? 0 : undefined)}>
          Tour
        </button>
        <Copies
          question={question}
          answer={answer}
          picture={view === 'picture' ? answer.picture : (answer.path?.picture ?? answer.picture)}
        />
      </header>
      {tour !== undefined && <TourStrip at={tour} go={goOnTour} />}
      <main class={`view-${view}`}>
        <InputPane {...props} looking={looking} />
        <div class="top">
          <PacketBar {...props} />
          <Views view={view} show={show} escapes={beyond?.escapes.length} />
        </div>
        {view === 'compare' && <ComparePane {...props} />}
        {view === 'picture' && (
          <section class="pane picture-pane" aria-label="The chains">
            {answer.picture === '' && <p class="empty">More rules than a picture can show.</p>}
            <Picture svg={answer.picture} label="The chains as a picture" />
          </section>
        )}
        {view !== 'compare' && view !== 'picture' && (
          <>
            <RulesPane answer={answer} looking={looking} />
            <div class="right">
              {view === 'escapes' && <EscapesPane {...props} />}
              <PathPane {...props} step={step} select={selectStep} />
            </div>
          </>
        )}
      </main>
    </>
  );
}

declare global {
  /** What scripts/explorer.mjs starts before the page. */
  var firstWorker: Promise<Started>;
}

const textIn = (id: string): string => document.getElementById(id)?.textContent ?? '';

questionIn(location.hash.slice(1)).then((question) => {
  const given = textIn('given');
  const first = location.hash === '' && given !== '' ? { ...question, text: JSON.parse(given) as string } : question;
  // Made by the same function when the page was built: nobody waits for the worker to see a default pod.
  const known = first === ORDINARY ? (JSON.parse(textIn('first')) as Answer) : NO_ANSWER;
  const place = document.getElementById('page');
  if (place !== null) render(<Page first={first} known={known} worker={firstWorker} />, place);
});
