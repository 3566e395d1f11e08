// @ts-check
// Processor time of a program with all its processes, as Linux counts it.

import { readdirSync, readFileSync } from "node:fs";

/** Linux reports a program's time in these units, whatever the rate of the kernel's own clock. */
const TICKS_PER_SECOND = 100;

/**
 * @param {number} group the id of the process that leads the group
 * @returns {number} seconds since its start
 */
export function cpuSeconds(group) {
    let ticks = 0;
    for (const name of readdirSync("/proc").filter((one) => /^\d+$/.test(one))) {
        try {
            // After the program's name, which may contain anything: state, parent, group …
            const fields = readFileSync(`/proc/${name}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
            if (Number(fields[2]) === group) {
                ticks += Number(fields[11]) + Number(fields[12]);
            }
        } catch {
            // The process has just ended.
        }
    }
    return ticks / TICKS_PER_SECOND;
}
