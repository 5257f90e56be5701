// The npm packages that a bundle holds.

/** The folders of the packages that these files are of, sorted. */
export function packageFolders(files) {
  return [...new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))].sort();
}
