/** How a cluster is reached: what kubectl is told besides what is wanted. */

export interface ClusterAccess {
  readonly context?: string;
  readonly kubeconfig?: string;
  /** Where names are looked for; without it kubectl's own. */
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  /** Only what has these labels, in kubectl's words. */
  readonly selector?: string;
  /** For one answer. */
  readonly seconds?: number;
  /** Ends what is under way. */
  readonly signal?: AbortSignal;
  /** Whether Ctrl-C at a terminal must not reach kubectl: it clears up. */
  readonly apart?: true;
}

/** What every call of kubectl is given. In one word each, so that no value is ever an option of its own. */
export function accessWords({ context, kubeconfig }: ClusterAccess): readonly string[] {
  return [...(context === undefined ? [] : [`--context=${context}`]), ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`])];
}
