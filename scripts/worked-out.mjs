// Tables that follow from other tables stand in the program as what they come to: an init container would work them out anew at every start.

import { build } from 'esbuild';

const WORKED_OUT = /\/releases\/(?:every-release|spans)\.ts$/;

export const workedOut = {
  name: 'tables that are worked out when the program is built',
  setup({ onLoad }) {
    onLoad({ filter: WORKED_OUT }, async ({ path }) => ({ contents: await valuesOf(path), loader: 'js' }));
  },
};

/** The exports of a file as literals. */
async function valuesOf(file) {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    logLevel: 'warning',
  });
  const exported = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  return Object.entries(exported)
    .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
    .join('\n');
}
