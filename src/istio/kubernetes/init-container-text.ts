/** Init containers in words: their order, and of each that Istio makes what it is and may do. */

import { quoteForPasting } from '../../netfilter/words.ts';
import { onOneLine } from '../origin.ts';
import type { ContainerLine } from './injection/init-containers.ts';
import { pastedContainer } from './pod-init-containers.ts';

/** Lines with a label each; none for a pod without init containers. */
export function initContainerLines(
  containers: readonly ContainerLine[],
  release: string,
): readonly (readonly [label: string, text: string])[] {
  if (containers.length === 0) return [];
  return [
    ['init containers', orderText(containers)],
    ...containers
      .filter(({ securityContext, args }) => securityContext !== undefined || args !== undefined)
      .flatMap((one) => partsOf(one, release)),
  ];
}

/** `1 istio-init, 2 istio-proxy (a native sidecar), 3 migrate` */
export function orderText(containers: readonly ContainerLine[]): string {
  const native = ({ restartPolicy }: ContainerLine): string => (restartPolicy === 'Always' ? ' (a native sidecar)' : '');
  return onOneLine(containers.map((one, at) => `${at + 1} ${one.name}${native(one)}`).join(', '));
}

function partsOf(container: ContainerLine, release: string): readonly (readonly [string, string])[] {
  const { name, command = [], args = [], env = [], securityContext = {} } = container;
  const { image = '' } = pastedContainer(container, release) as { readonly image?: string };
  const words = (list: readonly string[]): string => list.map(quoteForPasting).join(' ');
  const parts: readonly (readonly [string, string])[] = [
    ['image', image],
    ['command', words(command)],
    ['args', words(args)],
    ['env', env.map((one) => `${one.name}=${'from' in one ? 'from elsewhere' : quoteForPasting(one.value)}`).join(' ')],
    ['rights', rightsOf(securityContext).join(', ')],
  ];
  return parts.flatMap(([what, text]) => (text === '' ? [] : [[`${onOneLine(name)} ${what}`, onOneLine(text)] as const]));
}

/** `runAsUser 0`, `capabilities.add NET_ADMIN NET_RAW`: a securityContext by its own keys. */
function rightsOf(context: Readonly<Record<string, unknown>>, before = ''): readonly string[] {
  return Object.entries(context).flatMap(([key, value]) => {
    if (Array.isArray(value)) return [`${before}${key} ${value.join(' ')}`];
    if (typeof value === 'object' && value !== null) return rightsOf(value as Readonly<Record<string, unknown>>, `${before}${key}.`);
    return [`${before}${key} ${value}`];
  });
}
