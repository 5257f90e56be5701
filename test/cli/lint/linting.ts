/** `lint` in this process, on texts. */

import { lint } from '../../../src/cli/lint/lint.ts';
import type { Result } from '../../../src/cli/result.ts';
import { plain } from '../../../src/cli/terminal/color.ts';
import { scratchFolder } from '../program.ts';

export interface Asked {
  readonly release?: string;
  readonly installer?: string;
  readonly failOn?: string;
  readonly output?: string;
  /** Names of those files that are what the mesh is installed with. */
  readonly values?: readonly string[];
}

/** Lints files by name; in the output they stand under their bare names. */
export async function lintFiles(files: Readonly<Record<string, string>>, asked: Asked = {}): Promise<Result> {
  const folder = scratchFolder();
  const { release, installer, failOn = 'warning', output = 'table', values = [] } = asked;
  try {
    const paths = Object.entries(files).map(([name, text]) => ({ name, path: `${folder.path}/${folder.write(name, text)}` }));
    const pathsOf = (those: boolean): readonly string[] =>
      paths.filter(({ name }) => values.includes(name) === those).map(({ path }) => path);
    const result = await lint({
      files: [],
      given: {
        manifests: {
          filenames: pathsOf(false),
          values: pathsOf(true),
          imageReleases: [],
          keepArguments: false,
          ...(installer === undefined ? {} : { installer }),
        },
        ...(release === undefined ? {} : { release }),
        sets: [],
        env: [],
        addresses: [],
        nameservers: [],
      },
      failOn,
      output,
      paint: plain,
    });
    return { ...result, output: result.output.replaceAll(`${folder.path}/`, '') };
  } finally {
    folder.remove();
  }
}
