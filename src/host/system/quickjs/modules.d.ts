/** What is used of QuickJS's own modules, and of machine.c; the build takes the prefix away. */

declare module 'quickjs:std' {
  export function exit(code: number): never;
  export function getenviron(): Record<string, string>;
}

declare module 'quickjs:os' {
  export const O_RDONLY: number;
  export const O_RDWR: number;
  export const O_WRONLY: number;
  export const O_CREAT: number;
  export const O_TRUNC: number;
  export const SIGCHLD: number;
  export const SIGINT: number;
  export const SIGTERM: number;
  export const WNOHANG: number;
  /** A file, or an error code below zero. */
  export function open(path: string, flags: number, mode?: number): number;
  export function close(file: number): number;
  export function read(file: number, bytes: ArrayBuffer, from: number, length: number): number;
  export function write(file: number, bytes: ArrayBuffer, from: number, length: number): number;
  export function readdir(path: string): [names: string[], failure: number];
  export function readlink(path: string): [path: string, failure: number];
  export function stat(path: string): [status: { readonly mode: number; readonly size: number } | null, failure: number];
  export function isatty(file: number): boolean;
  export function ttyGetWinSize(file: number): [columns: number, rows: number] | null;
  export function kill(pid: number, signal: number): number;
  export function waitpid(pid: number, options: number): [pid: number, status: number];
  export function getpid(): number;
  export function sleep(milliseconds: number): void;
  export function setTimeout(heard: () => void, milliseconds: number): object;
  export function clearTimeout(timer: object): void;
  export function setReadHandler(file: number, heard: (() => void) | null): void;
  export function setWriteHandler(file: number, heard: (() => void) | null): void;
}

declare module 'quickjs:machine' {
  /** Of each: a number below zero is an error code. See machine.c. */
  export function spawn(
    words: readonly string[],
    environment: readonly string[],
  ): [pid: number, ...files: [number, number, number]] | number;
  export function signals(file: number, ...numbers: number[]): number;
  export function signalIn(file: number): number;
  export function decode(bytes: ArrayBuffer, from: number, to: number): string;
  export function encode(text: string): ArrayBuffer;
  export function mayWrite(path: string): boolean;
  export function user(): number;
  export function group(): number;
  export function setUser(id: number): number;
  export function setGroup(id: number): number;
  export function statusOf(file: number): [mode: number, size: number, device: number] | number;
  export function randomBytes(): ArrayBuffer | number;
  export function lockTake(name: string): number;
  export function lockPeer(name: string): number[] | number;
  export function socketTo(host: string, port: number, from: string): number;
  export function socketError(file: number): number;
  export function listenOn(host: string, port: number): number;
  export function acceptOn(file: number): number;
  export function routeTo(host: string): number;
  export function addresses(): string[] | number;
  export function nftTold(): string | number;
}
