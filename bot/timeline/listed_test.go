package timeline_test

import (
	"sync"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/rules"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// knowing is a list that knows every picture.
type knowing struct {
	mu            sync.Mutex
	says          []timeline.Listed
	seen, against int
}

func (k *knowing) Match(identity.Identity, store.Sight) ([]timeline.Listed, error) {
	return k.says, nil
}

func (k *knowing) Saw(_ identity.Identity, known []timeline.Listed, against bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.seen++; against && len(known) > 0 {
		k.against++
	}
}

// The judge of these tests calls a photograph in twenty a dream from a redness of 0.66 on, and hides from 0.8 on.
func TestAListIsEvidenceAndNeverAlone(t *testing.T) {
	const url = "https://dreams.example/antidote.json"
	for name, tt := range map[string]struct {
		says  timeline.Listed
		red   float64
		title string // of the filter that holds the post, "" for none
		fate  store.Fate
	}{
		"possible":                   {timeline.Listed{Style: timeline.Warn}, 0.7, "DeepDream: on a list", store.Filed},
		"possible, to be hidden":     {timeline.Listed{Style: timeline.Hide}, 0.7, "DeepDream: on a list, hidden", store.Filed},
		"clearly none":               {timeline.Listed{Style: timeline.Hide}, 0.3, "", store.Kept},
		"clearly none, but believed": {timeline.Listed{Style: timeline.Warn, Alone: true}, 0.3, "DeepDream: on a list", store.Filed},
		"only reported":              {timeline.Listed{Style: timeline.Warn, Noted: true}, 0.7, "", store.Noted},
		"certain anyway":             {timeline.Listed{Style: timeline.Hide, Noted: true}, 0.95, "DeepDream: certain", store.Filed},
	} {
		t.Run(name, func(t *testing.T) {
			tt.says.URL = url
			list := &knowing{says: []timeline.Listed{tt.says}}
			on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
				r.join()
				id := r.post(r.artist, tt.red, "hello")
				r.pass()
				if got := r.fate(id); got != tt.fate {
					t.Errorf("it is %s", got)
				}
				if tt.title != "" {
					r.want(tt.title, id)
				}
				for _, f := range r.reader.Filters() {
					if want := map[bool]string{true: "hide", false: "warn"}[f.Title == "DeepDream: on a list, hidden"]; f.Action != want {
						t.Errorf("%s has the action %s", f.Title, f.Action)
					}
				}
				j := r.judged(id)
				if listed := j.Why == timeline.WhyListed; listed != (j.List == url) {
					t.Errorf("why %s, list %s", j.Why, j.List)
				}
				if against := tt.red < 0.5; list.seen != 1 || (list.against == 1) != against {
					t.Errorf("the list was told of %d posts, %d against it", list.seen, list.against)
				}
			}, func(r *rig) { r.options.Lists = list })
		})
	}
}

func TestPeoplesWordsGoBeforeAList(t *testing.T) {
	list := &knowing{says: []timeline.Listed{{URL: "https://dreams.example/antidote.json", Style: timeline.Warn, Alone: true}}}
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		r.join()
		id := r.post(r.artist, 0.7, "hello")
		r.pass()
		r.want("DeepDream: on a list", id)
		r.say("not a dream " + r.judged(id).URL)
		r.pass()
		r.want("DeepDream: on a list")
		again := r.post(r.artist, 0.7, "another picture")
		r.say("allow @" + r.artist.Handle())
		r.pass()
		if j := r.judged(again); j.Fate != store.Kept {
			t.Errorf("it is %s: %s", j.Fate, j.Why)
		}
	}, func(r *rig) { r.options.Lists = list })
}

func TestAnEditedPostIsOnNoListAnyMoreAndARuleIsTestedWithLists(t *testing.T) {
	const url = "https://dreams.example/antidote.json"
	list := &knowing{says: []timeline.Listed{{URL: url, Style: timeline.Warn}}}
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		r.join()
		id := r.post(r.artist, 0.7, "hello")
		r.pass()
		r.want("DeepDream: on a list", id)
		j, ok, err := r.filter.Would(r.scope, id, "")
		if err != nil || !ok || j.Why != timeline.WhyListed || j.List != url {
			t.Errorf("it would be %+v, %v, %v", j, ok, err)
		}
		r.sleep(time.Minute)
		if err := r.artist.Edit(id, "edited", mastodontest.Picture{Data: paint(0.95, 700)}); err != nil {
			t.Fatal(err)
		}
		r.later()
		r.later()
		if j := r.judged(id); j.Why != timeline.WhyScore || j.List != "" {
			t.Errorf("why %s, list %q", j.Why, j.List)
		}
	}, func(r *rig) { r.options.Lists = list })
}

func TestWhatARuleOnWordsHidStaysHiddenWhenAllIsJudgedAgain(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		r.join()
		denied, undo, err := r.store.Operator().AddRule(store.Actor{Name: "operator"},
			store.Rule{Kind: string(rules.Word), Value: "puppies", Effect: string(rules.Deny), Scope: string(rules.Filter)})
		if err != nil {
			t.Fatal(err)
		}
		id := r.post(r.artist, 0.1, "puppies everywhere")
		r.pass()
		if r.fate(id) != store.Filed || r.judged(id).Rule != denied.ID {
			t.Fatalf("it is %s", r.fate(id))
		}
		again := func() {
			if _, err := r.filter.Rescan(r.scope, time.Time{}); err != nil {
				t.Fatal(err)
			}
			r.pass()
		}
		if again(); r.fate(id) != store.Filed {
			t.Errorf("judged again it is %s", r.fate(id))
		}
		if _, _, err := r.store.Operator().Undo(store.Actor{Name: "operator"}, undo); err != nil {
			t.Fatal(err)
		}
		if again(); r.fate(id) == store.Filed {
			t.Error("it stays hidden without the rule")
		}
	})
}
