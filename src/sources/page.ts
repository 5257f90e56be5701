/** A page with rules and manifests side by side, as a source: the rules are read, and a manifest beside them says what they should be. */

import type { TextFile } from '../host/files.ts';
import { badOption } from '../istio/bad-option.ts';
import type { PagePart } from '../istio/found/page.ts';
import { partsOf, partText, rulesOfPage } from '../istio/found/page.ts';
import { isPage } from '../istio/found/page-signs.ts';
import { oneText } from './one-text.ts';

export interface RulesBeside {
  readonly text: TextFile;
  /** Sentences for standard error. */
  readonly notes: readonly string[];
  /** Whether manifests stand beside the rules. */
  readonly manifests: boolean;
}

/** The rules of a page, as a text of their own. Throws a ProblemError where two listings of one table differ. */
export async function rulesBeside({ file, text }: TextFile): Promise<RulesBeside> {
  if (!mayHoldSeveral(text)) return { text: { file, text }, notes: [], manifests: false };
  const found = rulesOfPage(text);
  if ('rivals' in found) {
    const several = found.rivals.map(partText).join(', ');
    throw badOption(
      file,
      `holds several listings of ${found.where} that differ: ${several}; name one, as ${file}#${found.rivals[0]?.number}`,
    );
  }
  const parts = partsOf(text);
  const others = parts.filter(({ kind, number }) => kind === 'manifest' || found.left.some((left) => left.number === number));
  const rest = others.map(({ number }) => `#${number}`).join(', ');
  const note = `note: ${file} holds ${parts.map(partText).join(', ')}: the rules are read, without ${rest}`;
  return {
    text: { file, text: found.text },
    notes: others.length === 0 ? [] : [note],
    manifests: parts.some(({ kind }) => kind === 'manifest'),
  };
}

/** The only workload beside the rules of a file, as a name that reads it: with its release where it says one, as an injected pod does. */
export async function workloadBeside(file: string): Promise<{ readonly file: string; readonly injected: boolean } | undefined> {
  if (file === '-') return undefined;
  const { text } = await oneText(file);
  if (!isPage(text)) return undefined;
  const [only, second] = partsOf(text).filter(isWorkload);
  if (only === undefined || second !== undefined) return undefined;
  return { file: `${file}#${only.number}`, injected: /\bistio-(?:init|proxy|validation)\b/.test(only.text) };
}

const WORKLOADS = /^(?:Pod|Deployment|DeploymentConfig|StatefulSet|DaemonSet|ReplicaSet|ReplicationController|Job|CronJob|Rollout) /;

function isWorkload({ kind, name }: PagePart): boolean {
  return kind === 'manifest' && WORKLOADS.test(name);
}

/** One listing needs no look: a page has manifests, or several blocks of code. */
function mayHoldSeveral(text: string): boolean {
  return isPage(text) || (text.match(/^\s*(?:```|~~~)/gm) ?? []).length >= 4;
}
