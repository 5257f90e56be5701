/** The JSON Schema of our YAML, made from the table of settings. */

import { API_VERSION } from '../api-version.ts';
import { NEWEST, OLDEST } from '../releases/known.ts';
import type { SettingKey } from './settings.ts';
import { SETTING_KEYS, SETTINGS } from './settings.ts';
import { KIND } from './sidecar-file.ts';

type Schema = Readonly<Record<string, unknown>>;

/** What editors check a SidecarCapture with. */
export function sidecarSchema(): Schema {
  const properties: Record<string, unknown> = {
    apiVersion: { const: API_VERSION },
    kind: { const: KIND },
    release: {
      type: 'string',
      description: `A release of Istio, ${OLDEST} to ${NEWEST}; a minor such as "1.23" is its newest patch.`,
    },
  };
  for (const key of SETTING_KEYS) {
    const [group = '', name] = key.split('.');
    if (name === undefined) properties[group] = settingSchema(key);
    else
      properties[group] = {
        type: 'object',
        additionalProperties: false,
        properties: { ...inner(properties[group]), [name]: settingSchema(key) },
      };
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: KIND,
    description: "Settings of a sidecar's traffic capture. A key that is missing has the value that the release's injector passes.",
    type: 'object',
    additionalProperties: false,
    required: ['apiVersion', 'kind'],
    properties,
  };
}

function inner(group: unknown): Schema {
  return (group as { readonly properties?: Schema } | undefined)?.properties ?? {};
}

function settingSchema(key: SettingKey): Schema {
  const { shape, schema, what } = SETTINGS[key];
  const list = { type: 'array', items: schema };
  switch (shape) {
    case 'one':
      return { ...schema, description: what };
    case 'list':
      return { ...list, description: what };
    case 'list or *':
      return { anyOf: [{ const: '*' }, list], description: what };
    default:
      return shape satisfies never;
  }
}
