// @ts-check
// What the add-in costs in a real Thunderbird, next to the same Thunderbird without it, both in one run
// and in turn, so that a busy machine slows both alike. Prints Markdown; fails where a limit is broken.

import { readFileSync } from "node:fs";
import { cpus } from "node:os";

import { CLEAN, Compose } from "../../tests/thunderbird/driver/compose.js";
import { builtAddin } from "../../tests/thunderbird/driver/suite.js";
import { APPLICATION, Thunderbird } from "../../tests/thunderbird/driver/thunderbird.js";
import { cpuSeconds } from "./cpu.js";

const ROUNDS = Number(process.env.ROUNDS ?? 25);
const WARM_UP = 4;
const WATCH_SECONDS = Number(process.env.WATCH_SECONDS ?? 60);
/** About what a message with a picture pasted into it has. */
const LARGE_BODY = "<p>All work and no play makes Jack a dull boy.</p>\n".repeat(26_000);

const LIMITS = { warmMs: 40, asleepMs: 150, dialogMs: 300, cpuPercent: 2 };

let messages = 0;

/** @type {Thunderbird[]} */
const started = [];
try {
    for (const addin of [null, await builtAddin()]) {
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
    console.log(`Thunderbird ${version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}\n`);

    const asleep = () => guarded.ofAddin("suspend");
    const rounds = [];
    for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
        rounds.push({
            without: await sendTime(without),
            warm: await sendTime(guarded),
            asleep: await sendTime(guarded, asleep),
        });
    }
    rounds.splice(0, WARM_UP);
    const times = {
        without: rounds.map((round) => round.without),
        warm: rounds.map((round) => round.warm),
        asleep: rounds.map((round) => round.asleep),
        dialog: await dialogTimes(guarded),
    };
    const cpu = await Promise.all(started.map(watch));

    const base = median(times.without);
    const warm = median(times.warm) - base;
    const slept = median(times.asleep) - base;
    const dialog = median(times.dialog);
    const [cpuWithout = 0, cpuWith = 0] = cpu;
    const rows = [
        row("Send to the server, no add-in", times.without, null, null),
        row("Send to the server, add-in", times.warm, warm, LIMITS.warmMs),
        row("Send to the server, add-in asleep", times.asleep, slept, LIMITS.asleepMs),
        row("Send to the dialog on screen", times.dialog, dialog, LIMITS.dialogMs),
    ];
    console.log("| | median ms | min–max | n | counted ms | limit | of the limit |");
    console.log("|---|---|---|---|---|---|---|");
    console.log(`${rows.join("\n")}\n`);
    const added = cpuWith - cpuWithout;
    console.log(`Processor while ${LARGE_BODY.length} characters stand in an open compose window,`);
    console.log(`${WATCH_SECONDS} s, all processes of Thunderbird, percent of one core:\n`);
    console.log("| no add-in | add-in | added | limit | of the limit |\n|---|---|---|---|---|");
    console.log(
        `| ${percent(cpuWithout)} | ${percent(cpuWith)} | ${percent(added)} | < ${LIMITS.cpuPercent} % | ` +
            `${ratio(added, LIMITS.cpuPercent)} |`,
    );
    const broken = [
        warm > LIMITS.warmMs && "warm",
        slept > LIMITS.asleepMs && "asleep",
        dialog > LIMITS.dialogMs && "dialog",
        added >= LIMITS.cpuPercent && "processor",
    ].filter(Boolean);
    if (broken.length > 0) {
        console.log(`\nOver the limit: ${broken.join(", ")}`);
        process.exitCode = 1;
    }
}

/**
 * From pressing Send to the last byte at the server.
 *
 * @param {Thunderbird} thunderbird
 * @param {() => Promise<unknown>} [before] right before it is pressed
 */
async function sendTime(thunderbird, before) {
    const message = await open(thunderbird, { to: [CLEAN] });
    await pause(300);
    await before?.();
    await message.send();
    const { at } = await message.assertArrived(CLEAN);
    return at - message.sentAt;
}

/** @param {Thunderbird} thunderbird */
async function dialogTimes(thunderbird) {
    const times = [];
    const message = await open(thunderbird, { to: ["bob@army.ml"] });
    for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
        await pause(300);
        const stop = await message.sendAsked();
        times.push(stop.shown - message.sentAt);
        await stop.choose("back");
        await stop.waitClosed();
    }
    await message.close();
    return times.slice(WARM_UP);
}

/**
 * The share of a core that it takes while nothing changes.
 *
 * @param {Thunderbird} thunderbird
 */
async function watch(thunderbird) {
    const message = await open(thunderbird, { to: ["bob@army.ml", CLEAN], body: LARGE_BODY });
    // What follows from opening it is over then.
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
    const id = await thunderbird.compose("openCompose", { body: "See you there.", ...draft, subject });
    return new Compose(thunderbird, id, subject);
}

/**
 * @param {string} title
 * @param {number[]} times
 * @param {number | null} counted
 * @param {number | null} limit
 */
function row(title, times, counted, limit) {
    const numbers = [median(times), `${Math.min(...times)}–${Math.max(...times)}`, times.length];
    const judged =
        counted === null || limit === null ? ["", "", ""] : [counted, `≤ ${limit}`, ratio(counted, limit)];
    return `| ${[title, ...numbers, ...judged].join(" | ")} |`;
}

/** @param {number[]} values */
function median(values) {
    const sorted = [...values].sort((left, right) => left - right);
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1
        ? (sorted[middle] ?? NaN)
        : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/**
 * @param {number} value
 * @param {number} limit
 */
function ratio(value, limit) {
    return `${(value / limit).toFixed(2)} ×`;
}

/** @param {number} value */
function percent(value) {
    return `${value.toFixed(2)} %`;
}

/** @param {number} ms */
function pause(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
}
