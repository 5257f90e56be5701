/**
 * What the init container's commands (the drop-in, apply, clean, probe) need of the operating system, and nothing else of
 * src/ on their path asks it of a runtime: files, processes, signals, the lock's socket. One implementation for each
 * runtime; the build chooses (scripts/).
 */

import type { Network } from './network.ts';

/** A program that was started, in a session of its own: a signal to its group reaches what it started in turn. */
export interface Child {
  /** Undefined where no process was started. */
  readonly pid: number | undefined;
  /** Called with each piece of an output's text, in order. */
  readonly onText: (output: 'stdout' | 'stderr', heard: (text: string) => void) => void;
  /** Called where no process was started: why, and whether it is that there is no such program. */
  readonly onFailure: (heard: (message: string, missing: boolean) => void) => void;
  /** Called when the program has ended; its outputs may still be open. */
  readonly onExit: (heard: (code: number | null, signal: string | null) => void) => void;
  /** Called when the program has ended and both outputs are read to the end. */
  readonly onClose: (heard: (code: number | null, signal: string | null) => void) => void;
  /** Writes a text to its standard input and closes it. That nobody reads it is no error. */
  readonly feed: (text: string) => void;
  /** Stops reading its outputs. */
  readonly abandon: () => void;
}

/** What became of the attempt to bind the lock's name: what frees it, or why there is none. */
export type LockResult = (() => void) | 'taken' | 'unavailable';

/** A wait for the end of whoever holds the lock. */
export interface Waiting {
  readonly freed: Promise<void>;
  readonly cancel: () => void;
}

/** What a socket's peer says of itself, or `no listener` where the name is bound in a way in which a run of this program never binds it. */
export type Peer = { readonly pid: number; readonly user: number } | 'no listener' | undefined;

/** The socket of our own lock: an abstract name, which the kernel frees when its owner dies. */
export interface LockSocket {
  readonly take: (name: string) => Promise<LockResult>;
  readonly untilFree: (name: string) => Waiting;
  /** Who listens on it, by the kernel's word; undefined where this runtime can't ask. */
  readonly peerOf: ((name: string) => Peer) | undefined;
  /** The command that holds it in the namespace in which it is started, until its standard input ends. */
  readonly holder: (name: string) => readonly [string, ...string[]];
}

/** What a path leads to, or an open file is. */
export interface FileStatus {
  readonly kind: 'file' | 'folder' | 'pipe' | 'other';
  /** In bytes; of a pipe 0. */
  readonly size: number;
}

/** What a runtime says when the system refuses. */
export interface SystemError extends Error {
  /** The kernel's word, as ENOENT. */
  readonly code?: string;
}

export interface System {
  /** A file's text; undefined where there is none, or it may not be read. */
  readonly readText: (path: string) => string | undefined;
  /** Makes or replaces a file. Throws an Error with the kernel's word. */
  readonly writeText: (path: string, text: string) => void;
  /** Replaces the text of a file that is there; false where that can't be done. */
  readonly overwrite: (path: string, text: string) => boolean;
  readonly exists: (path: string) => boolean;
  /** Whether this process may write a file, or make one in a folder. */
  readonly mayWrite: (path: string) => boolean;
  /** The names in a folder; empty where it may not be read. */
  readonly namesIn: (path: string) => readonly string[];
  /** What a symbolic link says; undefined where it may not be read. */
  readonly linkOf: (path: string) => string | undefined;
  /** Throws a SystemError. */
  readonly statusOf: (file: string | number) => FileStatus;
  /** The names in a folder. Throws a SystemError. */
  readonly namesInFolder: (path: string) => readonly string[];
  /** Reads what comes next in an open file into all of some bytes, or their beginning; 0 at its end. Waits for what has not come. Throws a SystemError. */
  readonly read: (handle: number, bytes: Uint8Array) => number;
  /** All of a file, in pieces of that many bytes; it is opened when the first is asked for. `memory`: what a piece is read into. Throws a SystemError then. */
  readonly piecesOf: (path: string, length: number, memory?: () => Buffer) => AsyncIterable<Buffer>;
  /** What is still to come of standard input, in pieces. */
  readonly inputPieces: () => AsyncIterable<Buffer>;
  /** What the person at the terminal answers; undefined where standard input or standard error is none. */
  readonly ask: (question: string) => Promise<string | undefined>;
  /** Opens a file for as long as this process lives, or until it is closed. Throws an Error with the kernel's word. */
  readonly open: (path: string) => number;
  readonly close: (handle: number) => void;
  /** The file system that an open file is in. */
  readonly deviceOf: (handle: number) => number;
  /** Whether it is Linux, which alone has network namespaces. */
  readonly isLinux: boolean;
  /** This process. */
  readonly pid: number;
  /** The effective user; undefined where the system has none. */
  readonly user: () => number | undefined;
  readonly environment: () => Readonly<Record<string, string | undefined>>;
  /** Addresses of the interfaces but loopback's, as far as the runtime lists them: for where /proc can't be read. Undefined where these can't be asked for either. */
  readonly interfaceAddresses: () => readonly string[] | undefined;
  /** What the kernel tells of nft in this process's network namespace, in the lines of `readNftTold`; undefined where it can't be asked without a program. */
  readonly netlinkListing: () => string | undefined;
  /** The words that start this program once more, whatever it is called by. */
  readonly ownProgram: () => readonly [string, ...string[]];
  /** Starts a program, with variables added to this process's own. Never throws: what keeps it from starting is heard by `onFailure`. */
  readonly spawn: (argv: readonly [string, ...string[]], added: Readonly<Record<string, string>>) => Child;
  /** Kills all processes of the group that a child leads. */
  readonly killGroup: (pid: number) => void;
  /** Writes to standard output; resolves to the kernel's word where the text was lost, and not for a reader that has gone away. */
  readonly print: (text: string) => Promise<string | undefined>;
  /** Writes to standard error. */
  readonly printError: (text: string) => void;
  /** Calls when a signal comes, instead of ending. */
  readonly onSignal: (signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP', heard: () => void) => void;
  /** The number of a signal. */
  readonly signalNumber: (signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP') => number;
  /** Ends this process now. */
  readonly exit: (code: number | undefined) => never;
  /** Calls when standard input has ended. */
  readonly onInputEnd: (heard: () => void) => void;
  readonly lockSocket: () => Promise<LockSocket>;
  readonly network: () => Promise<Network>;
}
