package app

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"slugpuppy/app/apptest"
	"slugpuppy/bot/network/mastodon"
)

// A newcomer opens one page and needs no account: the timeline fills with dreams, the filter hides those and
// nothing else, and the program's own pages let them in.
func TestOnOnePageOfTheDemoEverythingCanBeTried(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the dreams of a demo are left out of -short")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stage, err := NewStage(mastodon.Name, l.Addr().String(), Options{Version: "test"})
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
	b := apptest.NewBrowser(t, "http://"+l.Addr().String(), nil)
	await := func(path, text string) string {
		t.Helper()
		for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
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
	b.Post("/forget", "sure", "yes")
	await("/", "The filter only looks.") // whoever left can begin again
}
