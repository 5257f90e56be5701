/** Sockets of the probe, as each runtime makes them. */

/** The user and the group that new sockets get. */
export interface Ids {
  readonly uid: number;
  readonly gid: number;
}

/** What a connection met. */
export type CallOutcome =
  /** Someone who said this, perhaps nothing. */
  | { readonly kind: 'said'; readonly text: string }
  /** Someone who took the connection and kept silent. */
  | { readonly kind: 'silent' }
  /** Nobody: no answer at all, or an error of the kernel. */
  | { readonly kind: 'nobody'; readonly code: string };

/** A connection to make. */
export interface Call {
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string | undefined;
  /** Milliseconds. */
  readonly patience: number;
  /** Called when its socket is made. */
  readonly made: () => void;
}

/** Who says a text to everyone that calls. */
export interface Listener {
  readonly close: () => void;
}

export interface Network {
  readonly ids: () => Ids;
  /** Takes a user, or a group, for what follows; false where that may not be. */
  readonly takeUser: (uid: number) => boolean;
  readonly takeGroup: (gid: number) => boolean;
  /** Makes one connection and listens to what is said. */
  readonly call: (call: Call) => Promise<CallOutcome>;
  /** Says one text to everyone who calls; or the code of the error that kept it from listening. */
  readonly listen: (host: string, port: number, text: string) => Promise<Listener | string>;
  /**
   * Undefined where the machine has a route to an address, else the code of the error that it gives.
   * Nothing is sent: the same error of a connection could come from a router far away, which a call then has reached.
   */
  readonly routeTo: (host: string) => Promise<string | undefined>;
  /** A random word that nobody can guess. */
  readonly token: () => string;
}
