package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"slugpuppy/store"
)

// screenshots names the folder that the browser test writes pictures of the pages to, for docs.
const screenshots = "SLUGPUPPY_SCREENSHOTS"

// chrome starts a real browser, or skips the test where there is none. What it complains of,
// such as violations of the content security policy, comes back.
func chrome(t *testing.T) (ctx context.Context, complaints func() []string) {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on PATH: the page is not tried in a real browser (Debian: apt-get install chromium)")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.WindowSize(900, 1100))
	alloc, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(stop)
	ctx, end := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(end)
	var mu sync.Mutex
	var said []string
	note := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, text)
	}
	err := chromedp.Listen(ctx, func(ev any) {
		switch e := ev.(type) {
		case *log.EventEntryAdded:
			note(e.Entry.Text + " " + e.Entry.URL)
		case *runtime.EventExceptionThrown:
			note(fmt.Sprint(e.ExceptionDetails.Text))
		}
	})
	if err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return ctx, func() []string { mu.Lock(); defer mu.Unlock(); return said }
}

func shoot(t *testing.T, ctx context.Context, name string) {
	dir := os.Getenv(screenshots)
	if dir == "" {
		return
	}
	data, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestThePageInARealBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("the page in a real browser is left out of -short")
	}
	ctx, complaints := chrome(t)
	s := newShop(t)
	reader, dream, _ := s.gallery(t)
	run := func(what string, actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, actions...); err != nil {
			page, _ := chromedp.Run(ctx, chromedp.OuterHTML("html")) // for the report
			t.Fatalf("%s: %v\n%s", what, err, page)
		}
	}
	run("open the page", chromedp.Navigate(s.url), chromedp.WaitVisible("#server"))
	shoot(t, ctx, "landing.png")
	run("sign in", chromedp.SendKeys("#server", s.server.URL), chromedp.Click("main form button"),
		chromedp.WaitVisible("#go"), chromedp.Click("#go"))
	run("sign in there", chromedp.WaitVisible("input[type=email]"), chromedp.SendKeys("input[type=email]", reader.Email()),
		chromedp.SendKeys("input[type=password]", reader.Password()), chromedp.Click("form button"))
	run("say yes there", chromedp.WaitVisible(`form[action="/oauth/authorize"]`), chromedp.Click("form button"),
		chromedp.WaitVisible("button[value=shadow]"))
	// follow does what leads to a new page, and waits for that.
	follow := func(what string, actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if _, err := chromedp.RunResponse(ctx, actions...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	on := `button[name=value][value=on]`
	follow("switch it on", chromedp.Click(on))
	run("see that it is on", chromedp.WaitVisible(`button[value=on][aria-pressed=true]`))
	follow("begin at once", chromedp.Click(on))
	run("choose a budget", chromedp.SetValue("#budget", "relaxed"))
	follow("keep the budget", chromedp.Submit("#budget"))
	subs, err := s.store.Subscribers()
	if err != nil || len(subs) != 1 || subs[0].Mode != store.FilterOn || subs[0].Budget != 0.01 {
		t.Fatalf("%+v %v", subs, err)
	}
	if _, err := s.filter.Pass(t.Context(), subs[0].Scope()); err != nil {
		t.Fatal(err)
	}
	if len(filedBy(reader)) != 1 {
		t.Fatalf("filed %v", filedBy(reader))
	}
	run("review", chromedp.Navigate(s.url+"/review"), chromedp.WaitVisible("article.post"))
	why, err := chromedp.Run(ctx, chromedp.TextContent("article.post"))
	if err != nil {
		t.Fatal(err)
	}
	run("open a picture",
		chromedp.Click("article.post summary"), chromedp.WaitVisible("details[open] > img"), chromedp.Sleep(time.Second))
	if !strings.Contains(why, "scores") {
		t.Error(why)
	}
	shoot(t, ctx, "review.png")
	run("see the numbers", chromedp.Navigate(s.url+"/stats"), chromedp.WaitVisible("svg.chart rect"))
	shoot(t, ctx, "stats.png")
	run("review again", chromedp.Navigate(s.url+"/review"), chromedp.WaitVisible("article.post"))
	follow("put it right", chromedp.Click(`button[value=photo]`))
	if _, err := s.filter.Pass(t.Context(), subs[0].Scope()); err != nil {
		t.Fatal(err)
	}
	if got := filedBy(reader); len(got) != 0 {
		t.Errorf("still filed: %v, want %s back", got, dream)
	}
	run("home", chromedp.Navigate(s.url), chromedp.WaitVisible("#budget"))
	shoot(t, ctx, "filter.png")
	run("sign out", chromedp.Click("header form button"), chromedp.WaitVisible("#server"))
	for _, c := range complaints() {
		if strings.Contains(c, s.server.URL) {
			continue // of the person's own server's pages
		}
		t.Errorf("the browser complains: %s", c)
	}
}
