// @ts-check
// The cost of the add-in in a real Thunderbird, beside the same Thunderbird without it, both in one run and
// alternately, so that a busy machine slows both equally; and how long a sender waits for the dialog, measured on the
// screen. Prints Markdown; fails if a limit is exceeded.

import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";

import { CLEAN, Compose } from "../../tests/thunderbird/driver/compose.js";
import { Stop } from "../../tests/thunderbird/driver/stop.js";
import { builtAddin } from "../../tests/thunderbird/driver/suite.js";
import { APPLICATION, Thunderbird } from "../../tests/thunderbird/driver/thunderbird.js";
import { cpuSeconds } from "./cpu.js";
import { Frames } from "./frames.js";

/** The measurements to make: some of `dialog`, `clean`, `processor`. */
const PARTS = (process.env.PARTS ?? "dialog,clean,processor").split(",");
const ROUNDS = Number(process.env.ROUNDS ?? 20);
const WARM_UP = 3;
/** Another build to measure, for a comparison with an earlier one. */
const ADDIN = process.env.ADDIN;
const WATCH_SECONDS = Number(process.env.WATCH_SECONDS ?? 60);
const SMALL_BODY = "See you there.";
/** 1.4 MB: the size of a message with a picture pasted into it. */
const LARGE_BODY = "<p>All work and no play makes Jack a dull boy.</p>\n".repeat(28_000);

/**
 * In ms: from opening a message to Send. By then, the add-in has read the new message for its badge; no sender is fast
 * enough to press Send during that.
 */
const WRITING_MS = { small: 1000, large: 3000 };

/** In ms: how much the add-in adds to a clean message, and the time until the dialog's marked characters are drawn. */
const LIMITS = { clean: 40, cleanAsleep: 150, cleanLarge: 150, dialog: 300, dialogLarge: 600, dialogAsleep: 450 };
const LIMIT_CPU_PERCENT = 2;

/** The message is at the left, so that the dialog's frame can be seen beside it. */
const COMPOSE = { left: 0, top: 0, width: 500, height: 500 };
const BESIDE = { left: 560, top: 120, width: 60, height: 160 };

/** @typedef {{ title: string, times: number[], counted: number, limit: number | null }} Row */

let messages = 0;
/** @type {string[]} */
const broken = [];

/** @type {Thunderbird[]} */
const started = [];
try {
    const built = await builtAddin();
    for (const addin of [null, ADDIN ? { ...built, file: path.resolve(ADDIN) } : built]) {
        const name = addin ? "bench-with" : "bench-without";
        started.push(await Thunderbird.start({ name, addin }));
    }
    const [without, guarded] = started;
    if (without && guarded) {
        await measure(without, guarded);
    }
} finally {
    await Promise.all(started.map((one) => one.stop()));
}

/**
 * @param {Thunderbird} without
 * @param {Thunderbird} guarded
 */
async function measure(without, guarded) {
    const [, version] = /^Version=(.*)$/m.exec(readFileSync(`${APPLICATION}/application.ini`, "utf8")) ?? [];
    console.log(`Thunderbird ${version}, openbox, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}\n`);
    if (PARTS.includes("dialog")) {
        await measureDialog(guarded);
    }
    if (PARTS.includes("clean")) {
        await measureClean(without, guarded);
    }
    if (PARTS.includes("processor")) {
        await measureProcessor();
    }
    if (broken.length > 0) {
        console.log(`\nOver the limit: ${broken.join(", ")}`);
        process.exitCode = 1;
    }
}

/**
 * @param {Thunderbird} without
 * @param {Thunderbird} guarded
 */
async function measureClean(without, guarded) {
    const suspend = () => guarded.ofAddin("suspend");
    const sent = { body: SMALL_BODY, writingMs: WRITING_MS.small };
    const small = await cleanTimes({
        without: () => sendTime(without, sent),
        with: () => sendTime(guarded, sent),
        asleep: () => sendTime(guarded, sent, suspend),
    });
    const sentLarge = { body: LARGE_BODY, writingMs: WRITING_MS.large };
    const large = await cleanTimes({
        without: () => sendTime(without, sentLarge),
        with: () => sendTime(guarded, sentLarge),
    });
    print("From Send to the server, a message that nothing is wrong with", [
        row("no add-in", small.without, median(small.without), null),
        row("add-in, in pairs with the former", small.with, paired(small.without, small.with), LIMITS.clean),
        row("add-in asleep, in pairs", small.asleep, paired(small.without, small.asleep), LIMITS.cleanAsleep),
        row("1.4 MB, no add-in", large.without, median(large.without), null),
        row("1.4 MB, add-in, in pairs", large.with, paired(large.without, large.with), LIMITS.cleanLarge),
    ]);
}

/** @param {Thunderbird} guarded */
async function measureDialog(guarded) {
    const suspend = () => guarded.ofAddin("suspend");
    const dialog = await dialogTimes(guarded, SMALL_BODY);
    const asleep = await dialogTimes(guarded, SMALL_BODY, suspend);
    const dialogLarge = await dialogTimes(guarded, LARGE_BODY);
    print("From Send to the findings on the screen, by what is drawn", [
        row("one recipient", dialog.readable, median(dialog.readable), LIMITS.dialog),
        row("one recipient, add-in asleep", asleep.readable, median(asleep.readable), LIMITS.dialogAsleep),
        row("one recipient, 1.4 MB", dialogLarge.readable, median(dialogLarge.readable), LIMITS.dialogLarge),
        row("its empty frame before that", dialog.empty, median(dialog.empty), null),
    ]);
}

async function measureProcessor() {
    const [cpuWithout = 0, cpuWith = 0] = await Promise.all(started.map(watch));
    const added = cpuWith - cpuWithout;
    console.log(`Processor while 1.4 MB stand in an open compose window, ${WATCH_SECONDS} s, percent of one core: `);
    console.log(`${percent(cpuWithout)} without, ${percent(cpuWith)} with the add-in; limit + ${LIMIT_CPU_PERCENT} %`);
    if (added >= LIMIT_CPU_PERCENT) {
        broken.push("processor");
    }
}

/**
 * Sends one message in each way, round by round. Each round begins with another way, so that none always follows the same one.
 *
 * @template {string} Way
 * @param {Record<Way, () => Promise<number>>} ways
 * @returns {Promise<Record<Way, number[]>>} the times of each way, by round
 */
async function cleanTimes(ways) {
    const names = /** @type {Way[]} */ (Object.keys(ways));
    const times = /** @type {Record<Way, number[]>} */ (Object.fromEntries(names.map((name) => [name, /** @type {number[]} */ ([])])));
    for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
        const first = round % names.length;
        for (const name of [...names.slice(first), ...names.slice(0, first)]) {
            const time = await ways[name]();
            if (round >= WARM_UP) {
                times[name].push(time);
            }
        }
    }
    return times;
}

/**
 * From pressing Send to the last byte at the server.
 *
 * @param {Thunderbird} thunderbird
 * @param {{ body: string, writingMs: number }} sent
 * @param {() => Promise<unknown>} [before] runs right before Send is pressed
 */
async function sendTime(thunderbird, { body, writingMs }, before) {
    const message = await open(thunderbird, { to: [CLEAN], body });
    await pause(writingMs);
    await before?.();
    await message.send();
    const { at } = await message.assertArrived(CLEAN);
    return at - message.sentAt;
}

/**
 * @param {Thunderbird} thunderbird
 * @param {string} body
 * @param {() => Promise<unknown>} [before]
 */
async function dialogTimes(thunderbird, body, before) {
    const readable = [];
    const empty = [];
    const message = await open(thunderbird, { to: ["bob@army.ml"], body });
    await thunderbird.windows("place", message.id, COMPOSE);
    const frames = new Frames(thunderbird.display.memory, BESIDE);
    for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
        await pause(500);
        await before?.();
        const watching = frames.watch(30_000);
        await message.send();
        const { changedAt, readableAt } = await watching;
        readable.push(readableAt - message.sentAt);
        empty.push(readableAt - changedAt);
        const stop = await Stop.appeared(thunderbird);
        await stop.choose("back");
        await stop.waitClosed();
    }
    await message.close();
    return { readable: readable.slice(WARM_UP), empty: empty.slice(WARM_UP) };
}

/**
 * The share of a core that Thunderbird uses while nothing changes.
 *
 * @param {Thunderbird} thunderbird
 */
async function watch(thunderbird) {
    const message = await open(thunderbird, { to: ["bob@army.ml", CLEAN], body: LARGE_BODY });
    // The work after opening the message has ended by then.
    await pause(15_000);
    const before = cpuSeconds(thunderbird.pid);
    await pause(WATCH_SECONDS * 1000);
    const after = cpuSeconds(thunderbird.pid);
    await message.close();
    return ((after - before) / WATCH_SECONDS) * 100;
}

/**
 * @param {Thunderbird} thunderbird
 * @param {import("../../tests/thunderbird/inside/compose.js").Draft} draft
 */
async function open(thunderbird, draft) {
    messages += 1;
    const subject = `Message ${messages}`;
    const id = await thunderbird.compose("openCompose", { ...draft, subject });
    return new Compose(thunderbird, id, subject);
}

/**
 * @param {string} title
 * @param {number[]} times
 * @param {number} counted
 * @param {number | null} limit
 * @returns {Row}
 */
function row(title, times, counted, limit) {
    return { title, times, counted, limit };
}

/**
 * @param {string} heading
 * @param {Row[]} rows
 */
function print(heading, rows) {
    console.log(`${heading}, ms:\n`);
    console.log("| | median | min–max | n | counted | limit |");
    console.log("|---|---|---|---|---|---|");
    for (const { title, times, counted, limit } of rows) {
        const range = `${Math.min(...times)}–${Math.max(...times)}`;
        const allowed = limit === null ? "" : `≤ ${limit}`;
        console.log(`| ${[title, median(times), range, times.length, counted, allowed].join(" | ")} |`);
        if (limit !== null && counted > limit) {
            broken.push(title);
        }
    }
    console.log();
}

/**
 * How much longer the second of each pair took: the median of all pairs.
 *
 * @param {number[]} first
 * @param {number[]} second
 */
function paired(first, second) {
    return median(second.map((time, index) => time - (first[index] ?? NaN)));
}

/** @param {number[]} values */
function median(values) {
    const sorted = [...values].sort((left, right) => left - right);
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1
        ? (sorted[middle] ?? NaN)
        : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** @param {number} value */
function percent(value) {
    return `${value.toFixed(2)} %`;
}

/** @param {number} ms */
function pause(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
}
