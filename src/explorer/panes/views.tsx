/** What the page shows beside the input: tabs. */

const NAMES = { way: 'Way', rules: 'Rules', picture: 'Picture', escapes: 'Escapes', compare: 'Compare' } as const;

export type View = keyof typeof NAMES;

const VIEWS = Object.keys(NAMES) as View[];

interface ViewsProps {
  readonly view: View;
  readonly show: (view: View) => void;
  /** How many there are, once that is known. */
  readonly escapes: number | undefined;
}

export function Views({ view, show, escapes }: ViewsProps) {
  const count = escapes === undefined || escapes === 0 ? '' : ` ${escapes}`;
  return (
    <nav class="views" aria-label="Views">
      {VIEWS.map((name) => (
        <button type="button" key={name} class={`to-${name}`} aria-current={view === name ? 'page' : undefined} onClick={() => show(name)}>
          {NAMES[name]}
          {name === 'escapes' && <span class="count">{count}</span>}
        </button>
      ))}
    </nav>
  );
}
