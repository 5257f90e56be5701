/** A story: a whole request, told as the connections that somebody opens. What Envoy does with each follows from where it ends. */

/** Who opens a connection. */
export type Caller =
  /** From outside the pod. */
  | 'client'
  | 'kubelet'
  | 'prometheus'
  /** A virtual machine in the pod, behind an interface of its own. */
  | 'machine'
  /** Processes of the pod. */
  | 'app'
  | 'init'
  /** The application, run as the user that the rules take for the proxy. */
  | 'disguised'
  | 'proxy'
  /** The proxy, from the address that it delivers from. */
  | 'delivery'
  | 'agent';

/** Where a connection goes. */
export type Destination =
  | 'pod'
  | 'localhost'
  /** The address of a service: another pod's, or this pod's own. */
  | 'service'
  | 'own service'
  | 'outside'
  | 'nameserver';

/** A port by number, or by what the settings say of it. */
export type PortName = number | 'app' | 'service' | 'excluded inbound' | 'excluded outbound' | 'health';

export interface Call {
  readonly by: Caller;
  readonly to: Destination;
  readonly port: PortName;
  readonly protocol?: 'udp';
  /** `The kubelet asks the application's health` ...: who does what, without a full stop. */
  readonly what: string;
  /** The port that is called through the tunnel of ambient mode. */
  readonly through?: PortName;
  /** What whoever gets it does next: another call. */
  readonly afterwards?: Call;
}

export interface Story {
  readonly id: string;
  /** One sentence. */
  readonly about: string;
  /** Each is followed to its end. */
  readonly calls: readonly Call[];
  /** Whether the proxy is meant to see it. */
  readonly meant: 'proxied' | 'direct' | 'either';
  /** The proxy does not listen yet. */
  readonly beforeProxy?: true;
  /** What it is in a pod of ambient mode, where that is another story; `none` where it is about what such a pod does not have. */
  readonly inAmbient?: Pick<Story, 'about' | 'calls'> | 'none';
  /** A sentence that no rule can tell. */
  readonly remark?: string;
}
