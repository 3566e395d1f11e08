// @ts-check
// Office.js gives no event to a page that has not called this function, and gives up after twenty seconds. This is a
// separate script, so that a slow or missing module keeps no message waiting. In commands.html it comes after the
// handlers, since Office.js refuses an event whose handler it does not find.
void Office.onReady();
