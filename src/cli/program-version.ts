/** The version of this program: package.json's, put in by the build. */
declare const PACKAGE_VERSION: string;

export const VERSION: string = PACKAGE_VERSION;
