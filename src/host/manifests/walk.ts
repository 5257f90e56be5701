/** Folders with all that is below them: which files hold manifests, and what is passed over. */

import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What a walk has found. */
export interface Walk {
  /** The operands, with the manifests of folders in place of the folders. */
  readonly files: readonly string[];
  /** Undefined where no folder was named. */
  readonly folders?: WalkedFolders;
}

/** How much of the folders was read. */
export interface WalkedFolders {
  readonly read: number;
  /** Files of another kind, by their ending. */
  readonly otherFiles: number;
  /** YAML and JSON that is no object of Kubernetes, and says nothing of Istio. */
  readonly noManifests: number;
  readonly charts: readonly UnrenderedChart[];
}

/** A Helm chart as it is written: its templates are no YAML yet. */
export interface UnrenderedChart {
  readonly folder: string;
  readonly templates: number;
}

const MANIFEST = /\.(ya?ml|json)$/;
const NOT_ENTERED = /^(?:\..*|node_modules)$/;
// An object of Kubernetes, as YAML or JSON, or words of Istio in values and patches.
const OF_KUBERNETES = /^[ \t-]*["']?(?:apiVersion|kind)["']?[ \t]*:|[{,]\s*"(?:apiVersion|kind)"\s*:|istio\.io/m;
const HEAD = 1 << 18;

interface Found {
  readonly files: string[];
  otherFiles: number;
  noManifests: number;
  readonly charts: Map<string, number>;
}

/** Looks into the folders among these operands. Never throws: what can't be looked into stays an operand, for the message about it. */
export function walkFolders(operands: readonly string[]): Walk {
  const found: Found = { files: [], otherFiles: 0, noManifests: 0, charts: new Map() };
  const named: string[] = [];
  let folders = 0;
  for (const operand of operands) {
    if (!isFolder(operand)) {
      named.push(operand);
      continue;
    }
    folders += 1;
    const before = found.files.length;
    look(operand, found, undefined);
    const own = found.files.slice(before);
    // Reading an empty folder says that it is one.
    named.push(...(own.length === 0 && found.charts.size === 0 ? [operand] : own));
  }
  if (folders === 0) return { files: operands };
  const charts = [...found.charts].map(([folder, templates]) => ({ folder, templates }));
  return { files: named, folders: { read: found.files.length, otherFiles: found.otherFiles, noManifests: found.noManifests, charts } };
}

/** `chart`: the folder of the chart whose templates these are. */
function look(folder: string, found: Found, chart: string | undefined): void {
  const entries = entriesOf(folder);
  if (entries === undefined) {
    found.files.push(folder);
    return;
  }
  const isChart = entries.some(({ name }) => name === 'Chart.yaml');
  for (const { name, directory } of entries) {
    const path = join(folder, name);
    if (directory) {
      if (!NOT_ENTERED.test(name)) look(path, found, isChart && name === 'templates' ? folder : isChart ? undefined : chart);
    } else if (chart !== undefined && /\.(ya?ml|tpl|txt|json)$/.test(name) && headOf(path).includes('{{')) {
      found.charts.set(chart, (found.charts.get(chart) ?? 0) + 1);
    } else if (!MANIFEST.test(name)) found.otherFiles += 1;
    else if (OF_KUBERNETES.test(headOf(path)) && !(isChart && name === 'Chart.yaml')) found.files.push(path);
    else found.noManifests += 1;
  }
}

function entriesOf(folder: string): readonly { readonly name: string; readonly directory: boolean }[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .map((entry) => ({ name: entry.name, directory: entry.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return undefined;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The beginning of a file; of what can't be read, what makes a reader say so. */
function headOf(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const head = Buffer.alloc(HEAD);
      return head.subarray(0, readSync(file, head)).toString('utf8');
    } finally {
      closeSync(file);
    }
  } catch {
    return 'kind:';
  }
}
