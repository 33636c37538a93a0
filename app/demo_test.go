package app

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"golang.org/x/sync/errgroup"

	"slugpuppy/app/apptest"
	"slugpuppy/bot/network/mastodon"
)

// evening is a demo's page that is served until the test ends, at this address.
func evening(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stage, err := NewStage(mastodon.Name, l.Addr().String(), 0, Options{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stage.Close)
	serve(t, func(ctx context.Context) error {
		return stage.Run(ctx, func(ctx context.Context) error {
			id, err := stage.Demo.Mention(ctx, nil, "", "swirl octaves=1 steps=1 size=64")
			if err != nil {
				return err
			}
			group, ctx := errgroup.WithContext(ctx)
			group.Go(func() error { return stage.Demo.Serve(ctx, l, id) })
			return group.Wait()
		})
	})
	return "http://" + l.Addr().String()
}

// A newcomer opens one page and needs no account: the timeline fills with dreams, the filter hides those and
// nothing else, and the program's own pages let them in.
func TestOnOnePageOfTheDemoEverythingCanBeTried(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the dreams of a demo are left out of -short")
	}
	address := evening(t)
	b := apptest.NewBrowser(t, address, nil)
	await := func(path, text string) string {
		t.Helper()
		for end := time.Now().Add(hangs); ; time.Sleep(100 * time.Millisecond) {
			code, page := b.Get(path)
			if code == http.StatusOK && strings.Contains(page, text) {
				return page
			}
			if time.Now().After(end) {
				t.Fatalf("%s never says %q: %d %s", path, text, code, page)
			}
		}
	}
	page := await("/", "Last night, by the lake.")
	if !strings.Contains(page, "The filter only looks.") || strings.Contains(page, "Filtered:") {
		t.Errorf("before anybody switched it on: %s", page)
	}
	await("/review", "@lucid@") // it notes, and touches nothing
	b.Post("/demo/filter", "mode", "on")
	page = await("/", "Filtered: DeepDream: ")
	for _, kept := range []string{"The lake, this morning.", "A Julia set.", "a kaleidoscope", "I am told this looks like deep dream."} {
		at := strings.Index(page, kept)
		if at < 0 || strings.Contains(page[strings.LastIndex(page[:at], "<article"):at], "Filtered:") {
			t.Errorf("%q is not shown", kept)
		}
	}
	for _, path := range []string{"/filter", "/stats", "/audit", "/try", "/operator"} {
		if code, page := b.Get(path); code != http.StatusOK || !strings.Contains(page, `<a href="/">Demo</a>`) {
			t.Errorf("%s: %d %s", path, code, page)
		}
	}
	if code, page := b.Get("/gallery"); code != http.StatusOK || !strings.Contains(page, "<h1") {
		t.Errorf("the gallery: %d %s", code, page)
	}
	b.Post("/forget", "sure", "yes")
	await("/", "The filter only looks.") // whoever left can begin again
}

func TestTheDemoInARealBrowser(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the demo in a real browser is left out of -short")
	}
	ctx, complaints := chrome(t)
	address := evening(t)
	run := func(what string, actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, actions...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	run("open the demo", chromedp.Navigate(address), chromedp.WaitVisible("#words"), chromedp.SendKeys("#words", "half a wi"))
	until(t, ctx, `document.getElementById("posts").textContent.includes("Last night, by the lake.")`)
	typed, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.getElementById("words").value`))
	if err != nil || typed != "half a wi" {
		t.Errorf("who types is interrupted: %q %v", typed, err)
	}
	look(t, ctx, "demo-shadow")
	if _, err := chromedp.RunResponse(ctx, chromedp.Click("button[value=on]")); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.querySelectorAll(".warned").length > 0`)
	run("open what is filtered", chromedp.Click(".warned > summary"), chromedp.WaitVisible(".warned[open] img"))
	until(t, ctx, `document.querySelectorAll(".warned").length > 1`) // the page was brought up to date meanwhile
	open, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.querySelector(".warned[open] img") !== null`))
	if err != nil || !open {
		t.Errorf("what was opened is closed again: %v", err)
	}
	look(t, ctx, "demo")
	run("the gallery", chromedp.Navigate(address+"/gallery"), chromedp.WaitVisible("h1"))
	look(t, ctx, "gallery")
	for _, c := range complaints() {
		t.Errorf("the browser complains: %s", c)
	}
}
