// While the bot works, only what changed is replaced: nobody is interrupted while typing, and
// nothing is read out twice. Without this script the page reloads itself instead.
"use strict";

const every = 700; // milliseconds between two looks

function take(fresh) {
  document.title = fresh.title;
  say(fresh.getElementById("status").textContent);
  const now = document.querySelector("main"), next = fresh.querySelector("main");
  const ids = (m) => [...m.querySelectorAll("article")].map((a) => a.id).join();
  if (ids(now) !== ids(next)) {
    now.replaceWith(next);
    return;
  }
  now.toggleAttribute("data-waiting", next.hasAttribute("data-waiting"));
  for (const article of next.querySelectorAll("article")) {
    const old = document.getElementById(article.id);
    if (old.outerHTML !== article.outerHTML) old.replaceWith(article);
  }
}

// say changes the live region only when there is something new to say.
function say(text) {
  const status = document.getElementById("status");
  if (status.textContent !== text) status.textContent = text;
}

async function look() {
  if (!document.querySelector("main").hasAttribute("data-waiting")) return;
  try {
    const answer = await fetch("/", { cache: "no-store" });
    take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    say("The demo does not answer. Is it still running in the terminal?");
  }
  setTimeout(look, every);
}

setTimeout(look, every);
