// Makes an executable deaf to the environment variables of bun's runtime.
//
// bun reads them before any code of ours runs: BUN_BE_BUN=1 makes an executable the bare runtime, BUN_OPTIONS
// loads code into it, BUN_INSPECT waits for a debugger, BUN_JSC_... ends it; SIMDUTF_FORCE_IMPLEMENTATION and
// MIMALLOC_... (options of its libraries, in letters of either case) end it as well. An init container's environment
// is written by others, and no flag of `bun build` turns these off. So their names in the file are changed
// into ones that no variable can have: a name never begins with `=`. What the runtime says by itself is said in our words.

import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: a program is no text

// Names as C strings. The program's own text lies behind the runtime and has none between two NULs.
const NAMES = /(?<=\0)(?:BUN|JSC|NODE|SIMDUTF)_[A-Za-z0-9_]+(?=\0)/g;

// JavaScriptCore's options are looked for letter by letter (`BUN_JSC_`), in code: where the first letter is
// compared, and what to put there. The same comparison on both machines.
const LETTERS = [
  // x64: cmpb $'B',(reg); jne; cmpb $'U',1(reg); jne; cmpb $'N',2(reg)
  { code: /\x80[\x38-\x3f]B\x75.(?:\x41)?\x80[\x78-\x7f]\x01U\x75.(?:\x41)?\x80[\x78-\x7f]\x02N/gs, at: 2, is: 'B', put: '=' },
  // arm64: cmp wN,#'B'; b.ne; ldrb; cmp wN,#'U'; b.ne; ldrb; cmp wN,#'N' (the number stands in bits 10 to 21)
  { code: /[\x1f-\xff]\x09\x01\x71.{8}[\x1f-\xff]\x55\x01\x71.{8}[\x1f-\xff]\x39\x01\x71/gs, at: 1, is: '\x09', put: '\xf5\x00' },
  // mimalloc puts its options' names together (`mimalloc_verbose`) and compares letters of either case: x64 has the first
  // eight letters in an instruction (movabs $"mimalloc",reg), arm64 among its constants, where no text goes on.
  { code: /(?<=[\x48\x49][\xb8-\xbf])mimalloc|mimalloc(?![A-Za-z_:\0 ])/g, at: 0, is: 'm', put: '=' },
];

// The runtime asks for the folder that it is started in before any code of ours runs, and ends where that is gone.
const GONE = "The current working directory was deleted, so that command didn't work. Please cd into a different directory and try again.";
const GONE_TEXT = 'the folder that istio-init was started in has been deleted: change to one that is there, as with cd /, and run it again';

// biome-ignore-end lint/suspicious/noControlCharactersInRegex: a program is no text

/** Changes the file in place. Throws where something that has to be there is not: another version of bun needs another look. */
export function sealEnvironment(file) {
  const text = readFileSync(file, 'latin1');
  const changes = [...text.matchAll(NAMES)].map(({ index }) => ({ at: index, put: '=' }));
  const letters = LETTERS.flatMap(({ code, at, is, put }) =>
    [...text.matchAll(code)].map((found) => {
      if (found[0].slice(at, at + is.length) !== is) throw new Error('the code around BUN_JSC_ is not what it was');
      return { at: found.index + at, put };
    }),
  );
  if (changes.length < 100 || letters.length !== 2)
    throw new Error(`${changes.length} names and ${letters.length} comparisons of bun's environment were found`);
  const gone = [...text.matchAll(GONE)].map(({ index }) => ({ at: index, put: GONE_TEXT.padEnd(GONE.length) }));
  if (gone.length === 0) throw new Error("the runtime's words of a folder that is gone are not what they were");
  const handle = openSync(file, 'r+');
  for (const { at, put } of [...changes, ...letters, ...gone]) writeSync(handle, Buffer.from(put, 'latin1'), 0, put.length, at);
  closeSync(handle);
}
