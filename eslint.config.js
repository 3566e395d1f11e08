// @ts-check
import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import globals from "globals";

export default defineConfig([
    globalIgnores(["dist/", "target/", "node_modules/", "var/"]),
    {
        files: ["**/*.js"],
        extends: [js.configs.recommended],
        languageOptions: { ecmaVersion: 2022, sourceType: "module" },
        linterOptions: { reportUnusedDisableDirectives: "error" },
        rules: {
            curly: "error",
            eqeqeq: "error",
            "no-shadow": "error",
            "no-var": "error",
            "prefer-const": "error",
            "no-implied-eval": "error",
            "no-eval": "error",
            "no-new-func": "error",
            "no-console": "error",
            // tests/www/project.test.js bounds the other files, clippy.toml the functions in Rust.
            "max-lines": ["error", 400],
            "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
            // Text of strangers becomes nodes and text, never markup.
            "no-restricted-properties": [
                "error",
                ...["innerHTML", "outerHTML", "insertAdjacentHTML", "write", "writeln"].map((property) => ({
                    property,
                    message: "Use textContent and nodes: addresses and policies are hostile text.",
                })),
            ],
        },
    },
    {
        files: ["scripts/**", "tests/**", "benches/**", "*.js"],
        languageOptions: { globals: globals.node },
        rules: {
            "no-console": "off",
            // In these scripts, `write` is the method of streams, not that of `document`.
            "no-restricted-properties": "off",
        },
    },
    {
        files: ["www/**"],
        languageOptions: { globals: { ...globals.browser, ...globals.webextensions, messenger: "readonly" } },
    },
    {
        files: ["www/outlook/**", "www/try/outlook/**"],
        languageOptions: { globals: { Office: "readonly" } },
    },
    {
        files: ["www/outlook/launchevent/**"],
        languageOptions: { globals: { milguard: "readonly", milguardConfig: "readonly", milguardPage: "readonly" } },
    },
    {
        // Parts of these run in the page that they test.
        files: ["tests/e2e/**"],
        languageOptions: { globals: { ...globals.node, ...globals.browser } },
    },
]);
