package timeline_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/timeline"
	"slugpuppy/classifier/detector"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// odd is a reader whose timeline is what the test wants.
type odd struct {
	network.Reader
	home   func(ctx context.Context, cursor string) (network.Page, error)
	recent func(ctx context.Context) ([]network.Page, error)
	fetch  func(ctx context.Context, m network.Media) ([]byte, error)
}

func (o odd) Home(ctx context.Context, cursor string, limit int) (network.Page, error) {
	if o.home == nil {
		return o.Reader.Home(ctx, cursor, limit)
	}
	return o.home(ctx, cursor)
}

func (o odd) Recent(ctx context.Context, limit int) ([]network.Page, error) {
	if o.recent == nil {
		return o.Reader.Recent(ctx, limit)
	}
	return o.recent(ctx)
}

func (o odd) Fetch(ctx context.Context, m network.Media, limit int64) ([]byte, error) {
	if o.fetch == nil {
		return o.Reader.Fetch(ctx, m, limit)
	}
	return o.fetch(ctx, m)
}

// evil is the subscriber for whom something goes wrong; the rig's reader is the honest one.
var evil = identity.Identity{Server: "evil.example", ID: "66"}

// beside runs a test with an evil subscriber beside the reader, whose account is what make makes of the
// reader's, on virtual time and with a filter that runs.
func beside(t *testing.T, account func(r *rig, real network.Reader) network.Reader, test func(t *testing.T, r *rig), edit ...func(*rig)) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		connect := r.connect
		r.connect = func(st *store.Store, sub store.Subscriber) (network.Reader, error) {
			real, err := connect(st, sub)
			if sub.Identity == evil {
				return account(r, real), err
			}
			return real, err
		}
		r.restart()
		if _, err := r.store.For(evil).Subscription().Join(store.Actor{Name: "test"}, store.Subscriber{Handle: "eve@evil.example",
			Server: r.address, Mode: store.FilterOn, How: timeline.Warn, Budget: 0.001, Digest: "off"}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.filter.Run(ctx) }()
		later(5 * time.Second)
		test(t, r)
		cancel()
		synctest.Wait()
		if err := <-ended; err != nil {
			t.Errorf("the filter ended with %v", err)
		}
	}, edit...)
}

// hidden fails unless the honest reader's next dream is filed within a time.
func (r *rig) hiddenWithin(d time.Duration) {
	r.t.Helper()
	dream := r.post(r.artist, 0.95, "a dream")
	for start := time.Now(); time.Since(start) < d; r.sleep(time.Second) {
		if row, err := r.store.For(r.scope).Timeline().Judged(dream); err == nil && row.Fate == store.Filed {
			return
		}
	}
	r.t.Errorf("another's dream is not hidden within %v", d)
}

func TestOneSubscribersErrorsAreTheirsAlone(t *testing.T) {
	bad := func(network.Post) error { return errors.New("of no known kind") }
	for name, account := range map[string]func(*rig, network.Reader) network.Reader{
		"an error that is no network's": func(_ *rig, real network.Reader) network.Reader {
			return odd{Reader: real, recent: func(context.Context) ([]network.Page, error) { return nil, bad(network.Post{}) }}
		},
		"a panic": func(_ *rig, real network.Reader) network.Reader {
			return odd{Reader: real, recent: func(context.Context) ([]network.Page, error) { panic("a bug") }}
		},
		"an account that cannot be opened": func(*rig, network.Reader) network.Reader { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			beside(t, account, func(t *testing.T, r *rig) {
				r.join()
				r.filter.Wake(r.scope)
				r.hiddenWithin(2 * time.Minute)
				r.sleep(time.Hour)
				r.hiddenWithin(2 * time.Minute)
				sub, err := r.store.For(evil).Subscription().Subscriber()
				if err != nil || sub.Trouble == "" {
					t.Errorf("nobody is told: %+v, %v", sub, err)
				}
				if len(r.told) != 1 || !strings.Contains(r.told[0], "Something of mine") {
					t.Errorf("told: %q", r.told)
				}
			})
		})
	}
}

func TestTroubleThatIsOverIsForgotten(t *testing.T) {
	var well atomic.Bool
	beside(t, func(_ *rig, real network.Reader) network.Reader {
		return odd{Reader: real, recent: func(ctx context.Context) ([]network.Page, error) {
			if well.Load() {
				return real.Recent(ctx, 40)
			}
			panic("a bug")
		}}
	}, func(t *testing.T, r *rig) {
		look := func() store.Subscriber {
			sub, err := r.store.For(evil).Subscription().Subscriber()
			if err != nil {
				t.Fatal(err)
			}
			return sub
		}
		r.sleep(2 * time.Hour)
		if sub := look(); sub.Trouble == "" || len(sub.Notices) != 1 {
			t.Errorf("%+v", sub)
		}
		well.Store(true)
		r.sleep(20 * time.Minute)
		if sub := look(); sub.Trouble != "" || len(sub.Notices) != 0 {
			t.Errorf("%+v", sub)
		}
	})
}

// slowPictures are pages of posts whose pictures take for ever.
func slowPictures(hosts int) func(*rig, network.Reader) network.Reader {
	return func(_ *rig, real network.Reader) network.Reader {
		var posts []network.Post
		for i := range 40 {
			at := fmt.Sprintf("https://%d.evil.example/%d.png", i%hosts, i)
			posts = append(posts, network.Post{ID: fmt.Sprint(1000 + i), Author: network.Account{ID: "9", Handle: "x@evil.example"}, Created: time.Now(),
				Media: []network.Media{{ID: "1", Kind: network.Still, URL: at, PreviewURL: at}}})
		}
		return odd{Reader: real,
			recent: func(context.Context) ([]network.Page, error) {
				return []network.Page{{Posts: posts, Next: "2000"}}, nil
			},
			home: func(_ context.Context, cursor string) (network.Page, error) { return network.Page{Next: cursor}, nil },
			fetch: func(ctx context.Context, _ network.Media) ([]byte, error) {
				<-ctx.Done()
				return nil, &network.Error{Op: "download", Kind: network.Transient, Err: context.Cause(ctx)}
			}}
	}
}

func TestSlowPicturesOfOneDoNotHoldUpAnother(t *testing.T) {
	for _, hosts := range []int{1, 40} {
		t.Run(fmt.Sprint(hosts, " hosts"), func(t *testing.T) {
			beside(t, slowPictures(hosts), func(t *testing.T, r *rig) {
				r.join()
				r.filter.Wake(r.scope)
				r.hiddenWithin(10 * time.Second)
			}, func(r *rig) { r.options.Poll = 2 * time.Second })
		})
	}
}

func TestAPictureThatCannotBeHadHoldsUpNoOther(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		connect, away, missed := r.connect, true, ""
		r.connect = func(st *store.Store, sub store.Subscriber) (network.Reader, error) {
			real, err := connect(st, sub)
			n := near{real, r.client}
			return odd{Reader: real, fetch: func(ctx context.Context, m network.Media) ([]byte, error) {
				if p, err := real.Post(ctx, missed); err != nil || away && p.Media[0].ID == m.ID {
					return nil, &network.Error{Op: "download", Kind: network.Transient, Err: errors.New("away")}
				}
				return n.Fetch(ctx, m, 1<<20)
			}}, err
		}
		r.restart()
		r.join()
		missed = r.post(r.artist, 0.95, "a dream that cannot be fetched")
		seen := r.post(r.artist, 0.96, "another")
		r.pass()
		r.want("DeepDream: certain", seen)
		r.restart() // what is for later is not lost
		r.sleep(2 * time.Minute)
		r.pass()
		away = false
		r.pass()
		r.want("DeepDream: certain", seen)
		r.sleep(10 * time.Minute)
		r.pass()
		r.pass()
		r.want("DeepDream: certain", missed, seen)
	})
}

// frail judges as the rig's judge does, but for pictures of one size it has a bug.
type frail struct {
	*redness
	panics bool
}

func (f frail) Judge(ctx context.Context, img image.Image) (detector.Verdict, error) {
	if img.Bounds().Dx() == 64 && img.Bounds().Dy() == 48 {
		if f.panics {
			panic("a bug")
		}
		return detector.Verdict{}, errors.New("a bug")
	}
	return f.redness.Judge(ctx, img)
}

func TestAPictureThatNobodyCanJudgeHoldsUpNoOther(t *testing.T) {
	for _, panics := range []bool{true, false} {
		on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
			r.filter.Eye.Judge = frail{r.judge, panics}
			r.join()
			r.post(r.artist, 0.95, "the judge fails at it")
			big, err := r.artist.Post(mastodontest.PostOptions{Text: "x", Media: []mastodontest.Picture{{Data: paintSized(0.95, 100, 80)}}})
			if err != nil {
				t.Fatal(err)
			}
			r.pass()
			r.want("DeepDream: certain", big.ID)
		})
	}
}

func TestAnUndoDuringAPassIsNoError(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		connect := r.connect
		undo := false
		r.connect = func(st *store.Store, sub store.Subscriber) (network.Reader, error) {
			real, err := connect(st, sub)
			return asking{real, func() {
				if undo {
					undo = false
					r.say("undo all")
				}
			}}, err
		}
		r.restart()
		dream, other := r.post(r.artist, 0.95, "a"), r.post(r.artist, 0.96, "b")
		r.join()
		r.pass()
		r.reader.Unfile(r.reader.Filters()[0].ID, dream)
		undo = true
		for range 4 {
			r.later()
		}
		if undo || r.fate(dream) != store.Returned || r.fate(other) != store.Returned {
			t.Errorf("asked: %v; the posts are %s and %s", !undo, r.fate(dream), r.fate(other))
		}
	})
}

// asking has something happen while a post is looked up.
type asking struct {
	network.Reader
	meanwhile func()
}

func (a asking) Post(ctx context.Context, id string) (network.Post, error) {
	a.meanwhile()
	return a.Reader.Post(ctx, id)
}

func TestATimelineWithoutAnEndEndsThePass(t *testing.T) {
	page := func(n int) network.Page {
		var posts []network.Post
		for i := range 30 {
			posts = append(posts, network.Post{ID: fmt.Sprint(n, "-", i), Author: network.Account{ID: "9", Handle: "x@evil.example"}})
		}
		return network.Page{Next: fmt.Sprint(n), Posts: posts}
	}
	for name, c := range map[string]struct {
		home func(ctx context.Context, n int, cursor string) (network.Page, error)
		most int // reads of a pass
	}{
		"page after page":  {func(_ context.Context, n int, _ string) (network.Page, error) { return page(1000 + n), nil }, 30},
		"round in circles": {func(_ context.Context, n int, _ string) (network.Page, error) { return page(1000 + n%3), nil }, 5},
		"two that swap":    {func(_ context.Context, n int, _ string) (network.Page, error) { return page(1000 + n%2), nil }, 4},
		"hours a page": {func(ctx context.Context, n int, _ string) (network.Page, error) {
			select {
			case <-time.After(3 * time.Hour):
				return page(1000 + n), nil
			case <-ctx.Done():
				return network.Page{}, &network.Error{Op: "read", Kind: network.Transient, Err: context.Cause(ctx)}
			}
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
				connect, reads := r.connect, 0
				r.connect = func(st *store.Store, sub store.Subscriber) (network.Reader, error) {
					real, err := connect(st, sub)
					return odd{Reader: real, home: func(ctx context.Context, cursor string) (network.Page, error) {
						if cursor != "1" && reads == 0 {
							t.Errorf("read from %q", cursor)
						}
						reads++
						return c.home(ctx, reads, cursor)
					}}, err
				}
				r.restart()
				r.join()
				if err := r.store.For(r.scope).Timeline().Record("1"); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				r.pass()
				if took := time.Since(start); reads > c.most || took > 21*time.Minute {
					t.Errorf("the pass made %d reads in %v", reads, took)
				}
			})
		})
	}
}

func TestAPictureThatIsNotDecodedNowIsDecodedLater(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		busy := true
		r.filter.Eye.Decode = func(ctx context.Context, data []byte) (image.Image, error) {
			if busy {
				return nil, &picture.Problem{Kind: picture.TimedOut, Reason: "a busy machine"}
			}
			return decode(ctx, data)
		}
		r.join()
		dream := r.post(r.artist, 0.95, "a dream")
		r.pass()
		r.want("DeepDream: certain")
		busy = false
		r.sleep(10 * time.Minute)
		r.pass()
		r.pass()
		r.want("DeepDream: certain", dream)
	})
}

func TestAPictureThatCannotBeDecodedIsNotTriedAgain(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		tries := 0
		r.filter.Eye.Decode = func(context.Context, []byte) (image.Image, error) {
			tries++
			return nil, &picture.Problem{Kind: picture.TooCostly, Reason: "a bomb"}
		}
		r.join()
		r.post(r.artist, 0.95, "a bomb")
		for range 5 {
			r.pass()
			r.sleep(10 * time.Minute)
		}
		if tries != 1 {
			t.Errorf("decoded %d times", tries)
		}
	})
}
