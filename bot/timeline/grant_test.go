package timeline_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// orders are all orders of the grammar, with what is said of an artist and of a post put in.
var orders = []string{
	"filter", "filter help", "filter on", "filter shadow", "filter off", "filter pause 2d", "filter restore", "filter learn",
	"how warn", "how blur", "how hide", "budget strict", "budget 1 in 500", "except boosts only", "except nothing",
	"digest daily", "digest off", "mute 2 in 1d for 1h", "mute off", "why POST", "not a dream POST", "is a dream POST",
	"allow @ARTIST", "deny @ARTIST 2d", "undo last", "undo all", "undo @ARTIST", "undo since today", "hidden 10", "audit @ARTIST",
	"refollow", "export", "forget me",
}

// Every order works, or is answered, with the least scopes that the program itself asks for; and none stops the
// filter from looking.
func TestEveryOrderWithTheLeastScopes(t *testing.T) {
	verbs := map[string]bool{}
	for _, text := range orders {
		o, ok := timeline.ParseOrder(text)
		if !ok {
			t.Errorf("%q is no order", text)
		}
		verbs[o.Verb] = true
	}
	if len(verbs) != 17 {
		t.Errorf("orders of %d verbs: %v", len(verbs), verbs)
	}
	for _, text := range orders {
		for _, lacks := range [][]string{{network.Mutes}, nil} {
			t.Run(fmt.Sprint(text, " ", lacks), func(t *testing.T) {
				both(t, func(t *testing.T, r *rig) {
					r.join(func(s *store.Subscriber) { s.Lacks = lacks })
					first := r.post(r.artist, 0.95, "a dream")
					r.pass()
					reply := r.say(strings.NewReplacer("POST", first, "ARTIST", r.artist.Handle()).Replace(text))
					if reply == "" {
						t.Error("no answer")
					}
					if text == "forget me" {
						_, _ = r.filter.Pass(t.Context(), r.scope)
						if subs, err := r.store.Operator().Subscribers(); err != nil || len(subs) != 0 {
							t.Errorf("%v %v", subs, err)
						}
						return
					}
					r.later()
					r.say("filter on")
					r.say("allow word:nothing")
					var posts []string
					for range 3 {
						posts = append(posts, r.post(r.stranger, 0.95, "more"))
						if _, err := r.artist.Boost(posts[len(posts)-1]); err != nil {
							t.Fatal(err)
						}
						r.later()
						r.later()
					}
					for _, post := range posts {
						if r.fate(post) != store.Filed {
							t.Errorf("a later dream is %s", r.fate(post))
						}
					}
					for _, q := range r.server.Requests() {
						if q.Code == http.StatusForbidden && !strings.Contains(q.Path, "mute") {
							t.Errorf("%s was forbidden", q.Route)
						}
					}
					muted := strings.HasPrefix(text, "mute 2") && lacks == nil
					if tr := r.sub().Trouble; (tr != "") != muted || muted && !strings.Contains(tr, "mutes nobody") {
						t.Errorf("trouble: %q", tr)
					}
					if len(r.told) != map[bool]int{true: 1}[muted] {
						t.Errorf("told %q", r.told)
					}
					if muted && !slices.Contains(r.sub().Lacks, network.Mutes) {
						t.Error("the refused step is tried again and again")
					}
					if strings.HasPrefix(text, "mute 2") && lacks != nil && !strings.Contains(reply, "does not let me mute") {
						t.Errorf("answered %q", reply)
					}
				}, func(r *rig) { r.scopes = mastodon.FilterScopes })
			})
		}
	}
}

func TestEveryOrderOnX(t *testing.T) {
	for _, text := range orders {
		t.Run(text, func(t *testing.T) {
			onX(t, xtest.Options{}, func(t *testing.T, r *xrig) {
				r.join()
				first := r.post(0.95)
				r.pass()
				if reply := r.say(strings.NewReplacer("POST", first, "ARTIST", "artist").Replace(text)); reply == "" {
					t.Error("no answer")
				}
				if text == "forget me" {
					return
				}
				r.later()
				r.say("filter on")
				r.later()
				if strings.HasPrefix(text, "allow") || text == "except boosts only" { // then it stays
					return
				}
				second := r.post(0.95)
				r.later()
				if r.fate(second) != store.Filed || r.sub().Trouble != "" {
					t.Errorf("a later dream is %s, trouble %q", r.fate(second), r.sub().Trouble)
				}
			})
		})
	}
}

func TestMutesThatAreRefusedEndOnlyThemselves(t *testing.T) {
	everywhere(t, func(t *testing.T, m muting) {
		m.mutedAfterTwo()
		sub := m.store.For(m.scope).Subscription()
		if err := sub.Touch(func(s *store.Subscriber) { s.Lacks = []string{network.Mutes} }); err != nil {
			t.Fatal(err)
		}
		m.post()
		m.later()
		m.later()
		if len(m.told) != 1 || m.sub().Trouble == "" {
			t.Errorf("told %q, trouble %q", m.told, m.sub().Trouble)
		}
		if _, err := sub.Join(store.Actor{Name: "test"}, m.sub()); err != nil { // signs in anew, and now may
			t.Fatal(err)
		}
		if err := sub.Touch(func(s *store.Subscriber) { s.Lacks = nil }); err != nil {
			t.Fatal(err)
		}
		m.later()
		if m.sub().Trouble != "" {
			t.Errorf("trouble %q", m.sub().Trouble)
		}
	})
}

// running runs a test with a filter that runs.
func (r *rig) running(test func()) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.filter.Run(ctx) }()
	test()
	cancel()
	synctest.Wait()
	if err := <-ended; err != nil {
		r.t.Error(err)
	}
}

func TestAnyOrderWakesATimelineThatWaits(t *testing.T) {
	for _, order := range []string{"filter on", "how hide", "undo last", "deny @x@elsewhere.example", "budget strict"} {
		for _, code := range []int{401, 403, 503} {
			t.Run(fmt.Sprint(order, " ", code), func(t *testing.T) {
				on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
					r.join()
					r.running(func() {
						r.post(r.artist, 0.95, "a")
						r.sleep(2 * time.Minute)
						r.server.Inject(mastodontest.Fault{Match: "GET /api/v1/timelines/home", Kind: mastodontest.Answer, Code: code})
						r.sleep(3 * time.Hour)
						r.post(r.artist, 0.1, "a hint, which does not shorten the rest")
						r.sleep(time.Second)
						r.server.ClearFaults()
						dream := r.post(r.artist, 0.95, "b")
						r.say(order)
						r.sleep(20 * time.Second)
						if row, err := r.store.For(r.scope).Timeline().Judged(dream); err != nil || row.Fate != store.Filed {
							t.Errorf("it is %q, %v", row.Fate, err)
						}
					})
				})
			})
		}
	}
}

func TestPostsAreJudgedAgainWhenTheirPicturesChange(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.join()
		dream, photo, words := r.post(r.artist, 0.95, "a"), r.post(r.artist, 0.1, "b"), r.post(r.artist, 0.95, "c")
		bare, err := r.artist.Post(mastodontest.PostOptions{Text: "no picture yet"})
		if err != nil {
			t.Fatal(err)
		}
		r.pass()
		r.want("DeepDream: certain", dream, words)
		edit := func(id string, red float64, seed int) {
			r.sleep(time.Minute)
			if err := r.artist.Edit(id, "edited", mastodontest.Picture{Data: paint(red, seed)}); err != nil {
				t.Fatal(err)
			}
		}
		edit(dream, 0.1, 501)
		edit(photo, 0.96, 502)
		edit(bare.ID, 0.97, 503)
		r.later()
		r.later()
		r.want("DeepDream: certain", words, photo, bare.ID)
		if len(r.lessons()) != 0 {
			t.Errorf("%d lessons", len(r.lessons()))
		}
		looks := r.judge.looks.Load()
		r.later()
		if r.judge.looks.Load() != looks {
			t.Error("it is looked at again and again")
		}
		edit(dream, 0.98, 504) // and back
		r.later()
		r.later()
		r.want("DeepDream: certain", words, photo, bare.ID, dream)
		r.say("not a dream " + photo)
		r.later()
		edit(photo, 0.99, 505) // what was said was said of another picture
		r.later()
		r.later()
		if r.fate(photo) != store.Filed || len(r.lessons()) != 1 {
			t.Errorf("it is %s, %d lessons", r.fate(photo), len(r.lessons()))
		}
		r.agrees()
	})
}

func TestAnEditOfLongAgoIsHeardOfOnTheStream(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		r.join()
		r.running(func() {
			old := r.post(r.artist, 0.1, "long ago")
			for range 60 {
				r.post(r.artist, 0.1, "since then")
			}
			r.sleep(10 * time.Minute)
			if r.fate(old) != store.Kept {
				t.Fatalf("it is %s", r.fate(old))
			}
			if err := r.artist.Edit(old, "edited", mastodontest.Picture{Data: paint(0.96, 600)}); err != nil {
				t.Fatal(err)
			}
			r.sleep(time.Minute)
			if r.fate(old) != store.Filed {
				t.Errorf("it is %s", r.fate(old))
			}
		})
	})
}

// busiest is the largest number of requests within any quarter of an hour.
func busiest(at []time.Time) (most int) {
	for i, from := range at {
		n := 0
		for _, t := range at[i:] {
			if t.Sub(from) < 15*time.Minute {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// A day of a timeline at default settings, on virtual time: quiet, and busy with hints all the time.
func TestADayCostsFewReads(t *testing.T) {
	for name, every := range map[string]time.Duration{"quiet": 0, "busy": 7 * time.Second} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig) {
				day := 24 * time.Hour
				if every > 0 {
					day = 3 * time.Hour
				}
				r.restart()
				r.join()
				r.post(r.artist, 0.95, "the only dream")
				r.running(func() {
					r.sleep(2 * time.Minute)
					before := len(r.server.Requests())
					for start := time.Now(); time.Since(start) < day; {
						if every == 0 {
							r.sleep(day)
							continue
						}
						if _, err := r.artist.Post(mastodontest.PostOptions{Text: "chatter"}); err != nil {
							t.Fatal(err)
						}
						r.sleep(every)
					}
					var reads, paging []time.Time
					lists, streams := 0, 0 // a new connection is a hint: there may be something new
					for _, q := range r.server.Requests()[before:] {
						switch q.Route {
						case "GET /api/v1/timelines/home":
							reads = append(reads, q.At)
							if q.Query.Has("min_id") || q.Query.Has("max_id") {
								paging = append(paging, q.At)
							}
						case "GET /api/v2/filters":
							lists++
						default:
							if strings.Contains(q.Path, "/streaming") {
								streams++
							}
						}
					}
					minutes := int(day / time.Minute)
					t.Logf("%d reads of the timeline in %d minutes, at most %d paging in 15 minutes; %d lists of filters, %d streams", len(reads), minutes, busiest(paging), lists, streams)
					if every == 0 && len(reads) > minutes+1+streams || lists > minutes/5+1 {
						t.Errorf("%d reads, %d lists in %d minutes", len(reads), lists, minutes)
					}
					if busiest(paging) > 100 {
						t.Errorf("%d paging reads in 15 minutes", busiest(paging))
					}
				})
			}, func(r *rig) { r.options.Check, r.options.Reads, r.options.Sure = 5*time.Minute, 80, 30*time.Second })
		})
	}
}
