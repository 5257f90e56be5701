/** How much of one object is read: a document, or an item of a list. */

// In MB. Kubernetes' own store takes 1.5 of an object; its tree takes fifty times its text.
const MEGABYTES = 16;

export const LARGEST = MEGABYTES * 1_000_000;
export const TOO_LARGE = `what begins here has more than ${MEGABYTES} MB, which is the most that is read of one object`;
