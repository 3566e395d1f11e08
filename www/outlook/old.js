// For browsers without modules, such as the one in Outlook 2016 and 2019: they would show for ever that something is being
// looked at. Not a module, and nothing that such a browser does not know.
const loading = document.getElementById("loading");
if (loading) {
    loading.textContent = "This version of Outlook cannot show Milguard. Look closely at each address before you send.";
}
