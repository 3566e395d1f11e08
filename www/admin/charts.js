// @ts-check
// Shows the column of a chart under the pointer in a line below the chart. The server draws the chart and writes the text of
// each column into it; without this script, browsers show that text beside the pointer.

for (const tip of document.querySelectorAll("[data-tip-of]")) {
    const chart = document.getElementById(tip.getAttribute("data-tip-of") ?? "");
    if (chart) {
        readOut(chart, tip);
    }
}

/**
 * @param {HTMLElement} chart
 * @param {Element} tip
 */
function readOut(chart, tip) {
    /** @type {Map<Element, string>} */
    const texts = new Map();
    for (const column of chart.querySelectorAll(".column")) {
        const title = column.querySelector("title");
        texts.set(column, title?.textContent ?? "");
        // Otherwise the browser would show the text beside the pointer too.
        title?.remove();
    }
    const usual = tip.textContent;
    chart.addEventListener("pointerover", (event) => {
        const column = event.target instanceof Element ? event.target.closest(".column") : null;
        tip.textContent = (column && texts.get(column)) ?? usual;
    });
    chart.addEventListener("pointerleave", () => {
        tip.textContent = usual;
    });
}
