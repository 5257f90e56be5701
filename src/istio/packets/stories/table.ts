/** The requests that people ask about. */

import type { Call, Story } from './story.ts';

const BY_SERVICE: Call = { by: 'app', to: 'own service', port: 'service', what: 'The application calls its own service' };
const BY_ADDRESS: Call = { by: 'app', to: 'pod', port: 'app', what: 'The application calls the address of its pod' };
const BY_LOCALHOST: Call = { by: 'app', to: 'localhost', port: 'app', what: 'The application calls localhost' };

export const STORIES: readonly Story[] = [
  {
    id: 'client-to-app',
    about: 'A client calls the application.',
    calls: [{ by: 'client', to: 'pod', port: 'app', what: 'The client calls the pod' }],
    meant: 'proxied',
  },
  {
    id: 'app-to-service',
    about: 'The application calls a service, whose pod has a proxy and the same rules.',
    calls: [{ by: 'app', to: 'service', port: 'service', what: 'The application calls the service' }],
    meant: 'proxied',
  },
  {
    id: 'app-to-outside',
    about: 'The application calls an address outside the mesh.',
    calls: [{ by: 'app', to: 'outside', port: 443, what: 'The application calls outside' }],
    meant: 'proxied',
    remark: 'Whether Envoy lets it out is said by outboundTrafficPolicy, not by a rule.',
  },
  {
    id: 'app-to-itself',
    about: 'The application calls itself: by its service, by the address of its pod, by localhost.',
    calls: [BY_SERVICE, BY_ADDRESS, BY_LOCALHOST],
    meant: 'either',
  },
  {
    id: 'app-to-itself-by-service-ip',
    about: 'The application calls its own service, and Envoy chooses this very pod.',
    calls: [BY_SERVICE],
    meant: 'proxied',
  },
  {
    id: 'app-to-itself-by-pod-ip',
    about: 'The application calls the address of its own pod.',
    calls: [BY_ADDRESS],
    meant: 'either',
  },
  {
    id: 'app-to-itself-localhost',
    about: 'The application calls localhost.',
    calls: [BY_LOCALHOST],
    meant: 'direct',
  },
  {
    id: 'app-to-excluded-port',
    about: 'The application calls an outbound port that is excluded.',
    calls: [{ by: 'app', to: 'outside', port: 'excluded outbound', what: 'The application calls the excluded port' }],
    meant: 'direct',
    inAmbient: 'none',
  },
  {
    id: 'excluded-port',
    about: 'A client calls an inbound port that is excluded.',
    calls: [{ by: 'client', to: 'pod', port: 'excluded inbound', what: 'The client calls the excluded port' }],
    meant: 'direct',
    inAmbient: 'none',
  },
  {
    id: 'dns-lookup',
    about: 'The application asks the nameserver, by UDP.',
    calls: [{ by: 'app', to: 'nameserver', port: 53, protocol: 'udp', what: 'The application asks the nameserver' }],
    meant: 'either',
  },
  {
    id: 'dns-lookup-by-tcp',
    about: 'The application asks the nameserver, by TCP.',
    calls: [{ by: 'app', to: 'nameserver', port: 53, what: 'The application asks the nameserver' }],
    meant: 'either',
  },
  {
    id: 'udp-to-service',
    about: 'The application sends UDP that is no DNS.',
    calls: [{ by: 'app', to: 'service', port: 5000, protocol: 'udp', what: 'The application sends UDP' }],
    meant: 'direct',
    remark: 'Envoy takes TCP only.',
  },
  {
    id: 'health-check',
    about: 'The kubelet asks whether the proxy is ready, and whether the application lives, by a probe that the injector rewrote.',
    calls: [
      { by: 'kubelet', to: 'pod', port: 'health', what: 'The kubelet asks the proxy' },
      {
        by: 'kubelet',
        to: 'pod',
        port: 15020,
        what: "The kubelet asks the agent for the application's health",
        afterwards: { by: 'agent', to: 'pod', port: 'app', what: 'The agent asks the application' },
      },
    ],
    meant: 'direct',
    remark: 'A probe that was not rewritten goes the way of client-to-app, and fails where mTLS is strict.',
    inAmbient: {
      about: 'The kubelet asks the application: no probe is rewritten, and none is captured.',
      calls: [{ by: 'kubelet', to: 'pod', port: 'app', what: 'The kubelet asks the application' }],
    },
  },
  {
    id: 'prometheus-scrape',
    about: 'Prometheus asks Envoy for its metrics, and the agent for all of them in one.',
    calls: [
      { by: 'prometheus', to: 'pod', port: 15090, what: 'Prometheus asks Envoy' },
      {
        by: 'prometheus',
        to: 'pod',
        port: 15020,
        what: 'Prometheus asks the agent',
        afterwards: { by: 'agent', to: 'localhost', port: 'app', what: "The agent asks for the application's metrics" },
      },
    ],
    meant: 'direct',
    inAmbient: 'none',
  },
  {
    id: 'proxy-to-outside',
    about: 'Envoy calls the control plane.',
    calls: [{ by: 'proxy', to: 'outside', port: 15012, what: 'Envoy calls the control plane' }],
    meant: 'direct',
    inAmbient: 'none',
  },
  {
    id: 'app-as-proxy-user',
    about: 'An application that runs as the user of the proxy calls a service.',
    calls: [{ by: 'disguised', to: 'service', port: 'service', what: 'The application, in the name of the proxy, calls the service' }],
    meant: 'proxied',
    remark: 'The rules know a process by its user and group alone: no container but istio-proxy should run as these.',
    inAmbient: 'none',
  },
  {
    id: 'init-container-before-proxy',
    about: 'An init container that runs after istio-init calls a service, before the proxy listens.',
    calls: [
      { by: 'init', to: 'service', port: 'service', what: 'The init container calls the service' },
      { by: 'disguised', to: 'service', port: 'service', what: 'The same container, run as the user of the proxy, calls the service' },
    ],
    meant: 'either',
    beforeProxy: true,
    remark: 'A native sidecar (an init container that restarts always) listens before the init containers behind it run.',
    inAmbient: 'none',
  },
  {
    id: 'ssh',
    about: 'Somebody logs in to the pod by SSH.',
    calls: [{ by: 'client', to: 'pod', port: 22, what: 'The client calls port 22' }],
    meant: 'either',
  },
  {
    id: 'tunnel',
    about: 'A client of ambient mode calls the application through the HBONE tunnel.',
    calls: [
      {
        by: 'client',
        to: 'pod',
        port: 15008,
        what: 'The client calls the tunnel port',
        afterwards: { by: 'delivery', to: 'pod', port: 'app', what: 'Envoy calls the application' },
      },
    ],
    meant: 'either',
    remark: 'Envoy listens on 15008 itself: what comes there needs no rule that catches it.',
    inAmbient: {
      about: 'A client of the mesh calls the application through the HBONE tunnel.',
      calls: [{ by: 'client', to: 'pod', port: 15008, through: 'app', what: 'The client calls the tunnel port' }],
    },
  },
  {
    id: 'virtual-machine',
    about: 'A virtual machine in the pod (KubeVirt) calls a service, by an interface of its own.',
    calls: [{ by: 'machine', to: 'service', port: 'service', what: 'The virtual machine calls the service' }],
    meant: 'proxied',
    remark: 'Its interface has to be named in interfaces.reroute (annotation istio.io/reroute-virtual-interfaces).',
    inAmbient: 'none',
  },
];

export const STORY_IDS: readonly string[] = STORIES.map(({ id }) => id);
