/** What has been read so far of a mesh's configuration. */

import type { Sourced } from '../../origin.ts';
import type { ContextItem } from './context.ts';
import type { Injector } from './mesh.ts';
import type { Given } from './walk.ts';

export interface MeshReading extends Given {
  /** What follows from something else, where nobody gives it. */
  readonly implied: Map<string, Sourced<string>>;
  readonly context: ContextItem[];
  readonly injectors: Injector[];
  /** Of the control plane whose ConfigMaps were read, what stands behind their names. */
  revision?: string;
  /** What was said of templates that are not stock: values and ConfigMaps have the same one. */
  readonly notStock: Set<string>;
  readonly bare: Map<string, Sourced<string>>;
  readonly templates: {
    readonly makeRules: Map<string, boolean>;
    readonly aliases: Map<string, readonly string[]>;
    readonly texts: Map<string, string>;
    byDefault?: readonly string[];
    all: boolean;
  };
}
