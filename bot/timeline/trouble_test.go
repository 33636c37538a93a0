package timeline_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/store"
)

// agrees wants the server's filters to be what the store says, and nothing of ours to be unknown.
func (r *rig) agrees() {
	r.t.Helper()
	rows, err := r.store.For(r.scope).Timeline().Since(time.Time{})
	if err != nil {
		r.t.Fatal(err)
	}
	want := map[string]string{}
	for _, j := range rows {
		switch j.Fate {
		case store.Filed:
			want[j.Post] = j.Place
		case store.Wanted, store.Unwanted:
			r.t.Errorf("post %s is still %s", j.Post, j.Fate)
		}
	}
	known := r.noted()
	got := map[string]string{}
	for _, f := range r.reader.Filters() {
		if !strings.HasPrefix(f.Title, "DeepDream: ") {
			continue
		}
		if known[f.ID] == "" {
			r.t.Errorf("filter %s %q is unknown", f.ID, f.Title)
		}
		for _, s := range f.Statuses {
			if got[s.Status] != "" {
				r.t.Errorf("post %s is filed twice", s.Status)
			}
			got[s.Status] = known[f.ID]
		}
	}
	if !maps.Equal(want, got) {
		r.t.Errorf("the store says %v\nthe server %v", want, got)
	}
}

// noted are the filters of ours that the notes know, by id; a name without an id is of one that may
// still come to be.
func (r *rig) noted() map[string]string {
	r.t.Helper()
	all, err := r.store.For(r.scope).Notes("filters").All()
	if err != nil {
		r.t.Fatal(err)
	}
	known := map[string]string{}
	for name, data := range all {
		var note struct{ ID string }
		if err := json.Unmarshal(data, &note); err != nil {
			r.t.Fatal(err)
		}
		known[note.ID] = name
	}
	return known
}

// calm makes passes until everything is done and no request can be on its way any more.
func (r *rig) calm() {
	r.t.Helper()
	for range 20 {
		r.pass()
		work, err := r.store.For(r.scope).Timeline().Work()
		if err != nil {
			r.t.Fatal(err)
		}
		there := map[string]string{}
		for _, f := range r.reader.Filters() {
			there[f.ID] = f.Title
		}
		busy := false
		for id := range r.noted() {
			busy = busy || there[id] == ""
		}
		if len(work) == 0 && !busy {
			return
		}
		r.sleep(time.Minute)
	}
}

func TestAThousandRoundsOfTroubleEndInAgreement(t *testing.T) {
	for _, d := range []mastodontest.Dialect{mastodontest.Mastodon, mastodontest.GoToSocial} {
		t.Run(fmt.Sprint(d), func(t *testing.T) {
			rounds := 60
			if os.Getenv("SLUGPUPPY_LONG") != "" {
				rounds = 1000
			}
			on(t, d, func(t *testing.T, r *rig) { trouble(t, r, rounds, uint64(d)) })
		})
	}
}

// trouble is so many rounds in which requests are lost and answers are wrong.
func trouble(t *testing.T, r *rig, rounds int, seed uint64) {
	r.reader.AddFilter("spoilers", "hide", "home")
	before := r.reader.Filters()
	r.join()
	r.pass()
	for _, f := range []mastodontest.Fault{
		{Match: "*", Kind: mastodontest.Answer, Code: 503, Probability: 0.08},
		{Match: "DELETE /api/v2/filters/*", Kind: mastodontest.Answer, Code: 404, Probability: 0.1},
		{Match: "POST /api/v2/filters/*", Kind: mastodontest.Answer, Code: 404, Probability: 0.05},
		{Match: "POST /api/v2/filters", Kind: mastodontest.DropAfterApply, Probability: 0.2},
		{Match: "POST /api/v2/filters", Kind: mastodontest.DropBefore, Probability: 0.1},
		{Match: "POST /api/v2/filters/*", Kind: mastodontest.DropAfterApply, Probability: 0.1},
		{Match: "DELETE /api/v2/filters/*", Kind: mastodontest.DropAfterApply, Probability: 0.1},
		{Match: "GET /api/v2/filters", Kind: mastodontest.Truncate, Probability: 0.05},
	} {
		r.server.Inject(f)
	}
	rnd := rand.New(rand.NewPCG(1, seed))
	for range rounds {
		switch rnd.IntN(6) {
		case 0, 1:
			r.post(r.artist, 0.92, "dream")
		case 2:
			r.post(r.artist, 0.1, "photograph")
		case 3:
			r.say([]string{"undo last", "undo all", "undo @artist"}[rnd.IntN(3)])
		case 4:
			r.say([]string{"how hide", "how warn"}[rnd.IntN(2)])
		}
		r.pass()
		r.sleep(time.Duration(rnd.IntN(20)) * time.Second)
	}
	r.server.ClearFaults()
	r.calm()
	r.agrees()
	if lessons, err := r.store.For(r.scope).Timeline().Lessons(); err != nil || len(lessons) != 0 {
		t.Errorf("trouble on the line was taken for %d words of the subscriber (%v)", len(lessons), err)
	}
	r.say("undo all")
	r.calm()
	if after := r.reader.Filters(); fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
}

func TestAServerThatWantsToBeLeftAloneForLongIsNotForgotten(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		r.join()
		r.pass()
		r.server.Inject(mastodontest.Fault{Match: "GET /api/v1/timelines/home", Kind: mastodontest.Answer, Code: 429, Delay: 2 * time.Hour})
		for range 3 {
			next, err := r.filter.Pass(t.Context(), r.scope)
			if err != nil || next > 15*time.Minute || next <= 0 {
				t.Errorf("the next pass is in %v, %v", next, err)
			}
		}
		r.server.ClearFaults()
		r.sleep(3 * time.Hour)
		if next, err := r.filter.Pass(t.Context(), r.scope); err != nil || next != time.Minute {
			t.Errorf("after that the next pass is in %v, %v", next, err)
		}
	})
}
