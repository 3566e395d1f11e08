// The exports of the plain script: `milguard.Checker` and `milguard.version`.

import * as module from "milguard-module";
import { __wbg_set_wasm } from "milguard-glue";

__wbg_set_wasm(module);

export { Checker, version } from "milguard-glue";
