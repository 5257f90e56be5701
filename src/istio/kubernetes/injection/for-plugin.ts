/** What injectors write into a pod's annotations for the CNI plugin, which knows neither mesh values nor defaults of the templates. */

import type { AnnotationName } from '../annotations.ts';
import { ANNOTATIONS } from '../annotations.ts';
import type { Layered } from '../mesh/effective.ts';
import { declaredPorts, excludedWithStatusPort, includedInbound } from './inbound-ports.ts';
import type { TemplateData } from './template-data.ts';
import { injectedText, modeOf, templateText } from './template-data.ts';

/** The annotations of an injected pod, by key. */
export function annotationsForPlugin(data: TemplateData): ReadonlyMap<string, Layered> {
  const { annotations, profile } = data;
  const own = [...annotations].map(([key, given]) => [key, { ...given, over: [] }] as const);
  const written = profile.has('injectsRedirectAnnotations')
    ? redirectAnnotations(data)
    : profile.has('injectsAnnotationsForPlugin')
      ? templateAnnotations(data)
      : {};
  return new Map<string, Layered>([
    ...own,
    ...Object.entries(written).flatMap(([name, text]) =>
      text === undefined ? [] : [[ANNOTATIONS[name as AnnotationName].key, text] as const],
    ),
  ]);
}

export type Written = Partial<Record<AnnotationName, Layered | undefined>>;

const INCLUDE_RANGES = { annotation: 'includeRanges', value: 'global.proxy.includeIPRanges', fallback: '*' } as const;
const EXCLUDE_RANGES = { annotation: 'excludeRanges', value: 'global.proxy.excludeIPRanges', fallback: '' } as const;
const INCLUDE_OUTBOUND = { annotation: 'includeOutboundPorts', value: 'global.proxy.includeOutboundPorts' } as const;
const EXCLUDE_OUTBOUND = { annotation: 'excludeOutboundPorts', value: 'global.proxy.excludeOutboundPorts' } as const;

/** The block `podRedirectAnnot`, written into every pod; its inbound ports are the declared ones. */
export function redirectAnnotations(data: TemplateData): Written {
  const declared = injectedText(declaredPorts(data), data.profile);
  return {
    mode: modeOf(data),
    includeRanges: templateText(data, INCLUDE_RANGES),
    excludeRanges: templateText(data, EXCLUDE_RANGES),
    includeInboundPorts: templateText(data, { annotation: 'includeInboundPorts' }) ?? declared,
    excludeInboundPorts: excludedWithStatusPort(data),
    excludeOutboundPorts: templateText(data, EXCLUDE_OUTBOUND),
  };
}

/** The template's own annotations. Most empty texts are left out: the plugin then has its own default. */
function templateAnnotations(data: TemplateData): Written {
  const included = includedInbound(data);
  return {
    mode: modeOf(data),
    includeRanges: unlessEmpty(templateText(data, INCLUDE_RANGES)),
    excludeRanges: unlessEmpty(templateText(data, EXCLUDE_RANGES)),
    includeInboundPorts: data.profile.has('injectsEmptyForPlugin') ? included : unlessEmpty(included),
    excludeInboundPorts: excludedWithStatusPort(data),
    includeOutboundPorts: templateText(data, INCLUDE_OUTBOUND),
    excludeOutboundPorts: templateText(data, EXCLUDE_OUTBOUND),
  };
}

function unlessEmpty(text: Layered | undefined): Layered | undefined {
  return text?.value === '' ? undefined : text;
}
