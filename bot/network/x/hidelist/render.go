package hidelist

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"
	"unicode"

	"slugpuppy/bot/network"
)

// Site is how a network's pages show posts.
type Site struct {
	Name  string   // such as X
	Hosts []string // of the pages
	Post  string   // CSS selector of a post
	Link  string   // how the address of a post ends, before its id: /status/
}

// hidden is a post in a list.
type hidden struct {
	id  string
	how network.Style
	why string
	at  time.Time
}

// digits are what ids look like; anything else could be a selector of its own.
var digits = regexp.MustCompile(`^[0-9]{1,20}$`)

// posts are what is in the lists now, the latest first.
func posts(lists []List, now time.Time) (out []hidden) {
	for _, l := range lists {
		if l.over(now) {
			continue
		}
		for id, at := range l.Posts {
			if digits.MatchString(id) {
				out = append(out, hidden{id, l.Style, l.Title, at})
			}
		}
	}
	slices.SortFunc(out, func(a, b hidden) int { return cmp.Or(b.at.Compare(a.at), strings.Compare(b.id, a.id)) })
	return out
}

// UBlock is the list for uBlock Origin. Posts to be hidden vanish; others are blurred until the
// pointer is on them. The address of a post must end with its id: one that only begins with the same
// digits, or a post that quotes it, stays as it is.
func (s Site) UBlock(handle string, lists []List, now time.Time) []byte {
	list := posts(lists, now)
	var b bytes.Buffer
	fmt.Fprintf(&b, "! Title: slugpuppy: dreams on %s for @%s\n! Description: DeepDream pictures in one person's timeline, post by post\n! Expires: 1 hours\n! Last modified: %s\n! Posts: %d\n",
		s.Name, oneLine(handle), now.UTC().Format(time.RFC3339), len(list))
	hosts := strings.Join(s.Hosts, ",")
	for _, p := range list {
		link := fmt.Sprintf(":has(a[href$=%q])", s.Link+p.id)
		if p.how == network.Hide {
			fmt.Fprintf(&b, "%s##%s%s\n", hosts, s.Post, link)
			continue
		}
		fmt.Fprintf(&b, "%s##%s:not(:hover)%s:style(filter: blur(24px) !important)\n", hosts, s.Post, link)
	}
	return b.Bytes()
}

// oneLine takes out whatever ends a line, also for JavaScript (ECMAScript, Line Terminators).
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, text)
}

// Script is the userscript: like a filter of the network's own it can also say why a post is folded,
// with a button to see it. Where is the address it is updated from, "" for none.
func (s Site) Script(handle, where string, lists []List, now time.Time) ([]byte, error) {
	table := map[string][2]string{}
	for _, p := range posts(lists, now) {
		table[p.id] = [2]string{string(p.how), p.why}
	}
	data, err := json.MarshalIndent(table, "", " ") // escapes what could end the script
	if err != nil {
		return nil, fmt.Errorf("write the userscript: %w", err)
	}
	var b bytes.Buffer
	err = script.Execute(&b, map[string]any{"Site": s, "Handle": oneLine(handle), "Where": oneLine(where), "Version": now.UTC().Format("2006.1.2.150405"), "Posts": string(data), "Link": fmt.Sprintf("%q", s.Link)})
	return b.Bytes(), err
}

var script = template.Must(template.New("").Parse(`// ==UserScript==
// @name        slugpuppy: dreams on {{.Site.Name}} for @{{.Handle}}
// @namespace   slugpuppy
// @version     {{.Version}}
{{- range .Site.Hosts}}
// @match       https://{{.}}/*
{{- end}}
{{- if .Where}}
// @updateURL   {{.Where}}
// @downloadURL {{.Where}}
{{- end}}
// @grant       none
// @run-at      document-idle
// ==/UserScript==
(() => {
  "use strict";
  const posts = {{.Posts}};
  const link = {{.Link}};
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
    for (const article of document.querySelectorAll("{{.Site.Post}}")) {
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
`))
