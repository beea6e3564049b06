// Shows the workbook anew when its file was saved. The page works without this.
const edition = document.currentScript.dataset.edition;
const changes = new EventSource("/-/changes?edition=" + encodeURIComponent(edition));
changes.addEventListener("changed", () => {
  changes.close();
  // A page that answers a form would be sent again.
  if (location.pathname === "/") location.reload();
  else location.assign("/");
});
