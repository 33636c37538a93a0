// A picture may be dropped or pasted anywhere on the page.
const field = document.getElementById("picture");
const take = (e, from) => {
  const files = from ? [...from.files].filter((f) => f.type.startsWith("image/")) : [];
  if (!files.length) return;
  e.preventDefault();
  const one = new DataTransfer();
  one.items.add(files[0]);
  field.files = one.files;
  field.focus();
};
document.addEventListener("dragover", (e) => e.preventDefault());
document.addEventListener("drop", (e) => take(e, e.dataTransfer));
document.addEventListener("paste", (e) => take(e, e.clipboardData));
