/** package.json and its lock: what `npm ci` compares, on this platform and on every other. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

interface Package {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

function json<T>(file: string): T {
  return JSON.parse(readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8')) as T;
}

const own = json<Package>('package.json');
const { '': root, ...locked } = json<{ packages: Record<string, Package> }>('package-lock.json').packages;

/** Where the package of that folder finds another, as Node looks for it: beside itself, then further out. */
function found(folder: string, name: string): string | undefined {
  const inside = `${folder}/node_modules/${name}`.replace(/^\//, '');
  if (inside in locked) return inside;
  return folder === '' ? undefined : found(folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0)), name);
}

it('the lock is of the dependencies that package.json names, each in the exact version', () => {
  expect(root?.dependencies).toEqual(own.dependencies);
  expect(root?.devDependencies).toEqual(own.devDependencies);
  const wanted = { ...own.dependencies, ...own.devDependencies, ...own.overrides };
  expect(Object.fromEntries(Object.keys(wanted).map((name) => [name, locked[`node_modules/${name}`]?.version]))).toEqual(wanted);
});

it('every package that a locked one needs is locked as well, the binaries of all platforms included', () => {
  const needs = Object.entries(locked).flatMap(([folder, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies }).map((name) => ({ folder, name })),
  );
  expect(needs.length).toBeGreaterThan(200);
  expect(needs.filter(({ folder, name }) => found(folder, name) === undefined)).toEqual([]);
});

it('a binary of one platform says which, and has the exact version of its package', () => {
  const platforms = /-(?:linux|darwin|win32|windows|android|freebsd|netbsd|openbsd|sunos|aix|openharmony)(?:32|64)?-/;
  const binaries = Object.entries(locked).flatMap(([folder, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => platforms.test(name))
      .map(([name, version]) => ({ name, version, entry: locked[found(folder, name) ?? ''] })),
  );
  expect(binaries.length).toBeGreaterThan(100);
  for (const { name, version, entry } of binaries) {
    expect({ name, version: entry?.version, optional: entry?.optional }).toEqual({ name, version, optional: true });
    expect({ name, os: entry?.os?.length, cpu: entry?.cpu?.length }).toEqual({ name, os: 1, cpu: 1 });
  }
});

it('every locked package has its checksum, and names no registry', () => {
  const entries = Object.entries(locked);
  expect(entries.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([folder]) => folder)).toEqual([]);
  expect(entries.filter(([, { resolved }]) => resolved !== undefined).map(([folder]) => folder)).toEqual([]);
});
