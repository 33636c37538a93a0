// ==UserScript==
// @name        slugpuppy: dreams on X for @reader// @grant x
// @namespace   slugpuppy
// @version     2026.8.7.120000
// @match       https://x.com/*
// @match       https://twitter.com/*
// @updateURL   https://lists.example/dreams.user.js
// @downloadURL https://lists.example/dreams.user.js
// @grant       none
// @run-at      document-idle
// ==/UserScript==
(() => {
  "use strict";
  const posts = {
 "1001": [
  "hide",
  "DeepDream: certain"
 ],
 "1002": [
  "hide",
  "DeepDream: certain"
 ],
 "1003": [
  "warn",
  "DeepDream: likely \u003c/script\u003e"
 ],
 "1004": [
  "blur",
  "you said so"
 ]
};
  const link = "/status/";
  const ending = new RegExp(link + "(\\d+)$");
  const shown = new WeakMap(); // article -> the post it shows: pages use an article again for another post
  const bars = new WeakMap(); // article -> the line that stands for it
  const idOf = (article) => {
    for (const a of article.querySelectorAll("a[href*='" + link + "']")) {
      const found = a.querySelector("time") && ending.exec(a.getAttribute("href"));
      if (found) return found[1];
    }
    return "";
  };
  const fold = (article, how, why) => {
    if (how === "hide") { article.style.display = "none"; return; }
    if (how === "blur") {
      article.style.filter = "blur(24px)";
      article.addEventListener("click", (event) => { if (article.style.filter) { article.style.filter = ""; event.preventDefault(); event.stopPropagation(); } }, { capture: true, once: true });
      return;
    }
    const bar = document.createElement("button");
    bar.textContent = why + " · show";
    bar.style.cssText = "display:block;width:100%;padding:12px;font:inherit;border:0;background:none;color:inherit;cursor:pointer;opacity:.7";
    article.style.display = "none";
    article.before(bar);
    bars.set(article, bar);
    bar.addEventListener("click", () => { article.style.display = ""; bar.remove(); });
  };
  const look = () => {
    for (const article of document.querySelectorAll("article")) {
      const id = idOf(article);
      if (!id || shown.get(article) === id) continue;
      if (shown.has(article)) { article.style.display = article.style.filter = ""; bars.get(article)?.remove(); }
      shown.set(article, id);
      const known = posts[id];
      if (known) fold(article, known[0], known[1]);
    }
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  look();
})();
