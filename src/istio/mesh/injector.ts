/** The templates that an injector is configured with, as its ConfigMap and the charts' values name them. */

import { problem } from '../problems.ts';
import type { YamlNode } from '../yaml.ts';
import { field, textOf } from '../yaml-fields.ts';
import type { Place } from './place.ts';
import { placeWithin } from './place.ts';
import type { MeshReading } from './reading.ts';
import { oddities, writtenValues } from './template.ts';

/** The one that every injected pod gets unless it asks for another. */
const STOCK_NAME = 'sidecar';

interface Oddity {
  readonly what: string;
  readonly node: YamlNode;
  readonly place: Place;
}

/** Reads `template` (before there were several), `templates` and `defaultTemplates`; whatever is not stock is one warning. */
export function judgeTemplates(config: YamlNode, place: Place, reading: MeshReading): void {
  const only = field(config, 'template');
  const sidecar = field(config, 'templates', STOCK_NAME);
  const found = [...[only, sidecar].flatMap((text) => ofTemplate(text, place, reading)), ...ofDefaults(config, place)];
  const fresh = found.filter(({ what }) => !reading.notStock.has(what));
  const [first] = fresh;
  if (first === undefined) return;
  for (const { what } of fresh) reading.notStock.add(what);
  const what = fresh.map((oddity) => `${oddity.what} (line ${lineOf(oddity)})`).join('; ');
  reading.problems.push(problem('template-not-stock', first.place.at(first.node), { what }));
}

function ofTemplate(text: YamlNode | undefined, place: Place, reading: MeshReading): readonly Oddity[] {
  if (text?.kind !== 'scalar' || text.text === '') return [];
  const within = placeWithin(place, text);
  for (const [path, { value, ...at }] of writtenValues(text.text)) reading.implied.set(path, { value, source: within.at(at, path) });
  return oddities(text.text).map(({ what, line }) => ({ what, node: { ...text, line, column: 1 }, place: within }));
}

/** Templates that are laid over each pod besides the stock one. */
function ofDefaults(config: YamlNode, place: Place): readonly Oddity[] {
  const defaults = field(config, 'defaultTemplates');
  if (defaults?.kind !== 'sequence') return [];
  const names = defaults.items.map((item) => textOf(item));
  const others = defaults.items.flatMap((node): readonly Oddity[] => {
    const name = textOf(node);
    return name === undefined || name === STOCK_NAME ? [] : [{ what: `the template ${name} is laid over every pod`, node, place }];
  });
  const without = names.length > 0 && !names.includes(STOCK_NAME);
  return without ? [{ what: `pods do not get the template ${STOCK_NAME} by default`, node: defaults, place }, ...others] : others;
}

/** Of a text in quotes only the line within it can be told. */
function lineOf({ node, place }: Oddity): string {
  const source = place.at(node);
  return place.exact && source.kind === 'file' ? String(source.line) : `${node.line} of the template`;
}
