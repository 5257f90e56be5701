/** What can be taken along: a link, a command line, YAML, a picture. */

import { useState } from 'preact/hooks';
import { fragmentOf } from '../link.ts';
import type { PaneProps } from './pane-props.ts';

interface CopiesProps extends Pick<PaneProps, 'question' | 'answer'> {
  /** The picture that is shown. */
  readonly picture: string;
}

export function Copies({ question, answer, picture }: CopiesProps) {
  const [message, setMessage] = useState('');
  const kinds: Readonly<Record<string, () => Promise<string | undefined>>> = {
    link: async () => {
      const fragment = await fragmentOf(question);
      return fragment === undefined ? undefined : `${location.href.split('#')[0]}#${fragment}`;
    },
    command: async () => answer.command,
    YAML: async () => (question.text.trim() === '' ? answer.yaml : question.text),
    SVG: async () => picture,
  };
  const copy = async (name: string): Promise<void> => {
    const text = await kinds[name]?.();
    if (text === undefined) return setMessage('the text is too long for a link');
    await navigator.clipboard.writeText(text).then(
      () => setMessage(`${name} copied`),
      () => setMessage('the browser refuses'),
    );
  };
  return (
    <p class="copies">
      <span role="status">{message}</span>
      <span aria-hidden="true">Copy</span>
      {Object.keys(kinds).map((name) => (
        <button type="button" key={name} aria-label={`Copy ${name}`} onClick={() => copy(name)}>
          {name}
        </button>
      ))}
    </p>
  );
}
