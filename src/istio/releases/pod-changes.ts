/** What changed in whom a release's injector makes a pod of, whom it refuses, and what the init container looks like beside its arguments. */

import type { Change } from './change.ts';

/** One row a change that no argument shows: `changes` does not tell of them. */
export const POD_CHANGES = {
  injectsOwnContainers: {
    spans: '1.9 -',
    commits: [],
    touches: 'every pod',
    what: "Containers of the pod's own that are called istio-init or istio-proxy are laid over those of the template: args as a whole, env by name.",
  },
  // Run: 1.20.0 keeps it; 1.20.6, 1.21.2 and 1.22.0 drop it; 1.20.8, 1.21.6, 1.22.8 and 1.23.0 keep it.
  dropsOwnProxyUser: {
    spans: '1.20.1 - 1.20.6, 1.21.0 - 1.21.2, 1.22.0',
    commits: [],
    touches: 'pods on OpenShift',
    what: "On OpenShift user and group of the pod's own istio-proxy do not count.",
    gone: { what: "On OpenShift user and group of the pod's own istio-proxy count.", commits: [] },
  },
  dropsEqualProxyUser: {
    spans: '1.23.1 -',
    commits: ['a44a073e76d'],
    touches: 'pods on OpenShift',
    what: "On OpenShift user and group of the pod's own istio-proxy do not count where its user is that of another container.",
  },
  // Run: kept at 1.16.7, renewed at 1.18.7; 1.17 was not run.
  keepsInjectedInit: {
    spans: '1.9 - 1.16',
    commits: [],
    touches: 'whoever injects a pod again',
    what: 'A pod that is injected already keeps its istio-init when it is injected again.',
    gone: { what: 'A pod that is injected already gets a new istio-init when it is injected again.', commits: [] },
  },
  // Run: 1.18.7 does not, 1.20.0 does.
  overlaysAnyContainer: {
    spans: '1.20 -',
    commits: [],
    touches: 'no traffic',
    what: 'A container of the application that is called istio-init is laid over the init container as well.',
  },
  injectsByPlatform: {
    spans: '1.20 -',
    commits: [],
    touches: 'pods on OpenShift',
    what: 'global.platform says whether the cluster is OpenShift.',
  },
  platformBringsCni: {
    spans: '1.24 -',
    commits: [],
    touches: 'pods on OpenShift',
    what: 'global.platform openshift brings the CNI plugin.',
  },
  profileBringsOpenShift: {
    spans: '1.21 - 1.23',
    commits: [],
    touches: 'pods on OpenShift',
    what: 'The profiles openshift and openshift-ambient bring the platform and the CNI plugin.',
    gone: { what: 'The profiles for OpenShift are refused: global.platform takes their place.', commits: [] },
  },
  chartsReadProfile: {
    spans: '1.21 -',
    commits: [],
    touches: 'users of the Helm value',
    what: 'The charts read profile and compatibilityVersion, and refuse those that they do not know.',
  },
  chartsReadPlatform: {
    spans: '1.24 -',
    commits: [],
    touches: 'users of the Helm value',
    what: 'The charts read global.platform, and refuse those that they do not know.',
  },
  chartsKnowGke: {
    spans: '1.25 -',
    commits: [],
    touches: 'users of the Helm value',
    what: 'global.platform may be gke.',
  },
  compatibleStats: {
    spans: '1.24 - 1.26',
    commits: [],
    touches: 'users of the Helm value',
    what: 'compatibilityVersion 1.23 or older sets two variables of the proxy, which the init container gets as well.',
    gone: { what: 'No compatibilityVersion sets a variable of the init container.', commits: [] },
  },
  ambientProfileVariant: {
    spans: '1.22 -',
    commits: [],
    touches: 'no traffic',
    what: 'The profile ambient brings the distroless variant of the images.',
  },
  refusesBareTexts: {
    spans: '1.23.4 -',
    commits: [],
    touches: 'users of the Helm value',
    what: 'istiod refuses values in which a number stands where a text belongs.',
  },
  refusesModeNone: {
    spans: '1.1 - 1.13',
    commits: [],
    touches: 'pods in mode NONE',
    what: 'Mode NONE is refused in the configuration of the mesh and in proxy.istio.io/config; only the annotation of the pod may name it.',
    gone: { what: 'Mode NONE counts in the configuration of the mesh and in proxy.istio.io/config.', commits: [] },
  },
  refusesTwiceInConfig: {
    spans: '1.6 - 1.13',
    commits: [],
    touches: 'users of the annotation',
    what: 'A key that stands twice in proxy.istio.io/config is refused.',
    gone: { what: 'Of a key that stands twice in proxy.istio.io/config the last counts.', commits: [] },
  },
  checksProxyConfig: {
    spans: '1.6.1 -',
    commits: [],
    touches: 'users of the annotation',
    what: 'Addresses, durations and ports in proxy.istio.io/config are checked.',
  },
  checksReadiness: {
    spans: '1.4 -',
    commits: [],
    touches: 'users of the annotation',
    what: 'The annotations of the readiness probe have to be whole numbers.',
  },
  checksMergeMetrics: {
    spans: '1.6 -',
    commits: [],
    touches: 'users of the annotation',
    what: 'The annotation prometheus.istio.io/merge-metrics has to be true or false.',
  },
  checksCoreDump: {
    spans: '1.5 - 1.24',
    commits: [],
    touches: 'users of the annotation',
    what: 'The annotation sidecar.istio.io/enableCoreDump has to be true or false.',
    gone: { what: 'The annotation sidecar.istio.io/enableCoreDump is no longer read.', commits: [] },
  },
  checksResources: {
    spans: '1.27.6 - 1.27, 1.28.4 -',
    commits: ['299edbbb2a6'],
    touches: 'users of the annotation',
    what: 'The annotations for CPU and memory of the proxy have to be quantities; before, the template failed where one was none.',
  },
  checksPrometheus: {
    spans: '1.31 -',
    commits: [],
    touches: 'users of the annotation',
    what: 'With merged metrics the ports in prometheus.io/port and prometheus.istio.io/scrape-targets are checked, and may not be those of the proxy.',
  },
  injectsByOwnSelectors: {
    spans: '1.12 -',
    commits: [],
    touches: 'every pod',
    what: "The injector itself reads the label sidecar.istio.io/inject; before, only the webhook's selectors did.",
  },
  knowsGrpcTemplates: {
    spans: '1.12 -',
    commits: [],
    touches: 'users of the annotation',
    what: 'There are the templates grpc-simple and grpc-agent.',
  },
  knowsWaypointTemplate: {
    spans: '1.18 -',
    commits: [],
    touches: 'users of the annotation',
    what: 'There are the templates of waypoints and Gateways, which fail for other pods.',
  },
  imagesByType: {
    spans: '1.13 -',
    commits: [],
    touches: 'no traffic',
    what: 'The image of the init container is that of global.proxy.image, and sidecar.istio.io/proxyImageType counts.',
  },
  imagesByVariant: {
    spans: '1.14 -',
    commits: [],
    touches: 'no traffic',
    what: 'global.variant stands behind the tag of the images.',
  },
  initImageByName: {
    spans: '1.31 -',
    commits: [],
    touches: 'users of the Helm value',
    what: 'global.proxy_init.image counts without a slash too; global.proxy.image and the image type of a ProxyConfig do not reach the init container.',
  },
  initImageApart: {
    spans: '- 1.3',
    commits: [],
    touches: 'no traffic',
    what: 'The init container has an image of its own, proxy_init, whose entry point is the program.',
    gone: { what: "The init container runs the program of the proxy's image.", commits: [] },
  },
  initByCommand: {
    spans: '1.4 - 1.5',
    commits: [],
    touches: 'no traffic',
    what: 'The program is the command of the init container.',
    gone: { what: 'The program is the first argument of the init container.', commits: ['3a148773e21'] },
  },
  dropsAllCapabilities: {
    spans: '1.5 -',
    commits: [],
    touches: 'no traffic',
    what: 'The init container runs as root with NET_ADMIN and NET_RAW, and all other capabilities are dropped.',
  },
  injectsSeccompProfile: {
    spans: '1.28 -',
    commits: [],
    touches: 'users of the Helm value',
    what: 'global.proxy.seccompProfile is that of the init container as well.',
  },
  injectsCoreDump: {
    spans: '1.5 - 1.23',
    commits: [],
    touches: 'no traffic',
    what: 'An init container enable-core-dump is there where core dumps are wanted.',
    gone: { what: 'There is no init container for core dumps any more.', commits: [] },
  },
  // Run: 1.10.6 does not, 1.12.1 does.
  coreDumpByAnnotation: {
    spans: '1.12 - 1.23',
    commits: [],
    touches: 'no traffic',
    what: 'The annotation sidecar.istio.io/enableCoreDump decides about the init container for core dumps.',
    gone: { what: 'The annotation sidecar.istio.io/enableCoreDump makes no init container.', commits: [] },
  },
  pluginSkipsInit: {
    spans: '1.8 -',
    commits: [],
    touches: 'pods with the CNI plugin',
    what: 'The CNI plugin leaves a pod alone that has an init container istio-init.',
  },
} as const satisfies Record<string, Change>;
