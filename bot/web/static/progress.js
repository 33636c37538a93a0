// The dream as it grows; without scripts the page reloads itself.
const bar = document.getElementById("progress");
const now = document.getElementById("now");
const events = new EventSource(bar.dataset.events);
events.onmessage = async (e) => {
  const at = JSON.parse(e.data);
  bar.value = at.percent;
  document.getElementById("status").textContent = at.status;
  if (at.frame) {
    now.src = now.dataset.src + "?" + at.frame;
    now.parentElement.hidden = false;
  }
  if (!at.done) return;
  events.close();
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  document.getElementById("main").replaceWith(document.adoptNode(page.getElementById("main")));
  document.dispatchEvent(new Event("made"));
};
