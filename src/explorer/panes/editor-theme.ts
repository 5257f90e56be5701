/** How the editor looks: with the colours of the page, which reach into its shadow root. */

import { EditorView } from '@codemirror/view';

export const EDITOR_THEME = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', backgroundColor: 'var(--ground)', fontSize: '12px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--text)', padding: '6px 0' },
  '.cm-placeholder': { color: 'var(--quiet)', whiteSpace: 'normal', maxWidth: '240px', fontFamily: 'var(--sans)' },
  '.cm-gutters': { backgroundColor: 'var(--ground)', border: '0', color: 'var(--quiet)' },
  '.signs': { width: '18px' },
  '.sign': { display: 'block', textAlign: 'center', cursor: 'default' },
  '.sign.read': { color: 'var(--good)' },
  '.sign.error': { color: 'var(--bad)', fontWeight: '700' },
  '.sign.warning': { color: 'var(--warn)', fontWeight: '700' },
  '.sign.note': { color: 'var(--accent)', fontWeight: '700' },
  '.wrong': { textDecoration: 'underline wavy var(--warn)', textUnderlineOffset: '3px' },
  '.wrong.error': { textDecorationColor: 'var(--bad)' },
  '.wrong.note': { textDecorationColor: 'var(--accent)' },
  '.lit': { backgroundColor: 'var(--chosen)' },
});
