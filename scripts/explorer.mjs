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

// What unpacks the page, which is a third of its size so. The policy takes an inline script by its hash, whoever puts it there.
// The worker starts while the page itself is unpacked: the first answer waits for it.
const BOOT = `
const unpacked = (id) => {
  const text = atob(document.getElementById(id).textContent);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')));
};
globalThis.firstWorker = unpacked('worker').arrayBuffer().then((script) => {
  const address = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  return { address, worker: new Worker(address) };
});
unpacked('packed').text().then((page) => {
  const script = document.createElement('script');
  script.textContent = page;
  document.body.append(script);
});
`;

async function bundled(entry) {
  const { outputFiles } = await build({ ...PAGE, entryPoints: [entry] });
  return outputFiles[0].text;
}

export async function buildExplorer() {
  const worker = await bundled('src/explorer/worker.ts');
  const script = await bundled('src/explorer/page.tsx');
  const { STYLE } = await importOf('src/drawing/svg.ts');
  const css = `@import './src/explorer/page.css';\n.picture{${STYLE}}`;
  const style = (await build({ ...PAGE, stdin: { contents: css, loader: 'css', resolveDir: '.' } })).outputFiles[0].text;

  const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const packed = (text) => deflateRawSync(text, { level: 9 }).toString('base64');
  const policy = `default-src 'none'; script-src ${hash(BOOT)} ${hash(script)}; style-src ${hash(style)}; worker-src blob:; base-uri 'none'; form-action 'none'`;

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
<script type="text/plain" id="packed">${packed(script)}</script>
<script>${BOOT}</script>
</body>
</html>
`,
  );
}

export async function importOf(file) {
  const { outputFiles } = await build({ ...PAGE, format: 'esm', entryPoints: [file] });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);
}
