package app

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"slugpuppy/app/apptest"
	"slugpuppy/bot/identity"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/operator"
	"slugpuppy/picture"
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
	ctx, end := context.WithTimeout(ctx, 5*time.Minute)
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

// looks are the ways a page is seen.
var looks = []struct {
	suffix        string
	width, height int64
	scheme        string
	barriers      bool // are looked for: the two others are made of the same two halves
}{{"", 900, 700, "light", true}, {"-phone", 390, 780, "light", false}, {"-dark", 900, 700, "dark", false},
	{"-phone-dark", 390, 780, "dark", true}}

// axe is what `scripts/axe` has fetched, "" where it was never run.
var axe = sync.OnceValue(func() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	data, err := os.ReadFile(filepath.Join(dir, "slugpuppy", "axe-4.10.2.js"))
	if err != nil {
		return ""
	}
	return string(data)
})

// barriers looks on the page, as it is now, for what keeps people from using it.
func barriers(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if axe() == "" {
		t.Logf("%s: nobody looks for barriers; `scripts/axe` fetches what does", name)
		return
	}
	type violation struct {
		ID, Help string
		Nodes    []struct{ HTML, FailureSummary string }
	}
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[*runtime.RemoteObject](axe()+";null")); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]violation](
		`axe.run(document, {resultTypes: ["violations"], rules: {"target-size": {enabled: true}}}).then(r => r.violations)`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, v := range found {
		for _, n := range v.Nodes {
			t.Errorf("%s: %s: %s\n%s\n%s", name, v.ID, v.Help, n.HTML, n.FailureSummary)
		}
	}
}

// look sees the page in every way: nothing may stick out of a phone's screen. Pictures of it are kept
// when they are wanted.
func look(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	for _, l := range looks {
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}}}
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media)
		if err == nil {
			err = chromedp.Do(ctx, chromedp.EmulateViewport(l.width, l.height))
		}
		if err != nil {
			t.Fatal(err)
		}
		wide, err := chromedp.Run(ctx, chromedp.Evaluate[int64]("document.documentElement.scrollWidth"))
		if err != nil || wide > l.width {
			t.Errorf("%s%s is %d pixels wide, the screen %d: %v", name, l.suffix, wide, l.width, err)
		}
		cut, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("button, input, select, summary, a.button")].filter(e => {
			const r = e.getBoundingClientRect();
			return e.checkVisibility() && !e.closest(".unseen") && (r.left < 0 || r.right > innerWidth);
		}).map(e => e.outerHTML)`))
		if err != nil || len(cut) > 0 {
			t.Errorf("%s%s: controls are cut: %v %v", name, l.suffix, cut, err)
		}
		if l.barriers {
			barriers(t, ctx, name+l.suffix)
		}
		if dir := os.Getenv(screenshots); dir != "" {
			shoot(t, ctx, filepath.Join(dir, name+l.suffix+".png"))
		}
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(looks[0].width, looks[0].height)); err != nil {
		t.Fatal(err)
	}
}

// shoot keeps a picture of the whole page, with 32 steps a colour: for documents that is enough, and
// half as much to download.
func shoot(t *testing.T, ctx context.Context, path string) {
	t.Helper()
	data, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	b := img.Bounds()
	coarse := image.NewNRGBA(b)
	draw.Draw(coarse, b, img, b.Min, draw.Src)
	for i, v := range coarse.Pix {
		coarse.Pix[i] = uint8((int(v)*31 + 127) / 255 * 255 / 31)
	}
	var small bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, coarse); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, small.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// until waits until an expression is true on the page.
func until(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	for end := time.Now().Add(hangs); ; time.Sleep(50 * time.Millisecond) {
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		if err != nil || time.Now().After(end) {
			page, _ := chromedp.Run(ctx, chromedp.OuterHTML("html")) // for the report
			t.Fatalf("never %s: %v\n%s", expression, err, page)
		}
		if is {
			return
		}
	}
}

func TestThePageInARealBrowser(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the page in a real browser is left out of -short")
	}
	ctx, complaints := chrome(t)
	s := newShop(t)
	reader, dream, _ := apptest.Gallery(t, s.server)
	run := func(what string, actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, actions...); err != nil {
			page, _ := chromedp.Run(ctx, chromedp.OuterHTML("html")) // for the report
			t.Fatalf("%s: %v\n%s", what, err, page)
		}
	}
	run("open the page", chromedp.Navigate(s.url), chromedp.WaitVisible("#server"))
	look(t, ctx, "landing")
	signIn := func(u *mastodontest.User) {
		t.Helper()
		run("sign in", chromedp.Navigate(s.url), chromedp.WaitVisible("#server"), chromedp.SendKeys("#server", s.server.URL), chromedp.Click("main form button"),
			chromedp.WaitVisible("#go"))
		look(t, ctx, "onward")
		run("go there", chromedp.Click("#go"), chromedp.WaitVisible("input[type=email]"), chromedp.SendKeys("input[type=email]", u.Email()),
			chromedp.SendKeys("input[type=password]", u.Password()), chromedp.Click("form button"))
		run("say yes there", chromedp.WaitVisible(`form[action="/oauth/authorize"]`), chromedp.Click("form button"),
			chromedp.WaitVisible("button[value=shadow]"))
	}
	signIn(reader)
	// follow does what leads to a new page, and waits for that.
	follow := func(what string, actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if _, err := chromedp.RunResponse(ctx, actions...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	follow("begin at once", chromedp.Click(`button[value=on][aria-pressed=true]`))
	run("choose a budget", chromedp.Click("#budget input[value=relaxed]"))
	follow("keep the budget", chromedp.Submit("#budget"))
	subs, err := s.store.Operator().Subscribers()
	if err != nil || len(subs) != 1 || subs[0].Mode != store.FilterOn || subs[0].Budget != 0.01 {
		t.Fatalf("%+v %v", subs, err)
	}
	if _, err := s.filter.Pass(t.Context(), subs[0].Identity); err != nil {
		t.Fatal(err)
	}
	if len(apptest.FiledBy(reader)) != 1 {
		t.Fatalf("filed %v", apptest.FiledBy(reader))
	}
	run("review", chromedp.Navigate(s.url+"/review"), chromedp.WaitVisible("article.post"))
	why, err := chromedp.Run(ctx, chromedp.TextContent("article.post"))
	if err != nil {
		t.Fatal(err)
	}
	run("open a picture",
		chromedp.Click("article.post summary"), chromedp.WaitVisible("details[open] img[src^='/heat/']"))
	until(t, ctx, `[...document.querySelectorAll("details[open] .opened img")].every(i => i.complete && i.naturalWidth > 0)`)
	if !strings.Contains(why, "scores") {
		t.Error(why)
	}
	look(t, ctx, "review")
	run("see the numbers", chromedp.Navigate(s.url+"/stats"), chromedp.WaitVisible("svg.chart rect"))
	look(t, ctx, "stats")
	run("review again", chromedp.Navigate(s.url+"/review"), chromedp.WaitVisible("#every"))
	// press types keys outside all fields and waits for what the page says then; the list stays where it is.
	press := func(keys, says string) {
		t.Helper()
		run("press "+keys, chromedp.KeyEvent(keys))
		until(t, ctx, fmt.Sprintf("document.getElementById('said').textContent.includes(%q)", says))
	}
	press("jn", "1 post called no dream.")
	look(t, ctx, "corrected")
	filed := func(want int, after string) {
		t.Helper()
		if _, err := s.filter.Pass(t.Context(), subs[0].Identity); err != nil {
			t.Fatal(err)
		}
		if got := apptest.FiledBy(reader); len(got) != want {
			t.Errorf("%s there is filed %v, of %s", after, got, dream)
		}
	}
	filed(0, "after n")
	at, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.activeElement.id"))
	if err != nil || at != "p-"+dream {
		t.Errorf("the keyboard is at %q: %v", at, err)
	}
	press("u", "Taken back: 1 post as before.")
	filed(1, "after u")
	press("x", "")
	run("all that are chosen", chromedp.Click("#bulk button[value=photo]"))
	until(t, ctx, "document.querySelector('#did span').textContent.includes('no dream')")
	filed(0, "after a word on all that are chosen")
	run("open the list of keys", chromedp.KeyEvent("?"), chromedp.WaitVisible("#keys kbd"))
	run("home", chromedp.Navigate(s.url), chromedp.WaitVisible("#budget"))
	look(t, ctx, "filter")
	run("ask about an artist", chromedp.Navigate(s.url+"/audit"), chromedp.WaitVisible("#artist"), chromedp.SendKeys("#artist", "@artist@dreams.example"),
		chromedp.Click("main form button"), chromedp.WaitVisible("p[role=status]"))
	look(t, ctx, "audit")
	run("try a picture", chromedp.Navigate(s.url+"/try"), chromedp.WaitVisible("#picture"))
	look(t, ctx, "try")
	scene := filepath.Join(t.TempDir(), "scene.png")
	data, err := picture.EncodePNG(picture.Landscape(240, 180, 3), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(scene, data, 0o600); err != nil {
		t.Fatal(err)
	}
	run("dream", chromedp.SetUploadFiles("#picture", []string{scene}), chromedp.SendKeys("#words", "eyes steps=6"), chromedp.Click("main form button"),
		chromedp.WaitVisible(`img[src$="dream.jpg"]`), chromedp.WaitVisible(`img[src$="map.jpg"]`), chromedp.WaitNotPresent("#progress"))
	look(t, ctx, "trial")
	run("a page that is not there", chromedp.Navigate(s.url+"/try/NONE"), chromedp.WaitVisible("p[role=alert]"))
	look(t, ctx, "problem")
	run("sign out", chromedp.Navigate(s.url), chromedp.WaitVisible("#budget"), chromedp.Click("header form button"), chromedp.WaitVisible("#server"))
	s.busy(t)
	if _, err := chromedp.Call(ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil { // of their own server
		t.Fatal(err)
	}
	signIn(s.server.AddUser("boss", mastodontest.UserOptions{}))
	run("look after it all", chromedp.Navigate(s.url+"/operator"), chromedp.WaitVisible("button[value=retry]"))
	look(t, ctx, "operator")
	run("forget me", chromedp.Navigate(s.url), chromedp.Click("input[name=sure]"), chromedp.Click("button.danger"), chromedp.WaitNotPresent("#budget"))
	look(t, ctx, "goodbye")
	for _, c := range complaints() {
		if strings.Contains(c, s.server.URL) || strings.Contains(c, "/try/NONE") {
			continue // of the person's own server's pages, and the one that is not there
		}
		t.Errorf("the browser complains: %s", c)
	}
}

// busy fills the queue, the list of what was given up, the rules and the bill.
func (s *shop) busy(t *testing.T) {
	t.Helper()
	s.onX(t)
	if err := s.store.For(identity.Identity{Server: x.Server, ID: "7"}).Ledger().Spend(store.Spending{Handle: "dreambot", Month: Month(time.Now()), Item: string(x.Summoned), N: 112, Cost: 1_120_000}); err != nil {
		t.Fatal(err)
	}
	scope := identity.Identity{Server: "example.social", ID: "1"}
	var jobs []store.Job
	for i, who := range []string{"ada", "bea", "cem", "dan"} {
		jobs = append(jobs, store.Job{Source: fmt.Sprint(i), Handle: who + "@example.social", Requester: fmt.Sprint(100 + i), State: store.Queued, Lane: "dreams"})
	}
	if _, err := s.store.For(scope).Jobs().Record("1", jobs...); err != nil {
		t.Fatal(err)
	}
	job, _, ok, err := s.store.For(scope).Jobs().Lease("dreams", "me", time.Minute)
	if err != nil || !ok {
		t.Fatalf("%v %v", ok, err)
	}
	if err := s.store.For(scope).Jobs().Bury(job.ID, "read a post: not found (HTTP 404): Record not found"); err != nil {
		t.Fatal(err)
	}
	h, err := s.site.Admin.AddRule(t.Context(), operator.Rule{Effect: "deny", Kind: "domain", Value: "spam.example", Scope: "mention", Reason: "asks a hundred times a minute"})
	if err != nil {
		t.Fatalf("%+v %v", h, err)
	}
}
