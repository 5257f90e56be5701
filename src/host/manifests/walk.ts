/** Folders with all that is below them: which files hold manifests, and what is passed over. */

import type { Problem } from '../../istio/problems.ts';
import { reasonOf, unreadable } from '../failure/unreadable.ts';
import { inFolder } from '../in-folder.ts';
import type { FileStatus } from '../system/interface.ts';
import { system } from '../system.ts';

/** A file that was named, or that was found in a folder. */
export interface WalkedFile {
  readonly file: string;
  readonly isFound: boolean;
}

/** What a walk has found. */
export interface Walk {
  /** The operands, with the manifests of folders in place of the folders. */
  readonly files: readonly (WalkedFile | Problem)[];
  /** Undefined where no folder was named. */
  readonly folders?: WalkedFolders;
}

/** How much of the folders was read. */
export interface WalkedFolders {
  /** As they were named. */
  readonly names: readonly string[];
  readonly read: number;
  /** Files of another kind, by their ending. */
  readonly otherFiles: number;
  /** YAML and JSON that is no object of Kubernetes, and says nothing of Istio. */
  readonly noManifests: number;
  /** Links that lead nowhere, pipes, sockets and devices. */
  readonly noFiles: number;
  readonly charts: readonly UnrenderedChart[];
  /** Folders whose kustomization is not applied: what is in them is read as it stands. */
  readonly kustomizations: readonly string[];
}

/** A Helm chart as it is written: its templates are no YAML yet. */
export interface UnrenderedChart {
  readonly folder: string;
  readonly templates: number;
}

const MANIFEST = /\.(ya?ml|json)$/;
const NOT_ENTERED = /^(?:\..*|node_modules)$/;
// An object of Kubernetes, as YAML or JSON, or words of Istio in values and patches.
const OF_KUBERNETES =
  /^[ \t-]*["']?(?:apiVersion["']?[ \t]*:|kind["']?[ \t]*:[ \t]*["']?[A-Z])|[{,]\s*"(?:apiVersion"\s*:|kind"\s*:\s*"[A-Z])|istio\.io/m;
const CHUNK = 1 << 18;
// Longer than what is looked for, which a chunk may cut in two.
const OVERLAP = 200;
const TEMPLATE = /\.(ya?ml|tpl|txt|json)$/;
/** What a chart is made with, and is no object itself, whatever keys it has. */
const OF_A_CHART = /^(?:Chart|.*values.*)\.(?:ya?ml|json)$/;

// Its three names, as kubectl takes them.
const KUSTOMIZATION = /^(?:kustomization\.ya?ml|Kustomization)$/;

interface Found {
  readonly files: (WalkedFile | Problem)[];
  otherFiles: number;
  noManifests: number;
  noFiles: number;
  readonly charts: Map<string, number>;
  readonly kustomizations: string[];
}

/** Looks into the folders among these operands. Never throws: what can't be looked into is a problem among the files. */
export function walkFolders(operands: readonly string[]): Walk {
  const found: Found = { files: [], otherFiles: 0, noManifests: 0, noFiles: 0, charts: new Map(), kustomizations: [] };
  const names: string[] = [];
  for (const operand of operands) {
    if (kindOf(operand) !== 'folder') {
      found.files.push({ file: operand, isFound: false });
      continue;
    }
    names.push(operand);
    const [before, charts] = [found.files.length, found.charts.size];
    walkFolder(operand, found, undefined);
    if (found.files.length === before && found.charts.size === charts)
      found.files.push(unreadable(operand, 'holds no manifest (*.yaml, *.yml, *.json)'));
  }
  if (names.length === 0) return { files: found.files };
  const { files, otherFiles, noManifests, noFiles, kustomizations } = found;
  const charts = [...found.charts].map(([folder, templates]) => ({ folder, templates }));
  const read = files.filter((one) => 'isFound' in one && one.isFound).length;
  return { files, folders: { names, read, otherFiles, noManifests, noFiles, charts, kustomizations } };
}

/** `chart`: the folder of the chart whose templates these are. */
function walkFolder(folder: string, found: Found, chart: string | undefined): void {
  const entries = entriesOf(folder);
  if ('code' in entries) {
    found.files.push(entries);
    return;
  }
  const isChart = entries.some(({ name }) => name === 'Chart.yaml');
  if (entries.some(({ name }) => KUSTOMIZATION.test(name))) found.kustomizations.push(folder);
  for (const { name, directory } of entries) {
    const path = inFolder(folder, name);
    if (directory) {
      if (!NOT_ENTERED.test(name)) walkFolder(path, found, isChart && name === 'templates' ? folder : isChart ? undefined : chart);
    } else if (chart !== undefined && TEMPLATE.test(name)) addTemplate(path, found, chart);
    else if (!MANIFEST.test(name)) found.otherFiles += 1;
    else if (isChart && OF_A_CHART.test(name)) found.noManifests += 1;
    else addFile(path, found);
  }
}

function addTemplate(path: string, found: Found, chart: string): void {
  if (contains(path, /\{\{/)) found.charts.set(chart, (found.charts.get(chart) ?? 0) + 1);
  else if (MANIFEST.test(path)) addFile(path, found);
  else found.otherFiles += 1;
}

function addFile(path: string, found: Found): void {
  if (kindOf(path) !== 'file') found.noFiles += 1;
  else if (contains(path, OF_KUBERNETES)) found.files.push({ file: path, isFound: true });
  else found.noManifests += 1;
}

function entriesOf(folder: string): readonly { readonly name: string; readonly directory: boolean }[] | Problem {
  try {
    return system
      .namesInFolder(folder)
      .map((name) => ({ name, directory: isFolderItself(inFolder(folder, name)) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    return unreadable(folder, reasonOf(error));
  }
}

/** No folder is entered by a link: it may lead back. */
function isFolderItself(path: string): boolean {
  return kindOf(path) === 'folder' && system.linkOf(path) === undefined;
}

/** What a name leads to. A link is what it leads to. */
function kindOf(path: string): FileStatus['kind'] {
  try {
    return system.statusOf(path).kind;
  } catch {
    return 'other';
  }
}

/**
 * Whether such a text is somewhere in a file, in UTF-16 where its first bytes say so. Yes of what can't be read: its reader says why.
 * Read to its end, if need be: what is long begins with whatever it likes.
 */
function contains(path: string, what: RegExp): boolean {
  if (kindOf(path) !== 'file') return false;
  try {
    const file = system.open(path);
    try {
      const chunk = Buffer.alloc(CHUNK);
      let [text, encoding]: [string, BufferEncoding] = ['', 'utf8'];
      for (let at = 0; ; ) {
        const bytes = chunk.subarray(0, system.read(file, chunk));
        if (bytes.length === 0) return false;
        if (at === 0 && bytes[0] === 0xff && bytes[1] === 0xfe) encoding = 'utf16le';
        text = text.slice(-OVERLAP) + bytes.toString(encoding);
        if (what.test(text)) return true;
        at += bytes.length;
      }
    } finally {
      system.close(file);
    }
  } catch {
    return true;
  }
}
