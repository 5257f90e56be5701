// dist/explorer.html: the whole page in one file that works from disk, with no network.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const PAGE = {
  bundle: true,
  write: false,
  minify: true,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  define: { PACKAGE_VERSION: JSON.stringify(version) },
};

// What unpacks the worker and the editor, which are a third of their size so; the page itself, which shows the first answer, stands
// plain between them. The policy takes an inline script by its hash, whoever puts it there.
// The worker starts first: it is ready when somebody asks something.
const BOOT = `
const unpacked = (id) => {
  const text = atob(document.getElementById(id).textContent);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  // Not by a Blob's stream: on a busy machine chromium now and then fails to read one.
  const stream = new DecompressionStream('deflate-raw');
  const writer = stream.writable.getWriter();
  writer.write(bytes);
  writer.close();
  return new Response(stream.readable);
};
globalThis.firstWorker = unpacked('worker').arrayBuffer().then((script) => {
  const address = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  return { address, worker: new Worker(address) };
});
globalThis.unpackEditor = () => unpacked('editor').text().then((text) => {
  const script = document.createElement('script');
  script.textContent = text;
  document.body.append(script);
  return EDITOR;
});
`;

async function bundled(entry, globalName) {
  const { outputFiles } = await build({ ...PAGE, entryPoints: [entry], globalName });
  return outputFiles[0].text;
}

export async function buildExplorer() {
  const worker = await bundled('src/explorer/worker.ts');
  const editor = await bundled('src/explorer/panes/editor.ts', 'EDITOR');
  const script = await bundled('src/explorer/page.tsx');
  const { answerTo } = await importOf('src/explorer/answer.ts');
  const { ORDINARY } = await importOf('src/explorer/question.ts');
  // A text that looks like the end of its element is one no more.
  const first = JSON.stringify(answerTo(ORDINARY)).replaceAll('<', '\\u003c');
  const { STYLE } = await importOf('src/drawing/svg.ts');
  const css = `@import './src/explorer/page.css';\n.picture{${STYLE}}`;
  const style = (await build({ ...PAGE, stdin: { contents: css, loader: 'css', resolveDir: '.' } })).outputFiles[0].text;

  const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const packed = (text) => deflateRawSync(text, { level: 9 }).toString('base64');
  const policy = `default-src 'none'; script-src ${[BOOT, script, editor].map(hash).join(' ')}; style-src ${hash(style)}; worker-src blob:; base-uri 'none'; form-action 'none'`;

  writeFileSync(
    'dist/explorer.html',
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>istio-init explorer</title>
<style>${style}</style>
</head>
<body>
<div id="page"><noscript>This page works with JavaScript, which runs in your browser alone.</noscript></div>
<script type="application/json" id="given"></script>
<script type="text/plain" id="worker">${packed(worker)}</script>
<script>${BOOT}</script>
<script type="application/json" id="first">${first}</script>
<script>${script}</script>
<script type="text/plain" id="editor">${packed(editor)}</script>
</body>
</html>
`,
  );
}

export async function importOf(file) {
  const { outputFiles } = await build({ ...PAGE, format: 'esm', entryPoints: [file] });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);
}
