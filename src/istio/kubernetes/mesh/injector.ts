/** The templates that an injector is configured with, as its ConfigMap and the charts' values name them. */

import { problem } from '../../problems.ts';
import type { YamlNode } from '../../yaml.ts';
import { field, itemsIn, textOf } from '../../yaml-fields.ts';
import type { Place } from './place.ts';
import { placeWithin } from './place.ts';
import type { MeshReading } from './reading.ts';
import { oddities, writtenValues } from './template.ts';
import { initContainers } from './template-arguments.ts';

/** The one that every injected pod gets unless it asks for another. */
const STOCK_NAME = 'sidecar';

interface Oddity {
  readonly what: string;
  readonly node: YamlNode;
  readonly place: Place;
}

/** Reads the configuration of an injector, which has all of its templates. */
export function readInjector(config: YamlNode, place: Place, reading: MeshReading): void {
  readTemplates(config, place, reading);
  if (field(config, 'templates') !== undefined) reading.templates.all = true;
}

/** Reads `template`, `templates`, `aliases` and `defaultTemplates`, here and in the charts' values; whatever is not stock is one warning. */
export function readTemplates(config: YamlNode, place: Place, reading: MeshReading): void {
  noteTemplates(config, reading);
  // Injectors with several templates no longer read the one; the charts leave a text there that makes older ones fail
  // (istiod-injector-configmap.yaml: Template_Version_And_Istio_Version_Mismatched_Check_Installation).
  const stock = field(config, 'templates') === undefined ? field(config, 'template') : field(config, 'templates', STOCK_NAME);
  const found = [...ofTemplate(stock, place, reading), ...ofDefaults(config, place, reading)];
  const fresh = found.filter(({ what }) => !reading.notStock.has(what));
  const [first] = fresh;
  if (first === undefined) return;
  for (const { what } of fresh) reading.notStock.add(what);
  const what = fresh.map((oddity) => `${oddity.what} (line ${lineOf(oddity)})`).join('; ');
  reading.problems.push(problem('template-not-stock', first.place.at(first.node), { what }));
}

function noteTemplates(config: YamlNode, { templates }: MeshReading): void {
  for (const [name, text] of fieldsIn(config, 'templates'))
    if (text.kind === 'scalar') {
      templates.makeRules.set(name, initContainers(text.text).length > 0);
      templates.texts.set(name, text.text);
    }
  for (const [name, names] of fieldsIn(config, 'aliases')) templates.aliases.set(name, textsIn(names));
  const defaults = field(config, 'defaultTemplates');
  if (defaults?.kind === 'sequence' && defaults.items.length > 0) templates.byDefault = textsIn(defaults);
}

function fieldsIn(config: YamlNode, name: string): readonly (readonly [string, YamlNode])[] {
  const fields = field(config, name);
  if (fields?.kind !== 'mapping') return [];
  return fields.entries.flatMap(({ key, value }) => (key.kind === 'scalar' ? [[key.text, value] as const] : []));
}

function textsIn(node: YamlNode): readonly string[] {
  return itemsIn(node).flatMap((item) => textOf(item) ?? []);
}

function ofTemplate(text: YamlNode | undefined, place: Place, reading: MeshReading): readonly Oddity[] {
  if (text?.kind !== 'scalar' || text.text === '') return [];
  const within = placeWithin(place, text);
  for (const [path, { value, ...at }] of writtenValues(text.text)) reading.implied.set(path, { value, source: within.at(at, path) });
  return oddities(text.text).map(({ what, line }) => ({ what, node: { ...text, line, column: 1 }, place: within }));
}

/** Templates that are laid over each pod besides the stock one; of those that are given, the ones that touch rules. */
function ofDefaults(config: YamlNode, place: Place, { templates }: MeshReading): readonly Oddity[] {
  const defaults = field(config, 'defaultTemplates');
  if (defaults?.kind !== 'sequence') return [];
  const namesOf = (node: YamlNode): readonly string[] => {
    const name = textOf(node);
    return name === undefined ? [] : (templates.aliases.get(name) ?? [name]);
  };
  const others = defaults.items.flatMap((node): readonly Oddity[] =>
    namesOf(node)
      .filter((name) => name !== STOCK_NAME && templates.makeRules.get(name) !== false)
      // What has no actions is laid over the pod as it stands.
      .filter((name) => templates.texts.get(name)?.includes('{{') !== false)
      .map((name) => ({ what: `the template ${name} is laid over every pod`, node, place })),
  );
  const noStock = defaults.items.length > 0 && !defaults.items.some((node) => namesOf(node).includes(STOCK_NAME));
  return noStock ? [{ what: `pods do not get the template ${STOCK_NAME} by default`, node: defaults, place }, ...others] : others;
}

/** Of a text in quotes only the line within it can be told. */
function lineOf({ node, place }: Oddity): string {
  const source = place.at(node);
  return place.exact && source.kind === 'file' ? String(source.line) : `${node.line} of the template`;
}
