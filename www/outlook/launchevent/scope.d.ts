// The names that dist/outlook/launchevent.js defines before the handlers, and the data that scripts/build-outlook.js
// inserts in place of a name.

declare const milguardConfig: unknown;
/** The functions that delivery.js offers in a runtime that is a page. */
declare const milguardPage: import("../delivery/entry.js").Page | undefined;
declare const milguard: Pick<typeof import("../../checker/milguard.js"), "Checker" | "version">;

declare module "milguard-data" {
    /** The built-in policy. */
    export const defaults: import("../../shared/policy.js").Policy;
    /** By language and key: the texts that the script shows. */
    export const messages: Record<string, Record<string, string>>;
}
