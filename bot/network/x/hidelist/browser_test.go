package hidelist_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/x/hidelist"
)

// page is made like X's: posts are articles whose time links to them. The third only quotes a post that
// is hidden, the address of the fourth only begins like one.
const page = `<!doctype html><main>` +
	`<article id="hide"><a href="/artist/status/1001"><time>1h</time></a>a</article>` +
	`<article id="warn"><a href="/artist/status/1003"><time>1h</time></a>b</article>` +
	`<article id="talk"><a href="/ada/status/2000"><time>1h</time></a>c <div role="link">/artist/status/1001</div></article>` +
	`<article id="longer"><a href="/ada/status/10010"><time>1h</time></a>d</article>` +
	`<article id="blur"><a href="/artist/status/1004"><time>1h</time></a>e</article></main>`

// browser opens the page in a real browser, or skips the test where there is none.
func browser(t *testing.T, script string) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on PATH: the lists are not tried in a real browser (Debian: apt-get install chromium)")
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page, "<script>", script, "</script>")
	}))
	t.Cleanup(srv.Close)
	alloc, cancel := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)...)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(stop)
	ctx, end := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(end)
	if err := chromedp.Do(ctx, chromedp.Navigate(srv.URL)); err != nil {
		t.Fatal(err)
	}
	return ctx
}

func judged() []hidelist.List {
	now := time.Now()
	return []hidelist.List{
		{Title: "DeepDream: certain", Style: network.Hide, Expires: now.Add(time.Hour), Posts: map[string]time.Time{"1001": now, "1002": now}},
		{Title: "DeepDream: likely", Style: network.Warn, Expires: now.Add(time.Hour), Posts: map[string]time.Time{"1003": now}},
		{Title: "you said so", Style: network.Blur, Expires: now.Add(time.Hour), Posts: map[string]time.Time{"1004": now}},
	}
}

// shown asks the browser and compares.
func shown(t *testing.T, ctx context.Context, when, question, want string) {
	t.Helper()
	if got, err := chromedp.Run(ctx, chromedp.Evaluate[string](question)); err != nil || got != want {
		t.Errorf("%s: %q (%v), want %q", when, got, err, want)
	}
}

const visible = `[...document.querySelectorAll("article")].filter(a => a.style.display !== "none").map(a => a.id + (a.style.filter ? "~" : "")).join(" ")`

func TestTheUserscriptHidesFoldsAndBlursInABrowser(t *testing.T) {
	script, err := site.Script("reader", "", judged(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ctx := browser(t, string(script))
	shown(t, ctx, "at first", visible, "talk longer blur~")
	shown(t, ctx, "a folded article is used for another post", `document.querySelector("#warn a").setAttribute("href", "/x/status/3000"); document.querySelector("main").append(document.createElement("p")); ""`, "")
	shown(t, ctx, "after that", visible+` + document.querySelectorAll("button").length`, "warn talk longer blur~0")
	shown(t, ctx, "and again for the first", `document.querySelector("#warn a").setAttribute("href", "/artist/status/1003"); document.querySelector("main").append(document.createElement("p")); ""`, "")
	shown(t, ctx, "the reason", `document.querySelector("button").textContent`, "DeepDream: likely · show")
	shown(t, ctx, "after clicks", `document.querySelector("button").click(); document.getElementById("blur").click(); `+visible, "warn talk longer blur")
	late := `document.querySelector("main").insertAdjacentHTML("beforeend", '<article id="late"><a href="/x/status/1002"><time></time></a></article>'); ""`
	shown(t, ctx, "more is loaded", late, "")
	shown(t, ctx, "later", visible, "warn talk longer blur")
	again := `document.querySelector("#longer a").setAttribute("href", "/x/status/1002"); document.querySelector("main").append(document.createElement("p")); ""`
	shown(t, ctx, "an article is used for another post", again, "")
	shown(t, ctx, "after that", visible, "warn talk blur")
}

func TestTheSelectorsOfTheListFitThePostsAndNoOthers(t *testing.T) {
	ctx := browser(t, "")
	rules := regexp.MustCompile(`(?m)^x\.com,twitter\.com##(.*?)(?::style\(.*\))?$`).FindAllStringSubmatch(string(site.UBlock("reader", judged(), time.Now())), -1)
	if len(rules) != 4 {
		t.Fatalf("%q", rules)
	}
	found := map[string]int{}
	for _, r := range rules {
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(`[...document.querySelectorAll(%q)].map(a => a.id).join(" ")`, r[1])))
		if err != nil {
			t.Fatalf("%s: %v", r[1], err)
		}
		found[got]++
	}
	for _, id := range []string{"hide", "warn", "blur", ""} { // 1002 is not on the page
		if found[id] != 1 {
			t.Errorf("%q: %v", id, found)
		}
	}
}
