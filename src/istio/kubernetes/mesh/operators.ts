/** The resources by which operators install Istio. */

import type { YamlNode } from '../../yaml.ts';
import { field, isNull, itemsIn, textOf } from '../../yaml-fields.ts';
import { VALUES_FORMS } from './forms.ts';
import { readMeshConfig, readValues } from './helm-values.ts';
import type { Place } from './place.ts';
import type { MeshReading } from './reading.ts';
import { walk } from './walk.ts';

/** Reads a field of the resource as the value that it becomes. */
function become(object: YamlNode, path: readonly string[], value: string, place: Place, reading: MeshReading): void {
  const node = field(object, 'spec', ...path);
  if (node !== undefined) walk(node, value, VALUES_FORMS, place, reading, new Map([[value, `spec.${path.join('.')}`]]));
}

/** A profile of istioctl or of the operator, which are not those of the charts: the ones for OpenShift bring the plugin and the platform. */
function readProfile(object: YamlNode, place: Place, reading: MeshReading): void {
  const node = field(object, 'spec', 'profile');
  if (node === undefined || isNull(node)) return;
  const source = place.at(node, 'spec.profile');
  const name = textOf(node) ?? '';
  if (/^openshift(?:-|$)/.test(name))
    for (const [path, value] of [
      ['pilot.cni.enabled', 'true'],
      ['istio_cni.enabled', 'true'],
      ['global.platform', 'openshift'],
    ] as const)
      reading.implied.set(path, { value, source });
  else if (name === 'ambient') reading.implied.set('profile', { value: name, source });
}

/** `istioctl install -f`: what its own API says is beaten by `values`, and that by `unvalidatedValues`. Variables of istiod are set under its component, too. */
export function readIstioOperator(object: YamlNode, place: Place, reading: MeshReading): void {
  const spec = field(object, 'spec');
  readProfile(object, place, reading);
  become(object, ['tag'], 'global.tag', place, reading);
  become(object, ['namespace'], 'global.istioNamespace', place, reading);
  become(object, ['components', 'cni', 'enabled'], 'pilot.cni.enabled', place, reading);
  const cni = reading.values.get('pilot.cni.enabled');
  // Which of the two a release's injector looks at is its own affair.
  if (cni !== undefined && field(spec, 'components', 'cni', 'enabled') !== undefined) reading.values.set('istio_cni.enabled', cni);
  for (const item of itemsIn(field(spec, 'components', 'pilot', 'k8s', 'env'))) {
    const [name, value] = [textOf(field(item, 'name')), field(item, 'value')];
    const path = `pilot.env.${name}`;
    const called = new Map([[path, `spec.components.pilot.k8s.env ${name}`]]);
    if (VALUES_FORMS.has(path) && value !== undefined) walk(value, path, VALUES_FORMS, place, reading, called);
  }
  const meshConfig = field(spec, 'meshConfig');
  if (meshConfig !== undefined) readMeshConfig(meshConfig, place, reading);
  for (const name of ['values', 'unvalidatedValues']) readBelow(field(spec, name), place, reading);
}

/** The Sail operator's Istio and IstioRevision: its version decides, whatever tag the values name. */
export function readIstio(object: YamlNode, place: Place, reading: MeshReading): void {
  readProfile(object, place, reading);
  become(object, ['namespace'], 'global.istioNamespace', place, reading);
  readBelow(field(object, 'spec', 'values'), place, reading);
  become(object, ['version'], 'global.tag', place, reading);
}

/** Who installs the CNI plugin wants it to make the rules, unless the values of istiod say otherwise. */
export function readCni(object: YamlNode, place: Place, reading: MeshReading): void {
  const source = place.at(field(object, 'kind') ?? object, 'IstioCNI');
  for (const path of ['pilot.cni.enabled', 'istio_cni.enabled']) reading.implied.set(path, { value: 'true', source });
}

function readBelow(values: YamlNode | undefined, place: Place, reading: MeshReading): void {
  if (values !== undefined && !isNull(values)) readValues(values, place, reading);
}
