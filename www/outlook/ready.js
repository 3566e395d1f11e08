// @ts-check
// Office.js hands no event to a page that has not called this, and gives up after twenty seconds. By itself and before
// all else, so that a module that is slow or missing keeps no message waiting.
void Office.onReady();
