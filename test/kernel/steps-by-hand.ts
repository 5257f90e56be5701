/** The steps that a dry run or a failure prints, run as somebody who copies them would. */

import { execa } from 'execa';
import type { Namespace } from './namespace.ts';

/** The programs and their inputs that a text shows: a line `# program arguments`, then the input. */
export function stepsOf(text: string): readonly { readonly argv: readonly string[]; readonly input: string }[] {
  return text
    .split(/^(?=# (?:ip|ip6tables|iptables|nft)\b)/m)
    .filter((part) => part.startsWith('# '))
    .map((part) => {
      const [head = '', ...input] = part.split('\n');
      return { argv: head.slice(2).split(' '), input: input.join('\n') };
    });
}

/** Runs them. */
export async function byHand({ name }: Namespace, text: string): Promise<void> {
  for (const { argv, input } of stepsOf(text)) await execa('ip', ['netns', 'exec', name, ...argv], { input });
}
