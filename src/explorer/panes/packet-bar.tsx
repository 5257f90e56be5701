/** The bar at the top: a packet, or a whole request, and where it ends. */

import { STORIES } from '../../istio/packets/stories/table.ts';
import { PROTOCOLS, SENDERS, STATES } from '../question.ts';
import type { PaneProps } from './pane-props.ts';

const SENDER_WORDS = { app: 'the application', proxy: 'the proxy', outside: 'outside' } as const;
const STATE_WORDS = { new: 'a new connection', established: 'a known connection', invalid: 'no known connection' } as const;
const ANOTHER = 'another';

export function PacketBar({ question, answer, change }: PaneProps) {
  const { request, from, to, protocol, state } = question;
  const { path, packetProblem } = answer;
  const named = SENDERS.find((sender) => sender === from);
  return (
    <section class="bar" aria-label="The packet">
      <div class="words">
        <label>
          <span>Ask about</span>
          <select id="request" value={request} onChange={({ currentTarget }) => change({ request: currentTarget.value, hop: 0 })}>
            <option value="">one packet</option>
            <optgroup label="A whole request">
              {STORIES.map(({ id }) => (
                <option key={id}>{id}</option>
              ))}
            </optgroup>
          </select>
        </label>
        {request === '' && (
          <>
            <label>
              <span>from</span>
              <select
                value={named ?? ANOTHER}
                onChange={({ currentTarget: { value } }) => change({ from: value === ANOTHER ? 'uid:0,gid:0' : value })}
              >
                {SENDERS.map((sender) => (
                  <option key={sender} value={sender}>
                    {SENDER_WORDS[sender]}
                  </option>
                ))}
                <option value={ANOTHER}>another user</option>
              </select>
            </label>
            {named === undefined && (
              <label>
                <span>who</span>
                <input class="short" value={from} onInput={({ currentTarget }) => change({ from: currentTarget.value })} />
              </label>
            )}
            <label class="wide">
              <span>to</span>
              <input value={to} spellcheck={false} onInput={({ currentTarget }) => change({ to: currentTarget.value })} />
            </label>
            <label>
              <span>by</span>
              <select value={protocol} onChange={({ currentTarget }) => change({ protocol: currentTarget.value as typeof protocol })}>
                {PROTOCOLS.map((name) => (
                  <option key={name} value={name}>
                    {name.toUpperCase()}
                  </option>
                ))}
              </select>
            </label>
            <label>
              <span>of</span>
              <select value={state} onChange={({ currentTarget }) => change({ state: currentTarget.value as typeof state })}>
                {STATES.map((name) => (
                  <option key={name} value={name}>
                    {STATE_WORDS[name]}
                  </option>
                ))}
              </select>
            </label>
          </>
        )}
        {request !== '' && <p class="about">{path?.request?.about}</p>}
      </div>
      {packetProblem !== undefined && <p class="problem">{packetProblem}</p>}
      {path !== undefined && (
        <p class={`verdict ${path.id}`} aria-live="polite">
          {path.verdict}
        </p>
      )}
      {path === undefined && packetProblem === undefined && (
        <p class="verdict">{answer.title === '' ? ' ' : 'No rules, so nothing to trace'}</p>
      )}
    </section>
  );
}
