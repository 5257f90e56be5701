/** How much of one document is read. */

// In MB. Kubernetes' own store takes 1.5; a list of YAML has all its items in one document.
const MEGABYTES = 128;

export const LARGEST = MEGABYTES * 1_000_000;
export const TOO_LARGE = `this document has more than ${MEGABYTES} MB, which is the most that is read`;
