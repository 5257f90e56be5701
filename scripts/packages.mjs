// The npm packages that a bundle holds.

import { readdirSync, readFileSync } from 'node:fs';

/** The folders of the packages that these files are of, sorted. */
export function packageFolders(files) {
  return [...new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))].sort();
}

/** The licence texts of all packages in a bundle, which ask to be kept with every copy. */
export function licensesOf(files) {
  return packageFolders(files).map(license).join('\n');
}

function license(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : readFileSync(`${folder}/${file}`, 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}
