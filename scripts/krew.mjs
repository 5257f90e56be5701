// Makes dist/krew/: the archive of the plugin for this machine's platform, and krew's manifest with its sum; both are then checked.
// node scripts/krew.mjs --uri BASE  where the archives will be, --homepage URL; --level 1 packs faster, and less tightly.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { dump, load } from 'js-yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const { values } = parseArgs({
  options: {
    uri: { type: 'string', default: 'https://example.com/releases' },
    homepage: { type: 'string', default: 'https://example.com' },
    level: { type: 'string', default: '6' },
  },
});
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const BIN = 'istio-init';
const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch];
const archive = `istio-init-v${version}-linux-${arch}.tar.gz`;

mkdirSync('dist/krew', { recursive: true });
const staged = mkdtempSync(join(tmpdir(), 'istio-init-krew-'));
try {
  copyFileSync('dist/bin/istio-init', join(staged, BIN));
  copyFileSync('LICENSE', join(staged, 'LICENSE'));
  // The same bytes give the same archive: no times, no names of users.
  const tar = [
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    `--use-compress-program=gzip -n -${Number(values.level)}`,
  ];
  execFileSync('tar', [...tar, '-cf', `dist/krew/${archive}`, '-C', staged, BIN, 'LICENSE']);
} finally {
  rmSync(staged, { recursive: true });
}
const sum = sha256(`dist/krew/${archive}`);

writeFileSync(
  'dist/krew/istio-init.yaml',
  dump({
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: 'istio-init' },
    spec: {
      version: `v${version}`,
      homepage: values.homepage,
      shortDescription: "Explain and check a pod's traffic capture by Istio",
      description:
        'Says where a connection of a pod goes, and because of what; lints settings; finds what passes the sidecar by;\n' +
        'compares releases, rules and manifests.\n',
      platforms: [{ selector: { matchLabels: { os: 'linux', arch } }, uri: `${values.uri}/v${version}/${archive}`, sha256: sum, bin: BIN }],
    },
  }),
);
const faults = faultsOf(load(readFileSync('dist/krew/istio-init.yaml', 'utf8')));
for (const fault of faults) process.stderr.write(`dist/krew/istio-init.yaml: ${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;

function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** What krew's own check asks (internal/index/validation), and whether what is installed by the manifest answers as a plugin. */
function faultsOf({ apiVersion, kind, metadata, spec }) {
  const rules = [
    ['apiVersion', /^krew\.googlecontainertools\.github\.com\/v1alpha2$/.test(apiVersion)],
    ['kind', kind === 'Plugin'],
    ['metadata.name', /^[a-z0-9][a-z0-9-]*$/.test(metadata.name) && !metadata.name.startsWith('kubectl-')],
    ['spec.version', /^v\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(spec.version)],
    ['spec.homepage', URL.canParse(spec.homepage)],
    [
      'spec.shortDescription',
      spec.shortDescription.length > 0 && spec.shortDescription.length <= 50 && !/[\n.]$/.test(spec.shortDescription),
    ],
    ['spec.platforms', spec.platforms.length > 0],
  ];
  const wrong = rules.flatMap(([name, well]) => (well ? [] : [`${name} is not as krew wants it`]));
  return [...wrong, ...spec.platforms.flatMap(platformFaults)];
}

function platformFaults({ selector, uri, sha256: named, bin }) {
  const { os, arch: of } = selector.matchLabels;
  const file = uri.split('/').at(-1);
  const place = mkdtempSync(join(tmpdir(), 'istio-init-krew-'));
  try {
    execFileSync('tar', ['-xzf', `dist/krew/${file}`, '-C', place]);
    // As krew installs it: a link with the name that kubectl looks for.
    symlinkSync(join(place, bin), join(place, 'kubectl-istio_init'));
    const { status, stdout } = spawnSync(join(place, 'kubectl-istio_init'), ['--help'], { encoding: 'utf8' });
    return [
      ...(['linux', 'darwin', 'windows'].includes(os) && ['amd64', 'arm64'].includes(of) ? [] : [`${os}/${of} is no platform of krew`]),
      ...(/^https:\/\//.test(uri) ? [] : [`${uri} is not https`]),
      ...(named === sha256(`dist/krew/${file}`) ? [] : [`${file} has another sum`]),
      ...(status === 0 && stdout.includes('kubectl istio-init COMMAND') ? [] : [`${bin} does not answer as kubectl istio-init`]),
    ];
  } finally {
    rmSync(place, { recursive: true });
  }
}
