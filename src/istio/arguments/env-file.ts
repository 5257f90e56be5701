/** The lines of an environment file, as a shell reads assignments: that of `istioctl x workload entry configure` is one. */

import { splitWords } from '../../netfilter/words.ts';

export type EnvLine = { readonly name: string; readonly value: string } | { readonly unreadable: string };

const ASSIGNMENT = /^(\w+)=(.*)$/s;

/** Quotes of both kinds are taken off, `export` and what stands behind `#` are left out; what is not NAME=VALUE comes as it stands. */
export function readEnvFile(text: string): readonly EnvLine[] {
  return text.split(/\r?\n/).flatMap((line): readonly EnvLine[] => {
    if (/^\s*(#|$)/.test(line)) return [];
    const bare = line.trim().replace(/^(?:export|declare -x)\s+/, '');
    const words = splitWords(bare) ?? [];
    const end = words.findIndex(({ raw }) => raw.startsWith('#'));
    const assignments = (end === -1 ? words : words.slice(0, end)).map(({ text: word }) => ASSIGNMENT.exec(word));
    // Docker's form of such a file has no quotes: all behind the sign is the value.
    const parts = assignments.every((found) => found !== null) && assignments.length > 0 ? assignments : [ASSIGNMENT.exec(bare)];
    return parts.map((found) => (found === null ? { unreadable: line } : { name: found[1] ?? '', value: found[2] ?? '' }));
  });
}
