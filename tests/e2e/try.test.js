// @ts-check
// The page to try the checker, used as a person uses it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browserTests, settled, shown, typeRecipients } from "./browser.js";

const { open } = browserTests();

// eslint-disable-next-line max-lines-per-function -- a list of cases
test("each kind of look-alike gets its verdict, reason and fix", async () => {
    const cases = [
        {
            typed: "jane@us.army.ml",
            severity: "warn",
            label: "Warning",
            marks: ["ml"],
            reason: ".ml is Mali’s ending; .mil is the U.S. military’s.",
            use: "jane@us.army.mil",
        },
        {
            typed: "jane@us.af.mil.com",
            severity: "warn",
            label: "Warning",
            marks: [".com"],
            reason: "The domain contains a protected name but belongs to someone else.",
            use: "jane@us.af.mil",
        },
        {
            typed: "jane@armymil.com",
            severity: "warn",
            label: "Warning",
            marks: ["armymil"],
            reason: "A dot is missing, so this is a different domain.",
            use: "jane@army.mil",
        },
        {
            typed: "jane@\u0430rmy.mil",
            severity: "warn",
            label: "Warning",
            marks: ["\u0430"],
            reason: "Some letters only look like the right letters.",
            use: "jane@army.mil",
        },
        {
            typed: "jane@amry.mil",
            severity: "notice",
            label: "Notice",
            marks: ["amry"],
            reason: "Milguard knows no such name under this ending.",
            use: "jane@army.mil",
        },
        {
            typed: "jane@eb.mil.br",
            severity: "notice",
            label: "Notice",
            marks: ["eb.mil.br"],
            reason: "The domain belongs to a foreign military, defence ministry or alliance.",
            use: undefined,
        },
    ];
    await open(async ({ page }) => {
        for (const { typed, severity, label, marks, reason, use } of cases) {
            await typeRecipients(page, typed);
            const { entries, ...whole } = await shown(page);
            assert.equal(whole.severity, severity, typed);
            assert.equal(entries.length, 1, typed);
            const [entry] = entries;
            assert.equal(entry?.address, typed);
            assert.equal(entry.severity, severity, typed);
            assert.equal(entry.label, label, typed);
            assert.deepEqual(entry.marks, marks, typed);
            assert.ok(entry.reasons.includes(reason), `${typed}: ${entry.reasons}`);
            assert.deepEqual(entry.buttons, [...(use ? [`Use ${use}`] : []), "Remove"], typed);
        }
    });
});

test("ordinary mail passes, and the page says so", async () => {
    await open(async ({ page }) => {
        await typeRecipients(
            page,
            "jane@us.army.mil, sam@gmail.com; lee@milwaukee.gov\nkim@navyfederal.org",
        );
        const { severity, summary, entries } = await shown(page);
        assert.equal(severity, "pass");
        assert.equal(summary, "No recipient stands out.");
        assert.deepEqual(entries, []);
        assert.match(await page.innerText("#timing"), /^Recipients: 4 · /);
        assert.equal(
            await page.innerText("#consequence"),
            "The add-in stays silent, and the mail leaves.",
        );
    });
});

test("one click puts the right address in and leaves the rest as typed", async () => {
    await open(async ({ page }) => {
        await typeRecipients(page, "Ann <ann@army.mil>;\n\"Doe, J\" <j@us.navy.ml>, kim@gmail.com");
        await page.click("text=Use j@us.navy.mil");
        assert.equal(
            await page.inputValue("#to"),
            "Ann <ann@army.mil>;\n\"Doe, J\" <j@us.navy.mil>, kim@gmail.com",
        );
        assert.equal((await shown(page)).severity, "pass");
        assert.equal(await page.innerText("#announcement"), "Replaced by j@us.navy.mil");
    });
});

test("a recipient can be removed", async () => {
    await open(async ({ page }) => {
        await typeRecipients(page, "ann@army.mil, eve@eb.mil.br, kim@gmail.com");
        await page.click("button:text-is('Remove')");
        assert.equal(await page.inputValue("#to"), "ann@army.mil, kim@gmail.com");
        assert.equal((await shown(page)).entries.length, 0);
    });
});

test("a button does nothing to another recipient while typing is not yet checked", async () => {
    const cases = [
        // Another recipient was inserted before the button's recipient.
        ["Use b@us.army.mil", "new@gmail.com, b@us.army.ml", "new@gmail.com, b@us.army.mil"],
        ["Remove", "new@gmail.com, b@us.army.ml", "new@gmail.com"],
        // The field contains the recipient twice, and the button is about the first one.
        ["Use b@us.army.mil", "b@us.army.ml, b@us.army.ml", "b@us.army.mil, b@us.army.ml"],
        // The field no longer contains the recipient.
        ["Remove", "new@gmail.com", "new@gmail.com"],
        ["Use b@us.army.mil", "new@gmail.com", "new@gmail.com"],
        ["Remove", "", ""],
    ];
    await open(async ({ page }) => {
        for (const [button, typed, after] of cases) {
            await typeRecipients(page, "b@us.army.ml");
            // Both happen in one step, so that no check runs in between.
            await page.evaluate(([label, text]) => {
                const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("to"));
                const buttons = [...document.querySelectorAll("#view button")];
                field.value = text ?? "";
                field.dispatchEvent(new Event("input"));
                const found = buttons.find(({ textContent }) => textContent === label);
                /** @type {HTMLElement} */ (found).click();
            }, [button, typed]);
            assert.equal(await page.inputValue("#to"), after, `${button}: ${typed}`);
            const left = after?.match(/[^ ,]+\.ml/g) ?? [];
            assert.deepEqual((await shown(page)).entries.map(({ address }) => address), left);
        }
    });
});

test("a policy in audit mode stops nothing, and the page says so", async () => {
    const audit =
        "The policy is in audit mode: the add-in stays silent, the mail leaves, and the add-in only " +
        "reports what it finds.";
    await open(async ({ page }) => {
        await page.click("summary:text-is('Policy')");
        /** @type {(mode: string) => Promise<void>} */
        const use = async (mode) => {
            await page.fill("#policy", JSON.stringify({ mode, deny: ["evil.example"] }));
            await page.locator("#policy").dispatchEvent("change");
        };
        await typeRecipients(page, "eve@evil.example");
        await use("enforce");
        assert.equal((await shown(page)).summary, "Your organisation’s policy stops this message. Recipients to check: 1");
        assert.match(await page.innerText("#consequence"), /^At Send, the add-in stops/);

        await use("audit");
        const { severity, summary, entries } = await shown(page);
        assert.equal(severity, "block", "the finding stays");
        assert.equal(entries.length, 1);
        assert.equal(summary, "Recipients to check before sending: 1");
        assert.equal(await page.innerText("#consequence"), audit);
        await typeRecipients(page, "bob@us.army.ml");
        assert.equal(await page.innerText("#consequence"), audit);
        await page.click("#clear");
        assert.equal(await page.innerText("#consequence"), "Type a recipient, or choose an example.");

        await typeRecipients(page, "eve@evil.example");
        await use("enforce");
        assert.equal((await shown(page)).summary, "Your organisation’s policy stops this message. Recipients to check: 1");
        assert.match(await page.innerText("#consequence"), /^At Send, the add-in stops/);
    });
});

test("the address is shown before the name that a sender believes", async () => {
    await open(async ({ page }) => {
        await typeRecipients(page, '"bob@army.mil" <bob@evil.example>');
        const [entry] = (await shown(page)).entries;
        assert.equal(entry?.address, "bob@evil.example");
        assert.deepEqual(entry.notes[0], 'As written: "bob@army.mil" <bob@evil.example>');
        assert.deepEqual(entry.reasons, [
            "The name shows one address, but the mail goes to another.",
        ]);
    });
});

test("a comma instead of a dot does not make two harmless recipients", async () => {
    await open(async ({ page }) => {
        await typeRecipients(page, "bob@us.army,mil, ann@army.mil");
        const { entries } = await shown(page);
        assert.deepEqual(
            entries.map((entry) => entry.address),
            ["bob@us.army,mil"],
        );
        await page.click("text=Use bob@us.army.mil");
        assert.equal(await page.inputValue("#to"), "bob@us.army.mil, ann@army.mil");
    });
});

test("a marking makes a finding graver, and is not a finding by itself", async () => {
    await open(async ({ page }) => {
        await typeRecipients(page, "jane@mail.ml");
        assert.equal((await shown(page)).severity, "notice");
        await page.fill("#subject", "CUI//SP-PRVCY travel orders");
        await settled(page, "subject");
        assert.equal((await shown(page)).severity, "warn");
        await page.fill("#subject", "");
        await page.fill("#attachments", "CUI-roster.xlsx");
        await settled(page, "attachments");
        assert.equal((await shown(page)).severity, "warn");
        await typeRecipients(page, "sam@gmail.com");
        assert.equal((await shown(page)).severity, "pass");
    });
});

test("each example shows the finding that it is named after", async () => {
    const expected = {
        typo: ["warn", 1],
        embedded: ["warn", 1],
        glued: ["warn", 1],
        confusable: ["warn", 1],
        unregistered: ["notice", 1],
        foreign: ["notice", 1],
        name: ["warn", 1],
        sibling: ["warn", 1],
        comma: ["notice", 1],
        markings: ["warn", 1],
        ordinary: ["pass", 0],
    };
    await open(async ({ page }) => {
        const ids = await page.$$eval("[data-example]", (buttons) =>
            buttons.map((button) => button.getAttribute("data-example")),
        );
        assert.deepEqual(ids, Object.keys(expected));
        for (const [id, [severity, count]] of Object.entries(expected)) {
            await page.click(`[data-example=${id}]`);
            const view = await shown(page);
            assert.equal(view.severity, severity, id);
            assert.equal(view.entries.length, count, id);
        }
    });
});

test("the page can be used by keyboard alone", async () => {
    await open(async ({ page }) => {
        await page.keyboard.press("Tab");
        assert.equal(await focused(page), "Skip to the recipients");
        await page.keyboard.press("Enter");
        await page.waitForFunction(() => document.activeElement?.id === "to");
        await page.keyboard.press("Control+a");
        await page.keyboard.type("a@army.mil, b@us.navy.ml, c@us.navy.mi");
        await settled(page);
        assert.equal((await shown(page)).entries.length, 2);

        await tabTo(page, "Use b@us.navy.mil");
        await page.keyboard.press("Enter");
        // The button has disappeared; the focus is on the one that took its place.
        assert.equal(await focused(page), "Use c@us.navy.mil");
        await page.keyboard.press("Space");
        assert.equal(await focused(page), "No recipient stands out.");
        assert.equal(
            await page.inputValue("#to"),
            "a@army.mil, b@us.navy.mil, c@us.navy.mil",
        );
    });
});

test("typing sends nothing, and only the page's own files were loaded", async () => {
    await open(async ({ page, requests }) => {
        const loaded = [...requests];
        assert.ok(loaded.includes("/checker/milguard_bg.wasm"));
        await typeRecipients(page, "jane.doe@us.army.ml");
        await page.click("text=Use jane.doe@us.army.mil");
        await page.click("summary:text-is('Policy')");
        await page.fill("#policy", '{"id":"x"}');
        await page.waitForSelector("#policy-state:not(:empty)");
        // A browser may fetch the icon late.
        const late = requests.slice(loaded.length).filter((path) => !path.endsWith(".svg"));
        assert.deepEqual(late, []);
        const stored = await page.evaluate(async () => [
            localStorage.length,
            sessionStorage.length,
            document.cookie,
            (await indexedDB.databases()).length,
            (await caches.keys()).length,
        ]);
        assert.deepEqual(stored, [0, 0, "", 0, 0]);
    });
});

test("500 pasted recipients are checked at once", async () => {
    await open(async ({ page }) => {
        const right = Array.from({ length: 480 }, (_, index) => `u${index}@us.army.mil`);
        const wrong = Array.from({ length: 20 }, (_, index) => `w${index}@us.army.ml`);
        const text = [...right, ...wrong].join("; ");
        await page.focus("#to");
        await page.keyboard.press("Control+a");
        await page.keyboard.insertText(text);
        await settled(page);
        assert.equal((await shown(page)).entries.length, 20);
        assert.match(await page.innerText("#timing"), /^Recipients: 500 · /);
    });
});

test("the page cuts a list that nobody would read, and counts the rest", async () => {
    await open(async ({ page }) => {
        const text = Array.from({ length: 1000 }, (_, index) => `w${index}@us.army.ml`).join("\n");
        await typeRecipients(page, text);
        const { entries, summary } = await shown(page);
        assert.equal(entries.length, 200);
        assert.equal(summary, "Recipients to check before sending: 1000");
        assert.equal(await page.innerText(".mg-more"), "And 800 more");
    });
});

test("grave findings come before mild ones", async () => {
    await open(async ({ page }) => {
        await typeRecipients(page, "a@eb.mil.br, b@us.army.ml, c@amry.mil, d@army.mil.com");
        const { entries } = await shown(page);
        assert.deepEqual(
            entries.map((entry) => entry.severity),
            ["warn", "warn", "notice", "notice"],
        );
        assert.deepEqual(
            entries.map((entry) => entry.address?.[0]),
            ["b", "d", "a", "c"],
        );
    });
});

test("an empty form says what to do", async () => {
    await open(async ({ page }) => {
        await page.click("#clear");
        assert.equal(await page.inputValue("#to"), "");
        assert.equal(await page.innerText("#consequence"), "Type a recipient, or choose an example.");
        assert.equal((await shown(page)).summary, "");
        assert.equal(await page.evaluate(() => document.activeElement?.id), "to");
    });
});

test("the language is the browser's, or the one that is chosen", async () => {
    await open(
        async ({ page }) => {
            assert.equal(await page.getAttribute("html", "lang"), "de");
            assert.equal(await page.innerText("label[for=to]"), "An");
            await page.selectOption("#language", "fr");
            await page.waitForSelector("html[lang=fr][data-state=ready]");
            assert.equal(await page.innerText("label[for=to]"), "À");
        },
        { options: { locale: "de-AT" } },
    );
    await open(
        async ({ page }) => {
            assert.equal(await page.getAttribute("html", "lang"), "en");
            assert.equal(await page.innerText("label[for=to]"), "To");
        },
        { options: { locale: "is-IS" } },
    );
});

test("the start page leads to the page to try the checker", async () => {
    await open(
        async ({ page }) => {
            await page.click("text=Try the checker");
            await page.waitForSelector("html[data-state=ready]");
            assert.equal(new URL(page.url()).pathname, "/try/");
        },
        { path: "/", state: "none" },
    );
});

/** @param {import("playwright-core").Page} page */
function focused(page) {
    return page.evaluate(() => document.activeElement?.textContent);
}

/**
 * @param {import("playwright-core").Page} page
 * @param {string} text
 */
async function tabTo(page, text) {
    for (let presses = 0; presses < 40; presses += 1) {
        if ((await focused(page)) === text) {
            return;
        }
        await page.keyboard.press("Tab");
    }
    assert.fail(`the Tab key does not reach ${text}`);
}
