/** Words that this program says to a second copy of itself, which it starts in another namespace; none of the command line. */

type OwnWord = 'hold-lock' | 'probe-here' | 'call-here';

/** What each of them does. */
export const OWN_WORDS: Readonly<Record<OwnWord, () => Promise<void>>> = {
  'hold-lock': async () => (await import('../host/namespace/lock.ts')).holdLock(),
  'probe-here': async () => (await import('../host/probe/probe-there.ts')).probeHere(),
  'call-here': async () => (await import('../host/probe/probe-there.ts')).callHere(),
};

export function isOwnWord(word: string | undefined): word is OwnWord {
  return word !== undefined && Object.hasOwn(OWN_WORDS, word);
}
