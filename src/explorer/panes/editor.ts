/** The pasted text in CodeMirror, with a mark at each line that was read, or is wrong. */

import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import type { Extension } from '@codemirror/state';
import { EditorState, RangeSet, RangeSetBuilder, StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView, GutterMarker, gutter, keymap, placeholder } from '@codemirror/view';
import type { LineMark } from '../answer/marks.ts';
import { EDITOR_THEME } from './editor-theme.ts';

export interface Editor {
  /** Puts another text in the place of this one. */
  readonly write: (text: string) => void;
  readonly mark: (marks: readonly LineMark[]) => void;
  /** Lines that belong to what is looked at elsewhere; the first is scrolled to. */
  readonly light: (lines: readonly number[]) => void;
  /** Scrolls to a line. */
  readonly show: (line: number) => void;
  readonly goTo: (line: number) => void;
}

export interface EditorEvents {
  readonly changed: (text: string) => void;
  /** The cursor came to another line. */
  readonly caretAt: (line: number) => void;
}

const marked = StateEffect.define<readonly LineMark[]>();
const lit = StateEffect.define<readonly number[]>();

class Sign extends GutterMarker {
  readonly of: LineMark;

  constructor(of: LineMark) {
    super();
    this.of = of;
  }

  override eq({ of }: Sign): boolean {
    return of.kind === this.of.kind && of.text === this.of.text;
  }

  override toDOM(): Node {
    const dom = document.createElement('span');
    dom.className = `sign ${this.of.kind}`;
    dom.textContent = { read: '•', error: '✗', warning: '!', note: 'i' }[this.of.kind];
    dom.title = this.of.kind === 'read' ? 'read' : this.of.text;
    return dom;
  }
}

interface Marks {
  readonly signs: RangeSet<GutterMarker>;
  readonly lines: ReturnType<typeof Decoration.set>;
}

function marksIn({ doc }: EditorState, marks: readonly LineMark[]): Marks {
  const signs = new RangeSetBuilder<GutterMarker>();
  const lines = new RangeSetBuilder<Decoration>();
  for (const mark of marks) {
    if (mark.line > doc.lines) break;
    const { from, to } = doc.line(mark.line);
    signs.add(from, from, new Sign(mark));
    if (mark.kind === 'read') continue;
    const start = Math.min(from + (mark.column ?? 1) - 1, to);
    if (start < to) lines.add(start, to, Decoration.mark({ class: `wrong ${mark.kind}`, attributes: { title: mark.text } }));
  }
  return { signs: signs.finish(), lines: lines.finish() };
}

const marks = StateField.define<Marks>({
  create: () => ({ signs: RangeSet.empty, lines: Decoration.none }),
  update: (value, { state, changes, effects }) => {
    const given = effects.find((effect) => effect.is(marked));
    if (given !== undefined) return marksIn(state, given.value);
    return { signs: value.signs.map(changes), lines: value.lines.map(changes) };
  },
  provide: (field) => EditorView.decorations.from(field, ({ lines }) => lines),
});

const LIT = Decoration.line({ class: 'lit' });

const lights = StateField.define<ReturnType<typeof Decoration.set>>({
  create: () => Decoration.none,
  update: (value, { state: { doc }, changes, effects }) => {
    const given = effects.find((effect) => effect.is(lit));
    if (given === undefined) return value.map(changes);
    return Decoration.set(given.value.filter((line) => line <= doc.lines).map((line) => LIT.range(doc.line(line).from)));
  },
  provide: (field) => EditorView.decorations.from(field),
});

// Dropped files are the whole text, several of them one behind the other.
const drops = ({ changed }: EditorEvents): Extension =>
  EditorView.domEventHandlers({
    drop: (event) => {
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0) return false;
      event.preventDefault();
      Promise.all(files.map((file) => file.text())).then((texts) => changed(texts.join('\n---\n')));
      return true;
    },
  });

/** An editor in a shadow root: its styles are the page's own, which a policy without inline styles allows only there. */
export function openEditor(place: HTMLElement, text: string, events: EditorEvents): Editor {
  // Ten megabytes are compared for nothing with what they came from.
  let known = text;
  const root = place.shadowRoot ?? place.attachShadow({ mode: 'open' });
  const state = EditorState.create({
    doc: text,
    extensions: [
      gutter({ class: 'signs', markers: ({ state: of }) => of.field(marks).signs }),
      history(),
      keymap.of([...defaultKeymap, ...historyKeymap]),
      placeholder('Paste or drop rules, a log, a manifest, or a page with several of them. Empty: a default pod.'),
      EditorView.contentAttributes.of({ 'aria-label': 'Rules or a manifest', spellcheck: 'false', tabindex: '0' }),
      EditorView.updateListener.of(({ docChanged, selectionSet, state: of, view }) => {
        if (docChanged) {
          known = of.doc.toString();
          events.changed(known);
        }
        if (!docChanged && selectionSet && view.hasFocus) events.caretAt(of.doc.lineAt(of.selection.main.head).number);
      }),
      [marks, lights, EDITOR_THEME, drops(events)],
    ],
  });
  const view = new EditorView({ state, parent: root, root });
  const lineAt = (line: number): number => view.state.doc.line(Math.max(1, Math.min(line, view.state.doc.lines))).from;
  return {
    write: (next) => {
      if (next !== known) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
    },
    mark: (given) => view.dispatch({ effects: marked.of(given) }),
    light: (lines) => {
      const [first] = lines;
      const scroll = first === undefined || view.hasFocus ? [] : [EditorView.scrollIntoView(lineAt(first), { y: 'nearest' })];
      view.dispatch({ effects: [lit.of(lines), ...scroll] });
    },
    show: (line) => view.dispatch({ effects: EditorView.scrollIntoView(lineAt(line), { y: 'start' }) }),
    goTo: (line) => {
      view.dispatch({ selection: { anchor: lineAt(line) }, effects: EditorView.scrollIntoView(lineAt(line), { y: 'center' }) });
      view.focus();
    },
  };
}
