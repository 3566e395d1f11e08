// @ts-check
// On a phone each row of a table is a card, for which styles take the table's layout away. Some browsers then forget that it
// is a table; roles remind them.

const ROLES = { thead: "rowgroup", tbody: "rowgroup", tr: "row", td: "cell", "thead th": "columnheader", "tbody th": "rowheader" };

for (const table of document.querySelectorAll("table.cards")) {
    table.setAttribute("role", "table");
    for (const [selector, role] of Object.entries(ROLES)) {
        for (const part of table.querySelectorAll(selector)) {
            part.setAttribute("role", role);
        }
    }
}
