import type { Plugin } from 'esbuild';

export declare const workedOut: Plugin;
