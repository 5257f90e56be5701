export declare const LINT_PAGES: Readonly<Record<string, string>>;
