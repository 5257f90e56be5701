/** The tour: eight steps, each a real trace, with Back and Next by keys. */

import { useLayoutEffect } from 'preact/hooks';
import { TOUR } from '../tour.ts';

interface TourProps {
  readonly at: number;
  readonly go: (to: number | undefined) => void;
}

export function TourStrip({ at, go }: TourProps) {
  const step = TOUR[at];
  useLayoutEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      // What is typed into a field is the field's.
      if ((event.target as Element | null)?.closest('input, select, textarea, #text, .steps') != null) return;
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1 }[event.key];
      if (event.key === 'Escape') go(undefined);
      else if (to !== undefined && to in TOUR) go(to);
    };
    addEventListener('keydown', keys);
    return () => removeEventListener('keydown', keys);
  }, [at]);
  if (step === undefined) return null;
  return (
    <section class="tour" aria-labelledby="tour-title">
      <div aria-live="polite">
        <h2 id="tour-title">
          <small>
            {at + 1} of {TOUR.length}
          </small>{' '}
          {step.title}
        </h2>
        <p>{step.text}</p>
      </div>
      <p class="buttons">
        <button type="button" disabled={at === 0} onClick={() => go(at - 1)}>
          ← Back
        </button>
        <button type="button" disabled={at === TOUR.length - 1} onClick={() => go(at + 1)}>
          Next →
        </button>
        <button type="button" onClick={() => go(undefined)}>
          End
        </button>
      </p>
    </section>
  );
}
