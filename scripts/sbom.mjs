// The software bill of materials of an executable, as CycloneDX: what npm's packages and which runtime are in it.

import { readFileSync } from 'node:fs';
import { packageFolders } from './packages.mjs';

/** One component a line and the end on a line of its own, so that the image's Debian packages can be added by a shell. */
export function sbomOf(files, runtimes) {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const own = { type: 'application', name: 'istio-init', version, purl: `pkg:npm/istio-init@${version}` };
  const components = [...runtimes, ...packageFolders(files)].map(component).map((one) => JSON.stringify(one));
  const head = JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, metadata: { component: own } });
  return `${head.slice(0, -1)},"components":[\n${components.join('\n,')}\n]}\n`;
}

function component(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  return {
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    licenses: [{ license: { id: license } }],
  };
}
