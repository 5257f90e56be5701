type Name = 'x64' | 'arm64' | 'netfilter';

/** Where the root is, or will be. */
export declare function debianRoot(name: Name): string;

/** Makes it where it is not yet there; else answers why it can't be made. */
export declare function makeDebianRoot(name: Name): string | undefined;
