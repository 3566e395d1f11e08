// @ts-check
// The same Thunderbird without the add-in: the messages that the other tests find stopped do leave
// here.

import { thunderbirdTests } from "../driver/suite.js";

const { it, compose } = thunderbirdTests({ name: "without", addin: null });

it("without the add-in a look-alike is sent without a question", async () => {
    const message = await compose({ to: ["Bob <bob@army.ml>"], cc: ["carol@army.mil"] });
    await message.send();
    await message.assertArrived("bob@army.ml", "carol@army.mil");
});

it("without the add-in a look-alike is sent by Ctrl+Enter too", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    await message.send("key");
    await message.assertArrived("bob@army.ml");
});

it("a window that nothing was sent from can be used", async () => {
    const message = await compose({ bcc: ["bob@army.ml"] });
    await message.assertKept();
});
