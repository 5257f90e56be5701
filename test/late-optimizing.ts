/**
 * For processes and workers that run much code a few times: what Node 20 optimises of it early never comes back, an eighth of the
 * processor's time of pure tests and more of others. A later Node has other ways, and no such flag.
 */
export const LATE_OPTIMIZING: readonly string[] = process.versions.node.startsWith('20.') ? ['--interrupt-budget=1000000'] : [];
