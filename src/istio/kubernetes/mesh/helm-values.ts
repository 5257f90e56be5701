/** Values of Istio's Helm charts, and the MeshConfig that is one of them. */

import type { YamlNode } from '../../yaml.ts';
import { field } from '../../yaml-fields.ts';
import { CHARTS, DEFAULTS, valuesKey } from '../manifest/chart-keys.ts';
import { VALUES_FORMS } from './forms.ts';
import { readTemplates } from './injector.ts';
import type { Place } from './place.ts';
import type { MeshReading } from './reading.ts';
import { walk } from './walk.ts';

export function readValues(values: YamlNode, place: Place, reading: MeshReading): void {
  for (const name of DEFAULTS) {
    const below = field(values, name);
    if (below?.kind === 'mapping') walk(below, '', VALUES_FORMS, place, reading);
  }
  for (const name of CHARTS) {
    const below = field(values, name);
    if (below !== undefined && valuesKey(below) !== undefined) readValues(below, place, reading);
  }
  walk(values, '', VALUES_FORMS, place, reading);
  const webhook = field(values, 'sidecarInjectorWebhook');
  if (webhook !== undefined) readTemplates(webhook, place, reading);
}

export function readMeshConfig(config: YamlNode, place: Place, reading: MeshReading): void {
  walk(config, 'meshConfig', VALUES_FORMS, place, reading);
}
