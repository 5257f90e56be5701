export declare function printed(command: string): string;
export declare function refreshed(page: string): string;
