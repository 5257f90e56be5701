import type { BuildOptions } from 'esbuild';

/** Compiles modules of src to files of their own, with what else esbuild is told. */
export declare function compileModules(options: BuildOptions): Promise<unknown>;
