/** The forms of the changes between two releases. */

import { API_VERSION } from '../../istio/api-version.ts';
import type { ChangeGroup, ReleaseChange, ReleaseChanges, ReleaseSpan } from '../../istio/releases/changes.ts';
import { CHANGE_GROUPS, gapsIn, lastingChanges } from '../../istio/releases/changes.ts';
import { table } from '../terminal/markdown.ts';
import { hanging, wrappedBelow } from '../terminal/wrap.ts';

const TITLES: Readonly<Record<ChangeGroup, string>> = {
  rules: 'Rules',
  arguments: 'Arguments and environment',
  injection: 'Injection',
  native: 'Native nftables and the ambient mode',
};

/** For people: a heading, and a paragraph for each change, wrapped to a number of columns. */
export function changesText(changes: ReleaseChanges, width: number): string {
  const parts = sections(changes).map(({ title, summary, changes: listed }) => {
    const lines = listed.flatMap((change) => wrappedBelow(`${label(when(change))} ${sentence(change)}`, LABEL + 3, width));
    return [title, ...(summary === '' ? [] : hanging('  ', summary, width)), ...lines].join('\n');
  });
  return `${[heading(changes), ...parts].join('\n\n')}\n`;
}

/** For tickets: the same as tables, with links to the commits. */
export function changesMarkdown(changes: ReleaseChanges): string {
  const parts = sections(changes).map(({ title, summary, changes: listed }) => {
    const rows = listed.map((change) => [when(change), change.touches, whole(change), change.commits.map(link).join(' ')].map(cell));
    return [`## ${title}`, summary, table(['release', 'touches', 'change', 'commits'], rows).join('\n')]
      .filter((part) => part.length > 0)
      .join('\n\n');
  });
  return `${[`# ${heading(changes)}`, ...parts].join('\n\n')}\n`;
}

/** For programs: within one `apiVersion`, keys are added, never renamed or removed. */
export function changesDocument(changes: ReleaseChanges): object {
  return { apiVersion: API_VERSION, kind: 'ReleaseChanges', ...changes };
}

// Columns for a release and a space.
const LABEL = 7;

function label(releases: string): string {
  return `  ${releases.padEnd(LABEL)}${releases.length > LABEL ? ' ' : ''}`;
}

interface Section {
  readonly title: string;
  /** A sentence in place of changes. */
  readonly summary: string;
  readonly changes: readonly ReleaseChange[];
}

function sections(changes: ReleaseChanges): readonly Section[] {
  const { from, to } = changes;
  const passing = CHANGE_GROUPS.flatMap((group) => changes[group].filter(({ lasting }) => !lasting));
  const groups = CHANGE_GROUPS.map((group): Section => {
    const lasting = distinctChanges(lastingChanges(changes[group]));
    const none = group === 'rules' && lasting.length === 0;
    return {
      title: TITLES[group],
      summary: none ? `No rule change between ${from} and ${to}: the same settings make the same rules.` : '',
      changes: lasting,
    };
  });
  const between = { title: 'Only in between', summary: '', changes: passing };
  return [...groups, between].filter(({ summary, changes: listed }) => summary !== '' || listed.length > 0);
}

/** Two changes may end in the same words: a flag that had got a check is gone with it. */
function distinctChanges(changes: readonly ReleaseChange[]): readonly ReleaseChange[] {
  return [...new Map(changes.map((one) => [[when(one), one.touches, one.what].join('\0'), one])).values()];
}

function heading({ from, to, downgrade }: ReleaseChanges): string {
  return downgrade ? `Istio ${from} back to ${to}: going back undoes this` : `Istio ${from} to ${to}`;
}

/** `1.9.6, 1.10.2` for what is so from these patches on; `1.23.0 to 1.24.6` for what is so in between only. */
function when({ lasting, releases }: ReleaseChange): string {
  return releases.map((span) => (lasting ? span.first : spanText(span))).join(', ');
}

function spanText({ first, last }: ReleaseSpan): string {
  return first === last ? first : `${first} to ${last}`;
}

function sentence(change: ReleaseChange): string {
  const commits = change.commits.length === 0 ? '' : ` (${change.commits.join(', ')})`;
  return `${change.touches}: ${whole(change)}${commits}`;
}

/** What it is, with the later releases that are without it. */
function whole({ lasting, releases, what }: ReleaseChange): string {
  const gaps = lasting ? gapsIn(releases) : [];
  return gaps.length === 0 ? what : `${what} Not so in ${gaps.map(spanText).join(' and ')}.`;
}

function link(commit: string): string {
  return `[${commit}](https://github.com/istio/istio/commit/${commit})`;
}

/** Text for a cell of a table: nothing in it is markup. */
function cell(text: string): string {
  return text.startsWith('[') ? text : text.replace(/[|*<\\`]/g, '\\$&');
}
