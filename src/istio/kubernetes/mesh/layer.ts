/** Values by path to a layer of proxy configuration. */

import type { Origin, Sourced } from '../../origin.ts';
import type { ProxyConfigLayer } from '../manifest/mesh-resources.ts';
import { textsUnder } from './walk.ts';

/** What is given below `start` (a path that ends with a dot, or nothing). */
export function layerOf(values: ReadonlyMap<string, Sourced<string>>, start: string, source: Origin): ProxyConfigLayer {
  const interceptionMode = values.get(`${start}interceptionMode`);
  const holds = values.get(`${start}holdApplicationUntilProxyStarts`)?.value;
  return {
    source,
    ...(holds === undefined ? {} : { holds: holds === 'true' }),
    ...(interceptionMode === undefined ? {} : { interceptionMode }),
    metadata: textsUnder(values, `${start}proxyMetadata`),
  };
}
