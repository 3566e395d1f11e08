// scripts/bundle-script.js puts built modules in the place of these names.

declare module "milguard-module" {}

declare module "milguard-glue" {
    export { Checker, version } from "../../../dist/checker/web/milguard.js";
    export function __wbg_set_wasm(module: object): void;
}
