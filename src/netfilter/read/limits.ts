/** How much of a text is read. A large node has some 50,000 rules; a rule takes 1.5 KB of memory. */

/** In lines. */
export const MOST_LINES = 1_000_000;
