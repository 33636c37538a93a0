// Only what changed is replaced: nobody is interrupted while typing or reading, what was opened stays open,
// and nothing is read out twice. Without this script the page reloads itself while the bot works.
"use strict";

const whileWaiting = 700, otherwise = 1500; // milliseconds between two looks

// say changes the live region only when there is something new to say.
function say(text) {
  const status = document.getElementById("status");
  if (status.textContent !== text) status.textContent = text;
}

// state is what a piece of the page shows, whatever was opened in it.
const state = (e) => e.outerHTML.replaceAll(" open=\"\"", "");

// merge makes the children of one element those of another, and leaves alone those that are the same.
function merge(now, next) {
  const old = new Map([...now.children].map((c) => [c.id, c]));
  const wanted = [...next.children].map((fresh) => {
    const known = old.get(fresh.id);
    if (!known || state(known) === state(fresh)) return known || document.adoptNode(fresh);
    const opened = [...known.querySelectorAll("details")].map((d) => d.open);
    [...fresh.querySelectorAll("details")].forEach((d, i) => { d.open = opened[i] || false; });
    return known.contains(document.activeElement) ? known : document.adoptNode(fresh);
  });
  if (wanted.every((c, i) => now.children[i] === c) && now.children.length === wanted.length) return;
  for (const c of [...now.children]) if (!wanted.includes(c)) c.remove();
  wanted.forEach((c, i) => { if (now.children[i] !== c) now.insertBefore(c, now.children[i] || null); });
}

function take(fresh) {
  document.title = fresh.title;
  say(fresh.getElementById("status").textContent);
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (next) merge(part, next);
  }
}

async function look() {
  if (!document.hidden) {
    try {
      const answer = await fetch("/", { cache: "no-store" });
      take(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      say("The demo does not answer. Is it still running in the terminal?");
    }
  }
  setTimeout(look, document.querySelector("#rounds progress") ? whileWaiting : otherwise);
}

setTimeout(look, whileWaiting);
