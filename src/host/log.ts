/** The log of the drop-in, on standard error, in the two forms that Istio's programs have. */

import { printable } from '../netfilter/printable.ts';
import { system } from './system.ts';

const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal', 'none'] as const;

export type Level = (typeof LEVELS)[number];

export interface Log {
  readonly debug: (message: string) => void;
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
  readonly error: (message: string) => void;
}

export interface LogOptions {
  /** JSON lines instead of columns. */
  readonly json: boolean;
  /** Messages below this are left out. */
  readonly level: Level;
  readonly write?: (line: string) => void;
  readonly now?: () => Date;
}

/** The level that `--log_output_level` asks for: `debug`, `default:debug`, `all:warn,ads:debug`; info where it says nothing of us. */
export function parseLevel(text: string): Level {
  const scopes = text.split(',').map((scope) => scope.split(':'));
  const ours =
    scopes.find(([scope]) => scope === 'default') ??
    scopes.find(([scope]) => scope === 'all') ??
    scopes.find((scope) => scope.length === 1);
  return LEVELS.find((level) => level === ours?.at(-1)) ?? 'info';
}

/** A log. A message may have several lines; in columns only the first carries the time. */
export function makeLog({ json, level, write = toStandardError, now = () => new Date() }: LogOptions): Log {
  const writer = (of: Level) => (message: string) => {
    if (LEVELS.indexOf(of) < LEVELS.indexOf(level)) return;
    // Istio writes microseconds; the clock has milliseconds.
    const time = now().toISOString().replace('Z', '000Z');
    write(json ? JSON.stringify({ level: of, time, msg: message }) : `${time}\t${of}\t${message}`);
  };
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
}

function toStandardError(line: string): void {
  system.printError(`${printable(line)}\n`);
}
