/** The right pane: the way of the packet step by step, and its picture. */

import type { PaneProps } from './pane-props.ts';
import { Picture } from './picture.tsx';
import { Steps } from './steps.tsx';

interface PathProps extends PaneProps {
  readonly step: number;
  readonly select: (step: number) => void;
}

export function PathPane({ answer: { path }, question, change, step, select }: PathProps) {
  return (
    <section aria-labelledby="path-title" class="pane path-pane">
      <h2 id="path-title" class="head">
        {path?.request === undefined ? 'The way of the packet' : 'The way of the request'}
      </h2>
      {path === undefined && <p class="empty">No packet to follow.</p>}
      {path?.request !== undefined && (
        <>
          <ol class="hops">
            {path.request.hops.map(({ label, verdict, id }, index) => (
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
          {path.request.outcomes.map((outcome) => (
            <p key={outcome} class="note">
              {outcome}
            </p>
          ))}
        </>
      )}
      {path !== undefined && (
        <>
          <p class="note">
            {path.packet}
            {path.taken.length > 0 && <small>{path.taken.join('; ')}</small>}
          </p>
          <Steps steps={path.steps} step={step} select={select} />
          <Picture svg={path.picture} label="The way as a picture" />
        </>
      )}
    </section>
  );
}
