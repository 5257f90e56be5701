import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VALUES_FORMS } from '../../../../src/istio/kubernetes/mesh/forms.ts';
import { MESH_VALUES } from '../../../../src/istio/kubernetes/mesh/mesh.ts';

const page = readFileSync(new URL('../../../../docs/values.md', import.meta.url), 'utf8');
const table = page.slice(page.indexOf('## What is read'), page.indexOf('## Proxy configuration'));
const rows = new Map([...table.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, path = '', what = '']) => [path, what]));

describe('the page of values', () => {
  it.each(Object.entries(MESH_VALUES))('has the row of %s as the table has it', (path, what) => {
    expect(rows.get(path)).toBe(what);
  });

  it('has a row for each value that is read, and for nothing else', () => {
    expect([...rows.keys()].sort()).toEqual([...VALUES_FORMS.keys()].sort());
  });
});
