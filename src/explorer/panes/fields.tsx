/** The fields of a pod: its release, annotations and settings, each with what counts where nothing is written. */

import { KNOWN } from '../../istio/releases/every-release.ts';
import { DATAPLANES, releaseOf } from '../question.ts';
import type { Highlight, PaneProps } from './pane-props.ts';

const DATAPLANE_WORDS = { iptables: 'a sidecar, iptables', nftables: 'a sidecar, native nftables', ambient: 'ambient (ztunnel)' } as const;

export function Fields({ question, answer, change, looking }: PaneProps & { readonly looking: Highlight }) {
  const { dataplane, annotations, settings } = question;
  const own = question.text.trim() === '' || answer.kind === 'rules';
  const rules = answer.chains.flatMap((chain) => chain.rules);
  const rulesOf = (keys: readonly string[]) => rules.filter((rule) => rule.settings.some((key) => keys.includes(key))).map(({ id }) => id);
  const current = rules.find(({ id }) => id === looking.current)?.settings ?? [];
  const changed = <K extends 'annotations' | 'settings'>(kind: K, key: string, value: string): void => {
    const { [key]: _, ...others } = question[kind] as Readonly<Record<string, string>>;
    change({ [kind]: value === '' ? others : { ...others, [key]: value } });
  };
  return (
    <div class="fields">
      <Release question={question} answer={answer} change={change} />
      {own && (
        <label class="row">
          <span>Dataplane</span>
          <select value={dataplane} onChange={({ currentTarget }) => change({ dataplane: currentTarget.value as typeof dataplane })}>
            {DATAPLANES.map((name) => (
              <option key={name} value={name}>
                {DATAPLANE_WORDS[name]}
              </option>
            ))}
          </select>
        </label>
      )}
      {own && dataplane !== 'ambient' && (
        <details open={matchMedia('(min-width: 1000px)').matches}>
          <summary>Annotations</summary>
          {answer.fields.annotations.map(({ name, key, byDefault, settings: behind, read }) => (
            <label key={name} title={key} class={`field${behind.some((one) => current.includes(one)) ? ' lit' : ''}`}>
              <span>
                {name}
                {!read && <small>{releaseOf(question)} does not read it</small>}
              </span>
              <input
                id={`annotation-${name}`}
                value={annotations[name] ?? ''}
                placeholder={byDefault === '' ? 'none' : byDefault}
                onInput={({ currentTarget }) => changed('annotations', name, currentTarget.value)}
                onFocus={() => looking.light(rulesOf(behind))}
                onBlur={() => looking.light([])}
              />
            </label>
          ))}
        </details>
      )}
      {dataplane !== 'ambient' && (
        <details id="settings" open={Object.keys(settings).length > 0}>
          <summary>Settings</summary>
          {answer.fields.settings.map(({ key, what, allowed, value, origin, read }) => (
            <label key={key} title={`${what} It is ${allowed}.`} class={`field${current.includes(key) ? ' lit' : ''}`}>
              <span>
                {key}
                <small>{read ? origin : `no rule of ${releaseOf(question)} depends on it`}</small>
              </span>
              <input
                id={`setting-${key}`}
                value={settings[key] ?? ''}
                placeholder={value === '' ? 'none' : value}
                onInput={({ currentTarget }) => changed('settings', key, currentTarget.value)}
                onFocus={() => looking.light(rulesOf([key]))}
                onBlur={() => looking.light([])}
              />
            </label>
          ))}
        </details>
      )}
    </div>
  );
}

function Release({ question, answer, change }: Pick<PaneProps, 'question' | 'answer' | 'change'>) {
  const release = question.release === '' ? answer.release || releaseOf(question) : question.release;
  const at = KNOWN.indexOf(release);
  const go = (to: number): void => change({ release: KNOWN[to] ?? release });
  return (
    <div class="release">
      <label for="release">
        Istio <output for="release">{release}</output>
      </label>
      <div class="slider">
        <button type="button" aria-label="Older release" disabled={at <= 0} onClick={() => go(at - 1)}>
          ‹
        </button>
        <input
          id="release"
          type="range"
          min={0}
          max={KNOWN.length - 1}
          value={at}
          aria-valuetext={`Istio ${release}`}
          onInput={({ currentTarget }) => go(Number(currentTarget.value))}
        />
        <button type="button" aria-label="Newer release" disabled={at >= KNOWN.length - 1} onClick={() => go(at + 1)}>
          ›
        </button>
      </div>
    </div>
  );
}
