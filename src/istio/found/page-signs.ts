/** How a page that holds manifests and rules is told from manifests, by its start. */

const MANIFEST = /^["'{\s-]*(?:apiVersion|kind)["']?\s*:/m;
const RULES = /^(?:\*[a-z]+$|-[ANP] [A-Z]|Chain \S+ \(|:[A-Z]\S* (?:ACCEPT|DROP|-) \[|\s*<iptables-rules[\s>])/m;

/** Whether a text, or the start of one, has both: no document of YAML or JSON has a rule at the start of a line. */
export function isPage(text: string): boolean {
  return MANIFEST.test(text) && RULES.test(text);
}
