// @ts-check
// Office.js gives no event to a page that has not called this function, and waits twenty seconds for the call. It is in a
// script of its own, so that it waits for no module. In commands.html it comes after the handlers, since Office.js refuses
// an event whose handler it does not find.
void Office.onReady();
