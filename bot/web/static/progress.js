// Live progress; without it the page reloads itself.
const bar = document.getElementById("progress");
const events = new EventSource(bar.dataset.events);
events.onmessage = (e) => {
  const now = JSON.parse(e.data);
  bar.value = now.percent;
  document.getElementById("status").textContent =
    now.ahead ? "Waiting, " + now.ahead + " before it" : "Dreaming, " + now.percent + " %";
  if (now.done) { events.close(); location.reload(); }
};
