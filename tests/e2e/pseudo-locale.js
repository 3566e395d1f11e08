// @ts-check
// Texts that are longer and stranger than those of any language: if they fit, the next translation fits too.

/** @typedef {Record<string, { message: string, description?: string }>} Messages */

/** German and Polish take up to a third more room than English; short labels even more. */
const LONGER_BY = 0.4;

const ACCENTS = /** @type {Record<string, string>} */ ({
    ...{ a: "á", c: "ç", d: "ð", e: "é", g: "ğ", i: "ï", l: "ļ", n: "ñ", o: "ö", r: "ř", s: "š", t: "ţ", u: "ů", y: "ý", z: "ž" },
    ...{ A: "Å", B: "Ɓ", C: "Č", D: "Ď", E: "Ê", I: "Î", L: "Ł", M: "Ṁ", N: "Ñ", O: "Ø", R: "Ř", S: "Š", T: "Ť", U: "Ü", Y: "Ÿ" },
});

/**
 * A text with accents above and below the line and 40 % more characters, in brackets that show its ends. Words grow, as
 * in German. Placeholders stay.
 *
 * @param {string} text
 */
export function pseudo(text) {
    const vowels = [...text].filter((letter) => /[aeiou]/.test(letter)).length;
    const wanted = Math.ceil([...text].length * LONGER_BY);
    let added = 0;
    let seen = 0;
    const parts = text.split(/(\$\d)/).map((part) =>
        /^\$\d$/.test(part)
            ? part
            : [...part]
                  .map((letter) => {
                      const accented = ACCENTS[letter] ?? letter;
                      if (!/[aeiou]/.test(letter)) {
                          return accented;
                      }
                      // The additions are spread evenly over all vowels.
                      seen += 1;
                      const more = Math.round((wanted * seen) / vowels) - added;
                      added += more;
                      return accented.repeat(1 + more);
                  })
                  .join(""),
    );
    return `[${parts.join("")}${"é".repeat(wanted - added)}]`;
}

/**
 * @param {Messages} messages in English
 * @returns {Messages}
 */
export function pseudoMessages(messages) {
    return Object.fromEntries(Object.entries(messages).map(([key, { message }]) => [key, { message: pseudo(message) }]));
}
