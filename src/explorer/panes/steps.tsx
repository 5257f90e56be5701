/** The steps of a way: a list that the arrow keys go along. */

import { useEffect, useRef } from 'preact/hooks';
import type { StepView } from '../answer/path-views.ts';

// Of the ways through thousands of rules, only the part around the reader is in the page.
const MOST_STEPS = 200;

interface StepsProps {
  readonly steps: readonly StepView[];
  readonly step: number;
  readonly select: (step: number) => void;
}

export function Steps({ steps, step, select }: StepsProps) {
  const start = Math.max(0, Math.min(step - MOST_STEPS / 2, steps.length - MOST_STEPS));
  const visible = steps.slice(start, start + MOST_STEPS);
  const list = useRef<HTMLDivElement>(null);
  const go = (to: number): void => select(Math.max(0, Math.min(steps.length - 1, to)));
  const move = (event: KeyboardEvent): void => {
    const to = { ArrowDown: step + 1, ArrowUp: step - 1, Home: 0, End: steps.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  };
  useEffect(() => {
    const [box, row] = [list.current, list.current?.children[step - start]];
    if (box === null || !(row instanceof HTMLElement)) return;
    const below = row.offsetTop + row.offsetHeight - box.clientHeight;
    box.scrollTop = Math.max(below, Math.min(box.scrollTop, row.offsetTop));
  }, [step]);
  return (
    <>
      <div class="stepper">
        <button type="button" disabled={step === 0} onClick={() => go(step - 1)}>
          ↑ Back
        </button>
        <button type="button" disabled={step >= steps.length - 1} onClick={() => go(step + 1)}>
          ↓ Next
        </button>
        <small>
          step {step + 1} of {steps.length}
        </small>
      </div>
      <div
        ref={list}
        class="steps"
        role="listbox"
        aria-label="The way, step by step: arrow keys"
        tabIndex={0}
        onKeyDown={move}
        aria-activedescendant={`step-${step}`}
      >
        {visible.map(({ depth, mark, place, text, asides }, offset) => {
          const index = start + offset;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys.
            <div
              key={index}
              id={`step-${index}`}
              role="option"
              aria-selected={index === step}
              tabIndex={-1}
              class={`step indent-${Math.min(depth, 6)} ${KINDS[mark]}`}
              onClick={() => select(index)}
            >
              <span class="mark">{mark}</span>
              <span>
                <b>{place}</b> <code>{text}</code>
                {visibleAsides(asides, mark, index === step).map((aside) => (
                  <small key={aside}>{aside}</small>
                ))}
              </span>
            </div>
          );
        })}
      </div>
    </>
  );
}

const KINDS = { '✓': 'matched', '✗': 'not-matched', '?': 'not-known', '·': 'event', ' ': 'heading' } as const;

/** Why a rule did not match; of the rule at which the reader stands also why it is there. */
function visibleAsides(asides: StepView['asides'], mark: StepView['mark'], current: boolean): StepView['asides'] {
  if (current) return asides;
  return mark === '✓' ? [] : asides.slice(0, 1);
}
