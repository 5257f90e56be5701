/** The right pane: the way of the packet step by step, and its picture. */

import type { PaneProps } from './pane-props.ts';
import { Picture } from './picture.tsx';
import { Steps } from './steps.tsx';

interface PathProps extends PaneProps {
  readonly step: number;
  readonly select: (step: number) => void;
}

export function PathPane({ answer: { path: way }, question, change, step, select }: PathProps) {
  return (
    <section aria-labelledby="path-title" class="pane path-pane">
      <h2 id="path-title" class="head">
        {way?.request === undefined ? 'The way of the packet' : 'The way of the request'}
      </h2>
      {way === undefined && <p class="empty">No packet to follow.</p>}
      {way?.request !== undefined && (
        <>
          <ol class="hops">
            {way.request.hops.map(({ label, verdict, id }, index) => (
              <li key={index}>
                <button type="button" aria-pressed={index === question.hop} onClick={() => change({ hop: index })}>
                  {label}
                  <small class={`verdict ${id}`} title={verdict}>
                    {id}
                  </small>
                </button>
              </li>
            ))}
          </ol>
          {way.request.outcomes.map((outcome) => (
            <p key={outcome} class="note">
              {outcome}
            </p>
          ))}
        </>
      )}
      {way !== undefined && (
        <>
          <p class="note">
            {way.packet}
            {way.taken.length > 0 && <small>{way.taken.join('; ')}</small>}
          </p>
          <Steps steps={way.steps} step={step} select={select} />
          <Picture svg={way.picture} label="The way as a picture" />
        </>
      )}
    </section>
  );
}
