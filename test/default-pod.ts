/** The arguments with which Istio injects its init container into a pod without annotations, since 1.10. */
export const DEFAULT_POD: readonly string[] = '-p 15001 -z 15006 -u 1337 -m REDIRECT -i * -x  -b * -d 15090,15021,15020'.split(' ');
