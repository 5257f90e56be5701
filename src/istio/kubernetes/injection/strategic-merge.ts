/** A strategic merge of Kubernetes, as far as security contexts need it: mappings are merged, all else takes the place of what was there. */

type Data = Readonly<Record<string, unknown>>;

export function merged(below: Data, above: unknown): Data {
  if (typeof above !== 'object' || above === null || Array.isArray(above)) return below;
  const entries = Object.entries(above).map(([key, value]): [string, unknown] => {
    const before = below[key];
    const both = typeof value === 'object' && value !== null && !Array.isArray(value) && typeof before === 'object' && before !== null;
    return [key, both ? merged(before as Data, value) : value];
  });
  return { ...below, ...Object.fromEntries(entries) };
}
