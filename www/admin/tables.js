// @ts-check
// On a phone the styles show each row of a table as a card, which changes the table's layout. Some browsers then no longer
// treat it as a table; roles restore that.

const ROLES = { thead: "rowgroup", tbody: "rowgroup", tr: "row", td: "cell", "thead th": "columnheader", "tbody th": "rowheader" };

for (const table of document.querySelectorAll("table.cards")) {
    table.setAttribute("role", "table");
    for (const [selector, role] of Object.entries(ROLES)) {
        for (const part of table.querySelectorAll(selector)) {
            part.setAttribute("role", role);
        }
    }
}
