// @ts-check
// Shows times in the browser's zone, with how long ago they were, and UTC when the pointer is on them. The server writes
// UTC, which people without this script see.

const DAY_MS = 24 * 3_600_000;

/** Beyond this age, only the date is useful. */
const RELATIVE_MS = 30 * DAY_MS;

/** @type {[number, Intl.RelativeTimeFormatUnit][]} */
const UNITS = [
    [DAY_MS, "day"],
    [3_600_000, "hour"],
    [60_000, "minute"],
];

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const zoneName = new Intl.DateTimeFormat("en", { timeZoneName: "short" });

const now = Date.now();
// Elements that name only a day stay unchanged, because the server counts days in UTC.
for (const time of document.querySelectorAll("time[datetime*='T']:not([data-utc])")) {
    localise(time);
}
for (const zone of document.querySelectorAll("[data-zone]")) {
    zone.textContent = nameOfZone(new Date(now));
}

/** @param {Element} time */
function localise(time) {
    const at = new Date(time.getAttribute("datetime") ?? "");
    if (Number.isNaN(at.getTime())) {
        return;
    }
    const utc = time.textContent ?? "";
    const hasZone = utc.endsWith(" UTC");
    time.setAttribute("title", hasZone ? utc : `${utc} UTC`);
    time.textContent = local(at) + (hasZone ? ` ${nameOfZone(at)}` : "");
    const ago = sinceThen(at.getTime() - now);
    if (ago) {
        const note = document.createElement("span");
        note.className = "ago";
        note.textContent = ago;
        time.append(" ", note);
    }
}

/**
 * The form that the server writes: 2026-11-25 14:05.
 *
 * @param {Date} at
 */
function local(at) {
    const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
    const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
    return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/**
 * `3 hours ago`, `in 2 days`; empty for times that are far away.
 *
 * @param {number} distanceMs
 */
function sinceThen(distanceMs) {
    const length = Math.abs(distanceMs);
    if (length > RELATIVE_MS) {
        return "";
    }
    const [unitMs, unit] = UNITS.find(([ms]) => length >= ms) ?? [];
    return unit ? relative.format(Math.trunc(distanceMs / (unitMs ?? 1)), unit) : "just now";
}

/**
 * The name of the zone at a time, as in `GMT+1`.
 *
 * @param {Date} at
 */
function nameOfZone(at) {
    return zoneName.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "local time";
}
