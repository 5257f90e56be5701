/** The log of the drop-in, message by message. */

import type { Run } from './starting.ts';

interface Message {
  readonly level: string;
  readonly time: string;
  readonly text: string;
}

/** The messages of a log in columns; lines without a time go on with the message before. */
export function messagesOf({ stderr }: Run): readonly Message[] {
  return stderr
    .replace(/\n$/, '')
    .split(/\n(?=\d{4}-\d\d-\d\dT\S+\t)/)
    .map((message): Message => {
      const [time = '', level = '', ...text] = message.split('\t');
      return { time, level, text: text.join('\t') };
    });
}
