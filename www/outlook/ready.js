// @ts-check
// Office.js hands no event to a page that has not called this, and gives up after twenty seconds. By itself, so that
// a module that is slow or missing keeps no message waiting; in commands.html after the handlers, since it refuses an
// event whose handler it does not find.
void Office.onReady();
