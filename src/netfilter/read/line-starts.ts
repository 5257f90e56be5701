/** How a line of iptables begins, told without reading it: what stands before that in a log or on a page is not its own. */

const NAME = '[A-Za-z][\\w.-]{0,30}';

// What a quotation, a table of Markdown or a terminal's box may close a line with.
const CLOSED = '["\'`,\\]|\\u2500-\\u257f\\s]*$';

/** Each form of a line with a rule in it; what closes a quotation may follow. */
const STARTS = [
  `\\*\\s?(?:nat|mangle|raw|filter|security)${CLOSED}`,
  `-[ADINPR] ${NAME}(?:[ "'\`|\\u2500-\\u257f]|$)`,
  `\\[\\d+:\\d+\\] -A ${NAME} `,
  `:${NAME} (?:ACCEPT|DROP|-) \\[\\d+:\\d+\\]`,
  `COMMIT(?:\\s|${CLOSED})`,
  `Chain ${NAME} \\((?:policy|\\d+ ref)`,
];

const START = new RegExp(`^(?:${STARTS.join('|')})`);

// Behind what separates columns, and never behind a program's name: that is a command.
const INNER = new RegExp(`(?<=[\\s"'\`:|,;>\\]\\u2500-\\u257f])(?:${STARTS.join('|')})`);
const COMMAND = /(?:^|[\s/`'"(])ip6?tables(?:-(?:legacy|nft))?\s/;

/** A log's columns are shorter; a line of prose that quotes a rule is not. */
const LONGEST_PREFIX = 300;

/** Whether a line begins as one of iptables does. */
export function startsAsRules(text: string): boolean {
  return START.test(text);
}

/** What stands before a line of iptables, or null where there is nothing, or no such line. */
export function prefixOf(text: string): string | null {
  if (startsAsRules(text)) return null;
  const found = INNER.exec(text.slice(0, LONGEST_PREFIX + 80));
  if (found === null || found.index === 0 || found.index > LONGEST_PREFIX) return null;
  const prefix = text.slice(0, found.index);
  return COMMAND.test(prefix) ? null : prefix;
}
