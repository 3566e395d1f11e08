// @ts-check
// Puts a chart that can be pointed at in the place of the one that the server drew. Its numbers come from the
// table that stands below it, so that both always say the same. Without this script nothing is missing.

import uPlot from "./uplot/uPlot.esm.js";

/** @typedef {{ name: string, colour: string, values: number[] }} Series */

const HEIGHT_PX = 240;

const dark = matchMedia("(prefers-color-scheme: dark)");

for (const place of document.querySelectorAll(".chart[data-table]")) {
    const table = document.getElementById(place.getAttribute("data-table") ?? "");
    if (place instanceof HTMLElement && table) {
        show(place, table);
    }
}

/**
 * @param {HTMLElement} place
 * @param {HTMLElement} table
 */
function show(place, table) {
    const times = [...table.querySelectorAll("tbody tr")].map((row) => Number(row.getAttribute("data-time")));
    if (times.length < 2) {
        return;
    }
    const tip = document.createElement("p");
    tip.className = "chart-tip";
    const frame = document.createElement("div");
    // The table is what screen readers read.
    tip.setAttribute("aria-hidden", "true");
    frame.setAttribute("aria-hidden", "true");
    place.append(frame, tip);
    /** @type {uPlot | undefined} */
    let chart;
    const draw = () => {
        chart?.destroy();
        chart = new uPlot(options(place, table, times, tip), data(table, times), frame);
    };
    draw();
    place.classList.add("live");
    dark.addEventListener("change", draw);
    new ResizeObserver(() => chart?.setSize({ width: place.clientWidth, height: HEIGHT_PX })).observe(place);
}

/**
 * @param {HTMLElement} table
 * @returns {Series[]}
 */
function series(table) {
    const rows = [...table.querySelectorAll("tbody tr")];
    return [...table.querySelectorAll("thead th[data-series]")].map((head, index) => ({
        name: head.textContent ?? "",
        colour: colour(`--${head.getAttribute("data-series")}`),
        values: rows.map((row) => Number(row.querySelectorAll("td")[index]?.textContent ?? 0)),
    }));
}

/**
 * Times, and each series on top of the ones before it: the whole column first, so that the lower ones are drawn
 * over it.
 *
 * @param {HTMLElement} table
 * @param {number[]} times
 * @returns {[number[], ...number[][]]}
 */
function data(table, times) {
    const sums = times.map(() => 0);
    const stacked = series(table).map(({ values }) =>
        values.map((value, index) => {
            const sum = (sums[index] ?? 0) + value;
            sums[index] = sum;
            return sum;
        }),
    );
    return [times, ...stacked.reverse()];
}

/**
 * @param {HTMLElement} place
 * @param {HTMLElement} table
 * @param {number[]} times
 * @param {HTMLElement} tip
 * @returns {uPlot.Options}
 */
function options(place, table, times, tip) {
    const bars = uPlot.paths.bars?.({ size: [0.8, 60], align: 1 });
    const all = series(table);
    const axis = { stroke: colour("--text-2"), ticks: { show: false } };
    const labels = [...table.querySelectorAll("tbody th")].map((head) => head.textContent ?? "");
    const stepS = (times[1] ?? 0) - (times[0] ?? 0);
    return {
        width: place.clientWidth,
        height: HEIGHT_PX,
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
        // As the table: in UTC.
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        scales: {
            // The last column is as wide as the others.
            x: { range: (_, min, max) => [min, max + stepS] },
            y: { range: (_, __, max) => [0, Math.max(max, 1)] },
        },
        axes: [
            { ...axis, grid: { show: false } },
            // Whole numbers alone.
            { ...axis, size: 60, grid: { stroke: colour("--line"), width: 1 }, incrs: increments() },
        ],
        series: [
            {},
            ...all
                .map(({ name, colour: fill }) => ({
                    label: name,
                    fill,
                    stroke: fill,
                    width: 0,
                    paths: bars,
                    points: { show: false },
                }))
                .reverse(),
        ],
        hooks: {
            setCursor: [
                (chart) => {
                    const index = chart.cursor.idx;
                    tip.textContent = typeof index === "number" ? describe(labels[index] ?? "", all, index) : "";
                },
            ],
        },
    };
}

/** 1, 2, 5, 10 … up to a billion. */
function increments() {
    return Array.from({ length: 28 }, (_, index) => ([1, 2, 5][index % 3] ?? 1) * 10 ** Math.floor(index / 3));
}

/**
 * @param {string} time
 * @param {Series[]} all
 * @param {number} index
 */
function describe(time, all, index) {
    const parts = all.map(({ name, values }) => `${name} ${(values[index] ?? 0).toLocaleString("en")}`);
    return `${time}: ${parts.join(", ")}`;
}

/** @param {string} name */
function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
