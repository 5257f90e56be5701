/** How a page that holds manifests and rules is told from manifests, by its start. */

const MANIFEST = /^["'{\s-]*(?:apiVersion|kind)["']?\s*:/m;
const RULES = /^(?:\*[a-z]+$|-[ANP] [A-Z]|Chain \S+ \(|:[A-Z]\S* (?:ACCEPT|DROP|-) \[|\s*<iptables-rules[\s>])/m;

/** Whether a text is one of people with a manifest in it: fences that no YAML has, or a first line that can't be of a manifest. */
export function isProse(text: string): boolean {
  if (!MANIFEST.test(text)) return false;
  const [first = ''] = /^(?![^\S\n]*(?:#|$)).*/m.exec(text) ?? [];
  return /^(?:```|~~~)/m.test(text) || !BEGINS.test(first.trim());
}

// How a document of YAML or JSON may begin: its keys are words, and what stands in front of a prompt or a macro of Jira is none.
const BEGINS = /^(?:---|%YAML|\ufeff|-(?:\s|$)|\{(?!code|noformat)|\[\s*(?:["{]|$)|["']?[\w./-]+["']?\s*:(?:\s|$))/;

/** Whether a text, or the start of one, has both: no document of YAML or JSON has a rule at the start of a line. */
export function isPage(text: string): boolean {
  return MANIFEST.test(text) && RULES.test(text);
}
