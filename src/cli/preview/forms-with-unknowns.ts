import type { GROUP_FORMS } from './workloads-forms.ts';

/** Forms for people and for programs that ask: none of these loads them, so that a rule may have a word in place of what nobody knows. */
const FORMS: readonly (keyof typeof GROUP_FORMS)[] = ['table', 'list', 'nft', 'json', 'yaml', 'svg', 'mermaid', 'dot'];

/** Whether a form shows rules of which not all is known. */
export function showsUnknowns(form: string): boolean {
  return FORMS.some((one) => one === form);
}
