// The list by keyboard, and without leaving it: a change comes back as the page after it, of which only the
// content is taken. Without this script every button loads that page.
"use strict";

const posts = () => [...document.querySelectorAll("article.post")];
const current = () => document.activeElement && document.activeElement.closest("article.post");
const say = (text) => { document.getElementById("said").textContent = text; };

function go(step) {
  const all = posts(), here = all.indexOf(current());
  const next = all[Math.min(Math.max(here < 0 ? 0 : here + step, 0), all.length - 1)];
  if (!next) return;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function count() {
  const boxes = [...document.querySelectorAll("input[name=post][type=checkbox]")];
  const many = boxes.filter((b) => b.checked).length;
  const every = document.getElementById("every");
  if (!every) return;
  every.checked = many > 0 && many === boxes.length;
  every.indeterminate = many > 0 && many < boxes.length;
  document.getElementById("many").textContent = many ? `${many} chosen:` : "Choose all:";
}

async function send(form, button) {
  const all = posts(), here = all.indexOf(form.closest("article.post") || current());
  const chosen = form.id === "bulk" ? [] : all.filter((a) => a.querySelector("input:checked")).map((a) => a.id);
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, button)) });
  } catch {
    say("The page does not answer. Nothing was changed.");
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const wrong = page.querySelector("main [role=alert]");
  if (!answer.ok) {
    say(wrong ? wrong.textContent : "That did not work.");
    document.getElementById("said").classList.remove("unseen");
    return;
  }
  history.replaceState(null, "", answer.url);
  const opened = document.getElementById("history").open;
  document.getElementById("main").replaceWith(document.adoptNode(page.getElementById("main")));
  document.getElementById("history").open = opened;
  for (const id of chosen) {
    const box = document.querySelector(`#${CSS.escape(id)} input[type=checkbox]`);
    if (box) box.checked = true;
  }
  ready();
  const did = document.querySelector("#did span");
  say(did ? did.textContent : "");
  const next = posts()[Math.min(here, posts().length - 1)];
  if (here >= 0 && next) next.focus();
}

function ready() {
  const every = document.getElementById("every");
  if (every) every.hidden = false;
  count();
}

document.addEventListener("submit", (e) => {
  if (!e.target.closest("main") || e.target.method !== "post") return;
  e.preventDefault();
  send(e.target, e.submitter);
});

document.addEventListener("change", (e) => {
  if (e.target.id === "every") {
    for (const b of document.querySelectorAll("input[name=post][type=checkbox]")) b.checked = e.target.checked;
  }
  count();
});

const press = (selector) => {
  const at = current() && current().querySelector(selector);
  if (at) at.click();
};
const keys = {
  j: () => go(1), k: () => go(-1), o: () => press("details > summary"), x: () => press("input[type=checkbox]"),
  n: () => press("button[value=photo]"), d: () => press("button[value=dream]"),
  u: () => { const b = document.querySelector("form.undo button"); if (b) b.form.requestSubmit(b); },
  "?": () => { const k = document.getElementById("keys"); k.open = !k.open; k.scrollIntoView({ block: "nearest" }); },
};

document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || !keys[e.key]) return;
  if (e.target.matches("input:not([type=checkbox]), select, textarea")) return;
  e.preventDefault();
  keys[e.key]();
});

ready();
