/** A memory that does not grow: what was requested last is forgotten last. */

/** Makes what is not known any more; `most` are kept. */
export function recent<V>(most: number): (key: string, make: () => V) => V {
  const kept = new Map<string, V>();
  return (key, make) => {
    const known = kept.get(key);
    const value = known ?? make();
    if (known !== undefined) kept.delete(key);
    else if (kept.size >= most) kept.delete(kept.keys().next().value as string);
    kept.set(key, value);
    return value;
  };
}
