import { expect, it } from 'vitest';
import { readYaml } from '../../src/istio/yaml.ts';
import { field, textOf } from '../../src/istio/yaml-fields.ts';

it('of a key that stands twice the last counts, as for all who read YAML that way', () => {
  const documents = readYaml('a: {b: 1}\na: {b: 2, b: 3}\n');
  if ('reason' in documents) throw new Error(documents.reason);
  expect(textOf(field(documents[0], 'a', 'b'))).toBe('3');
});
