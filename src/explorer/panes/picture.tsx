/** A picture in the page: its text can be selected, and its style is the page's own. */

import { useEffect, useRef } from 'preact/hooks';

export function Picture({ svg, label }: { readonly svg: string; readonly label: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const drawn = new DOMParser().parseFromString(svg.replace(/<style>[^<]*<\/style>/, ''), 'image/svg+xml').documentElement;
    place.current?.replaceChildren(...(drawn.localName === 'svg' ? [document.importNode(drawn, true)] : []));
  }, [svg]);
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
  return <section class="picture" ref={place} tabIndex={0} aria-label={label} />;
}
