/** A strategic merge of Kubernetes (apimachinery, pkg/util/strategicpatch), as far as init containers need it. */

type Data = Readonly<Record<string, unknown>>;

/** Mappings are merged, all else takes the place of what was there. */
export function merged(below: Data, above: unknown): Data {
  if (typeof above !== 'object' || above === null || Array.isArray(above)) return below;
  const entries = Object.entries(above).map(([key, value]): [string, unknown] => {
    const before = below[key];
    const both = typeof value === 'object' && value !== null && !Array.isArray(value) && typeof before === 'object' && before !== null;
    return [key, both ? merged(before as Data, value) : value];
  });
  return { ...below, ...Object.fromEntries(entries) };
}

/** Lists of what has a name: an item of the same name takes the other's place; new ones come before what they were not compared with. */
export function mergedByName<V extends { readonly name: string }>(below: readonly V[], above: readonly V[]): readonly V[] {
  const order = (of: V): number => below.findIndex(({ name }) => name === of.name);
  const left = below.filter(({ name }) => !above.some((one) => one.name === name));
  const result: V[] = [];
  let at = 0;
  for (const one of above) {
    while (at < left.length && order(one) >= 0 && order(left[at] as V) < order(one)) result.push(left[at++] as V);
    result.push(one);
  }
  return [...result, ...left.slice(at)];
}
