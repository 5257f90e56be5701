/** The annotation `proxy.istio.io/config`: a ProxyConfig as YAML in a text. */

import type { Origin, Sourced } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import type { ProxyConfigLayer } from '../manifest/mesh-resources.ts';
import type { Texts } from '../manifest/workload.ts';
import { PROXY_CONFIG_FORMS } from './forms.ts';
import { layerOf } from './layer.ts';
import type { Place } from './place.ts';
import { documentsAt } from './place.ts';
import type { Given } from './walk.ts';
import { walk } from './walk.ts';

export const PROXY_CONFIG_ANNOTATION = 'proxy.istio.io/config';

export interface ProxyConfigAnnotation {
  readonly layer?: ProxyConfigLayer;
  /** Each of them makes the injector refuse the pod. */
  readonly problems: readonly Problem[];
}

/** Undefined where there is no such annotation. Never throws. */
export function readProxyConfigAnnotation(annotations: Texts): ProxyConfigAnnotation | undefined {
  const annotation = annotations.get(PROXY_CONFIG_ANNOTATION);
  if (annotation === undefined) return undefined;
  const found = KNOWN.get(annotation) ?? read(annotation);
  KNOWN.set(annotation, found);
  return found;
}

/** A pod is looked at many times: by its injector, by explain, by every rule of lint. */
const KNOWN = new WeakMap<Sourced<string>, ProxyConfigAnnotation>();

function read(annotation: Sourced<string>): ProxyConfigAnnotation {
  const place = placeOf(annotation);
  const documents = documentsAt(place);
  if ('code' in documents) return { problems: [documents] };
  const given: Given = { values: new Map(), problems: [] };
  // Go's YAML reads the first document of a text.
  const [document] = documents;
  if (document !== undefined) walk(document, '', PROXY_CONFIG_FORMS, place, given, new Map([['', `${PROXY_CONFIG_ANNOTATION} `]]));
  if (given.problems.some(({ severity }) => severity === 'error')) return { problems: given.problems };
  return { layer: layerOf(given.values, '', annotation.source), problems: given.problems };
}

/** Positions are exact in a literal block; of any other text only the beginning is known. */
function placeOf({ value, source }: Sourced<string>): Place {
  if (source.kind !== 'file') return { file: '', text: value, exact: false, at: () => source };
  const { indent, ...start } = source;
  return {
    file: source.file,
    text: value,
    exact: indent !== undefined,
    at: ({ line, column }, key = PROXY_CONFIG_ANNOTATION): Origin =>
      indent === undefined ? { ...start, key } : { ...start, line: start.line + line - 1, column: column + indent, key },
  };
}
