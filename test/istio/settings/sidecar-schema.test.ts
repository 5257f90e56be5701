import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { injectedSettings } from '../../../src/istio/kubernetes/ordinary-injection.ts';
import { profileOf } from '../../../src/istio/releases/profile.ts';
import { printedSettings } from '../../../src/istio/settings/printed-settings.ts';
import { sidecarSchema } from '../../../src/istio/settings/sidecar-schema.ts';

const docs = new URL('../../../docs/', import.meta.url);

interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
}

const KEYWORDS =
  'type const enum anyOf properties required additionalProperties items minimum maximum pattern title description $schema'.split(' ');

/** Checks a value with the few keywords of JSON Schema that ours uses. */
function accepts(schema: Schema, value: unknown): boolean {
  const unknown = Object.keys(schema).filter((keyword) => !KEYWORDS.includes(keyword));
  if (unknown.length > 0) throw new Error(`this check does not know ${unknown.join(', ')}`);
  const { type, anyOf, properties = {}, required = [], items, minimum = -Infinity, maximum = Infinity, pattern = '' } = schema;
  const own = value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;
  if (type !== undefined && ![type].flat().includes(own)) return false;
  if ('const' in schema && value !== schema.const) return false;
  if (schema.enum !== undefined && !schema.enum.includes(value)) return false;
  if (anyOf !== undefined && !anyOf.some((one) => accepts(one, value))) return false;
  if (typeof value === 'number') return value >= minimum && value <= maximum;
  if (typeof value === 'string') return new RegExp(pattern, 'u').test(value);
  if (Array.isArray(value)) return items === undefined || value.every((item) => accepts(items, item));
  if (typeof value !== 'object' || value === null) return true;
  const entries = Object.entries(value);
  if (schema.additionalProperties === false && entries.some(([key]) => !Object.hasOwn(properties, key))) return false;
  return required.every((key) => Object.hasOwn(value, key)) && entries.every(([key, part]) => accepts(properties[key] ?? {}, part));
}

const schema = sidecarSchema() as Schema;
const HEAD = { apiVersion: 'istio-init/v1', kind: 'SidecarCapture' };

describe('the JSON Schema of a SidecarCapture', () => {
  it('is the published one; "npm run vitest -- -u test/istio/settings/sidecar-schema.test.ts" renews docs/sidecar-capture.schema.json', async () => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot('../../../docs/sidecar-capture.schema.json');
  });

  it('accepts the example', () => {
    expect(accepts(schema, load(readFileSync(new URL('examples/sidecar.yaml', docs), 'utf8')))).toBe(true);
  });

  it('accepts what is written for an injected pod of any era', () => {
    for (const release of ['1.0.0', '1.4.10', '1.30.3']) {
      expect(accepts(schema, { ...HEAD, release, ...printedSettings(injectedSettings(profileOf(release))) }), release).toBe(true);
    }
  });

  it.each<[string, object]>([
    ['every form of a list of ports', { inbound: { includePorts: [80, '443', '8000:8099'], excludePorts: [] } }],
    ['"*" where it stands for all', { inbound: { includePorts: '*' }, outbound: { includeRanges: '*', ownerGroups: '*' } }],
    ['owners by number and by name', { proxy: { uids: [1337, '1337', 'istio-proxy'] } }],
  ])('accepts %s', (_, settings) => {
    expect(accepts(schema, { ...HEAD, ...settings })).toBe(true);
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a list', []],
    ['no kind', { apiVersion: HEAD.apiVersion }],
    ['no apiVersion', { kind: HEAD.kind }],
    ['another kind', { ...HEAD, kind: 'Pod' }],
    ['an unknown key', { ...HEAD, inboundd: {} }],
    ['an unknown key in a group', { ...HEAD, inbound: { excludePort: [] } }],
    ['the full name of a setting', { ...HEAD, 'proxy.port': 80 }],
    ['a release that has become a number', { ...HEAD, release: 1.3 }],
    ['an unknown mode', { ...HEAD, mode: 'tproxy' }],
    ['a port above 65535', { ...HEAD, proxy: { port: 70000 } }],
    ['port 0', { ...HEAD, inbound: { excludePorts: [0] } }],
    ['half a port', { ...HEAD, inbound: { excludePorts: [80.5] } }],
    ['a port with a leading zero', { ...HEAD, inbound: { excludePorts: ['080'] } }],
    ['one port for a list', { ...HEAD, inbound: { excludePorts: 80 } }],
    ['"*" where there is none', { ...HEAD, inbound: { excludePorts: '*' } }],
    ['a word for true or false', { ...HEAD, dropInvalid: 'yes' }],
    ['a number for a range', { ...HEAD, outbound: { includeRanges: [10] } }],
    ['mark 0', { ...HEAD, tproxy: { mark: 0 } }],
  ])('refuses %s', (_, value) => {
    expect(accepts(schema, value)).toBe(false);
  });
});
