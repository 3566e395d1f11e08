// @ts-check
// Messages to try. Names and addresses are made up; the protected domains are real.

/**
 * @typedef {object} Example
 * @property {string} id
 * @property {string} label the text of its button: a name of a domain, or a key of the messages
 * @property {string} to
 * @property {string} [subject]
 * @property {string} [body]
 * @property {string} [attachments]
 */

/** @type {readonly Example[]} */
export const EXAMPLES = Object.freeze([
    { id: "typo", label: "us.army.ml", to: "jane.doe@us.army.ml" },
    { id: "embedded", label: "us.af.mil.com", to: "jane.doe@us.af.mil.com" },
    { id: "glued", label: "armymil.com", to: "jane.doe@armymil.com" },
    { id: "confusable", label: "exampleConfusable", to: "jane.doe@\u0430rmy.mil" },
    { id: "unregistered", label: "amry.mil", to: "jane.doe@amry.mil" },
    { id: "foreign", label: "eb.mil.br", to: "jane.doe@eb.mil.br" },
    {
        id: "name",
        label: "exampleName",
        to: '"bob@army.mil" <bob@evil.example>',
    },
    {
        id: "sibling",
        label: "exampleSibling",
        to: "ann@contractor.example, bob@us.navy.mil, eve@us.navy.ml, joe@us.navy.mil",
    },
    {
        id: "comma",
        label: "exampleComma",
        to: "jane.doe@us.army,mil",
    },
    {
        id: "markings",
        label: "exampleMarkings",
        to: "jane.doe@mail.ml",
        subject: "CUI//SP-PRVCY travel orders",
        body: "Roster attached.",
        attachments: "CUI_roster.xlsx",
    },
    {
        id: "ordinary",
        label: "exampleOrdinary",
        to: "jane.doe@us.army.mil, sam@gmail.com, kim@navyfederal.org, lee@milwaukee.gov",
        subject: "Lunch on Thursday",
    },
]);
