// Browsers without modules, such as the one in Outlook 2016 and 2019, would show "Checking …" for ever. This script is not
// a module, and uses only features that such a browser knows.
const loading = document.getElementById("loading");
if (loading) {
    loading.textContent = "This version of Outlook cannot show Milguard. Look closely at each address before you send.";
}
