/** What the program is called by, so that what it prints can be typed as it stands. */

const PLUGIN = 'kubectl-istio_init';
export const PLUGIN_COMPLETION = 'kubectl_complete-istio_init';

/** The last part of the name of what was started: a link, or kubectl's word for a plugin, leads to the same program. */
export function startedAs(argv0 = process.argv0, script = process.argv[1]): string {
  const ends = [argv0, script ?? ''].map((path) => path.split('/').at(-1) ?? '');
  return ends.find((end) => end === PLUGIN || end === PLUGIN_COMPLETION) ?? 'istio-init';
}

/** The words that start it. */
export function programWords(): readonly [string, ...string[]] {
  return startedAs() === PLUGIN ? ['kubectl', 'istio-init'] : ['istio-init'];
}

export function programName(): string {
  return programWords().join(' ');
}
