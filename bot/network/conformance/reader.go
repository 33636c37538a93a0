package conformance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"slugpuppy/bot/network"
)

// Loss is what happens to a request that makes a place for hidden posts.
type Loss int

// Losses.
const (
	OnTheWay     Loss = iota // it never arrives
	OnTheWayBack             // it is carried out, and nobody hears of it
)

// Stage is a reader's account on a network, and what can be done to it from outside.
type Stage struct {
	// Open connects to the account as a fresh process would, over what was written down before.
	Open func() network.Reader
	// Artist is somebody the reader follows, Booster another.
	Artist, Booster Author
	Wait            time.Duration // how long an event may take to arrive
	// Advance moves all clocks on, the network's and the reader's.
	Advance func(d time.Duration)
	// Looks is how the network, or the reader's browser, shows a post now; "" as any other.
	Looks func(post string) network.Style
	// Mutes says whether the reader has muted the artist.
	Mutes func() bool
	// Places counts the places for hidden posts that are there, and the account owner's own.
	Places func() (ours, theirs int)
	// Lose has the next request that makes a place be lost.
	Lose func(Loss)
	// Owner is what the account's owner does in their own client; nil where nothing can be done.
	Owner *Owner
	// Unchecked says that posts are hidden without asking whether they are there.
	Unchecked bool
}

// Author posts.
type Author struct {
	Person
	ID, Handle string
	// Boost boosts a post.
	Boost func(id string) error
}

// Owner is what somebody changes in their own client.
type Owner struct {
	TakeOut func(post string)         // shows a hidden post again
	PutIn   func(post, beside string) // hides a post in the place where another is
	DoAway  func(post string)         // removes the place where a post is, with all in it
}

// reading is a stage with a reader on it.
type reading struct {
	Stage
	t *testing.T
	network.Reader
}

// RunReader checks what a network must offer to whoever keeps a timeline.
func RunReader(t *testing.T, stage func(t *testing.T) Stage) {
	checks := map[string]func(*reading){
		"a timeline is read once, in order, from cursor to cursor": readsOn,
		"what was there before is read in pages that go on":        readsBack,
		"a boost brings the original":                              readsBoosts,
		"an artist is found with their latest pictures":            findsArtists,
		"a picture of a timeline can be fetched":                   fetchesShown,
		"a post that is gone is not found":                         missesGone,
		"a new post wakes the reader":                              wakesReader,
		"a post is hidden, and shown again":                        hides,
		"hiding twice is hiding once":                              hidesTwice,
		"a hidden post stays where it is in another process":       staysHidden,
		"posts of several reasons are kept apart":                  keepsApart,
		"everything hidden takes the style that is wanted":         restyles,
		"a place ends with all in it when its time is over":        endsInTime,
		"a place that got lost on the way is made once":            losesOnTheWay,
		"a place whose answer got lost is found again":             losesOnTheWayBack,
		"what the owner takes out and puts in is seen":             seesOwner,
		"a place that the owner did away with is reported":         seesDoneAway,
		"what is gone is not hidden":                               hidesNothingGone,
		"all is shown again and forgotten":                         clears,
		"a mute begins, and ends when it is ended":                 mutes,
		"a mute ends by itself where the network says so":          mutesEnd,
	}
	for name, check := range checks {
		t.Run(name, func(t *testing.T) {
			s := stage(t)
			check(&reading{s, t, s.Open()})
		})
	}
}

// no fails the test for an error.
func (r *reading) no(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// post publishes a picture of the artist's.
func (r *reading) post(words string) string {
	r.t.Helper()
	id, err := r.Artist.Post(r.t.Context(), words, drawing(r.t), "a painted hill", "")
	r.no(err)
	return id
}

// hide hides a post now.
func (r *reading) hide(post, why string, s network.Style) string {
	r.t.Helper()
	place, err := r.Hide(r.t.Context(), post, why, s)
	if err != nil || place == "" {
		r.t.Fatalf("hidden in %q, %v", place, err)
	}
	return place
}

// pass makes passes that change nothing until nothing is asked for any more, and returns what was
// hidden at the first.
func (r *reading) pass(s network.Style) (first network.Hides) {
	r.t.Helper()
	for i := range 4 {
		h, err := r.Hidden(r.t.Context())
		r.no(err)
		if i == 0 {
			first = h
		}
		asked, err := r.Tidy(r.t.Context(), network.All(s))
		r.no(err)
		if !asked {
			return first
		}
	}
	r.t.Error("there is always something to do")
	return first
}

// looks fails unless a post looks like this.
func (r *reading) looks(post string, want network.Style) {
	r.t.Helper()
	if got := r.Looks(post); got != want {
		r.t.Errorf("post %s looks like %q, want %q", post, got, want)
	}
}

// hidden fails unless exactly these posts are hidden.
func (r *reading) hidden(h network.Hides, want ...string) {
	r.t.Helper()
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(h.Posts)); !slices.Equal(got, want) {
		r.t.Errorf("hidden are %v, want %v", got, want)
	}
}

// places fails unless so many places of ours are there.
func (r *reading) places(want int) {
	r.t.Helper()
	if ours, _ := r.Places(); ours != want {
		r.t.Errorf("%d places, want %d", ours, want)
	}
}

// latest is the cursor after everything.
func (r *reading) latest() string {
	r.t.Helper()
	pages, err := r.Recent(r.t.Context(), 40)
	r.no(err)
	if len(pages) == 0 {
		r.t.Fatal("the timeline is empty")
	}
	return pages[len(pages)-1].Next
}

// on reads on from a cursor until there is nothing more.
func (r *reading) on(cursor string, limit int) (ids []string, next string) {
	r.t.Helper()
	for range 100 {
		page, err := r.Home(r.t.Context(), cursor, limit)
		r.no(err)
		if len(page.Posts) > limit {
			r.t.Fatalf("%d posts for a limit of %d", len(page.Posts), limit)
		}
		for _, p := range page.Posts {
			ids = append(ids, p.ID)
		}
		if page.Next == cursor {
			return ids, cursor
		}
		cursor = page.Next
	}
	r.t.Fatal("the timeline has no end")
	return nil, ""
}

func readsOn(r *reading) {
	r.post("the first")
	cursor := r.latest()
	if ids, next := r.on(cursor, 2); len(ids) != 0 || next != cursor {
		r.t.Errorf("before anything is new: %v", ids)
	}
	var want []string
	for i := range 5 {
		want = append(want, r.post(fmt.Sprint("number ", i)))
	}
	got, next := r.on(cursor, 2)
	if !slices.Equal(got, want) {
		r.t.Errorf("posted %v, read %v", want, got)
	}
	r.Reader = r.Open()
	if again, _ := r.on(next, 2); len(again) != 0 {
		r.t.Errorf("read again: %v", again)
	}
	if again, _ := r.on(cursor, 40); !slices.Equal(again, want) {
		r.t.Errorf("from the old cursor: %v", again)
	}
}

func readsBack(r *reading) {
	if pages, err := r.Recent(r.t.Context(), 3); err != nil || len(pages) != 0 {
		r.t.Errorf("an empty timeline: %v, %v", pages, err)
	}
	var want []string
	for i := range 4 {
		want = append(want, r.post(fmt.Sprint("number ", i)))
	}
	pages, err := r.Recent(r.t.Context(), 3)
	r.no(err)
	var got []string
	for _, page := range pages {
		for _, p := range page.Posts {
			got = append(got, p.ID)
		}
	}
	if !slices.Equal(got, want[1:]) {
		r.t.Errorf("posted %v, read %v", want, got)
	}
	later := r.post("later")
	if ids, _ := r.on(pages[len(pages)-1].Next, 40); !slices.Equal(ids, []string{later}) {
		r.t.Errorf("after that: %v, want %s", ids, later)
	}
}

func readsBoosts(r *reading) {
	r.post("the first")
	cursor := r.latest()
	id := r.post("to be boosted")
	r.no(r.Booster.Boost(id))
	for {
		page, err := r.Home(r.t.Context(), cursor, 40)
		r.no(err)
		if page.Next == cursor {
			r.t.Fatal("there is no boost")
		}
		for _, p := range page.Posts {
			if b := p.Boosts; b != nil {
				if b.ID != id || b.Author.ID != r.Artist.ID || len(b.Media) != 1 || p.Author.ID != r.Booster.ID {
					r.t.Errorf("%+v boosted %+v", p.Author, b)
				}
				return
			}
		}
		cursor = page.Next
	}
}

func findsArtists(r *reading) {
	var want []string
	for i := range 3 {
		want = append(want, r.post(fmt.Sprint("number ", i)))
	}
	_, err := r.Artist.Post(r.t.Context(), "only words", nil, "", "")
	r.no(err)
	a, err := r.Lookup(r.t.Context(), r.Artist.Handle)
	if err != nil || a.ID != r.Artist.ID {
		r.t.Fatalf("%+v, %v", a, err)
	}
	posts, err := r.PostsOf(r.t.Context(), a.ID, 40)
	r.no(err)
	var got []string
	for _, p := range posts {
		got = append(got, p.ID)
	}
	slices.Reverse(want)
	if !slices.Equal(got, want) {
		r.t.Errorf("%v, want %v", got, want)
	}
	if _, err := r.Lookup(r.t.Context(), "nobody_at_all"); !network.Is(err, network.NotFound) {
		r.t.Errorf("nobody: %v", err)
	}
}

func fetchesShown(r *reading) {
	p, err := r.Post(r.t.Context(), r.post("a picture"))
	if err != nil || len(p.Media) != 1 {
		r.t.Fatalf("%+v, %v", p, err)
	}
	if data, err := r.Fetch(r.t.Context(), p.Media[0], 1<<20); err != nil || len(data) == 0 {
		r.t.Errorf("%d bytes, %v", len(data), err)
	}
}

func missesGone(r *reading) {
	id := r.post("soon gone")
	r.no(r.Artist.Delete(r.t.Context(), id))
	if _, err := r.Post(r.t.Context(), id); !network.Is(err, network.NotFound) {
		r.t.Errorf("%v", err)
	}
}

func wakesReader(r *reading) {
	ctx, cancel := context.WithCancel(r.t.Context())
	hints := r.WakeHome(ctx)
	for range 2 { // the connection itself is a hint
		select {
		case <-hints:
		case <-time.After(r.Wait):
			r.t.Fatal("no hint")
		}
		r.post("wake up")
	}
	cancel()
	for range hints { // must be closed
	}
}

func hides(r *reading) {
	id, other := r.post("a dream"), r.post("no dream")
	if h := r.pass(network.Warn); !h.None || len(h.Posts) != 0 {
		r.t.Errorf("at first: %+v", h)
	}
	place := r.hide(id, "certain", network.Warn)
	r.looks(id, network.Warn)
	r.looks(other, "")
	h := r.pass(network.Warn)
	if r.hidden(h, id); h.None || h.Posts[id] != place || !h.Places[place] || len(h.Dismissed) != 0 {
		r.t.Errorf("%+v, hidden in %s", h, place)
	}
	r.no(r.Unhide(r.t.Context(), id))
	r.no(r.Unhide(r.t.Context(), other))
	r.hidden(r.pass(network.Warn))
	r.looks(id, "")
	if h := r.pass(network.Warn); !h.None {
		r.t.Errorf("at the end: %+v", h)
	}
	r.places(0)
}

func hidesTwice(r *reading) {
	id := r.post("a dream")
	place := r.hide(id, "certain", network.Hide)
	if again := r.hide(id, "likely", network.Hide); again != place {
		r.t.Errorf("hidden in %s, then in %s", place, again)
	}
	r.Reader = r.Open()
	r.pass(network.Hide)
	if again := r.hide(id, "certain", network.Hide); again != place {
		r.t.Errorf("hidden in %s, after a restart in %s", place, again)
	}
	r.hidden(r.pass(network.Hide), id)
	r.places(1)
}

func staysHidden(r *reading) {
	id := r.post("a dream")
	place := r.hide(id, "certain", network.Hide)
	r.Reader = r.Open()
	if h := r.pass(network.Hide); h.Posts[id] != place {
		r.t.Errorf("%+v, hidden in %s", h, place)
	}
	second := r.post("another")
	if again := r.hide(second, "certain", network.Hide); again != place {
		r.t.Errorf("another of the same month is in %s, not in %s", again, place)
	}
	r.looks(second, network.Hide)
}

func keepsApart(r *reading) {
	a, b := r.post("certainly"), r.post("perhaps")
	in, other := r.hide(a, "certain", network.Warn), r.hide(b, "likely", network.Warn)
	if in == other {
		r.t.Errorf("both are in %s", in)
	}
	r.hidden(r.pass(network.Warn), a, b)
	r.places(2)
}

func restyles(r *reading) {
	id := r.post("a dream")
	r.hide(id, "certain", network.Warn)
	for _, s := range []network.Style{network.Hide, network.Blur, network.Warn} {
		r.hidden(r.pass(s), id)
		r.looks(id, s)
	}
	later := r.post("later")
	r.hide(later, "likely", network.Blur)
	r.looks(later, network.Blur)
}

func endsInTime(r *reading) {
	id := r.post("a dream")
	place := r.hide(id, "certain", network.Warn)
	if h := r.pass(network.Warn); !h.Places[place] {
		r.t.Fatalf("%s is not among the places: %v", place, h.Places)
	}
	r.Advance(100 * 24 * time.Hour)
	for i := 0; ; i++ { // the network may have to be told
		h, err := r.Hidden(r.t.Context())
		r.no(err)
		if len(h.Dismissed) != 0 {
			r.t.Fatalf("nobody did away with anything: %v", h.Dismissed)
		}
		if r.hiddenIn(h, place, id); !h.Places[place] {
			break
		}
		if i == 3 {
			r.t.Fatal("its time is never over")
		}
		_, err = r.Tidy(r.t.Context(), network.All(network.Warn))
		r.no(err)
	}
	if h := r.pass(network.Warn); h.Places[place] || len(h.Dismissed) != 0 {
		r.t.Errorf("%+v", h)
	}
	r.places(0)
	r.looks(id, "")
	second := r.post("another month")
	if again := r.hide(second, "certain", network.Warn); again == place {
		r.t.Errorf("%s is used again", again)
	}
}

// hiddenIn fails unless a post is hidden exactly if the place that it was in is there.
func (r *reading) hiddenIn(h network.Hides, place, post string) {
	r.t.Helper()
	if _, hidden := h.Posts[post]; hidden != h.Places[place] {
		r.t.Errorf("hidden: %v; the place is there: %v", hidden, h.Places[place])
	}
}

// recovers hides a post after a loss, as fresh processes would.
func (r *reading) recovers(id string) {
	r.t.Helper()
	if place, err := r.Hide(r.t.Context(), id, "certain", network.Warn); err == nil {
		r.t.Fatalf("nothing was lost, it is hidden in %s", place)
	}
	for range 5 {
		r.Reader = r.Open()
		h, err := r.Hidden(r.t.Context())
		r.no(err)
		if len(h.Dismissed) != 0 {
			r.t.Fatalf("something ended: %+v", h)
		}
		place, err := r.Hide(r.t.Context(), id, "certain", network.Warn)
		r.no(err)
		_, err = r.Tidy(r.t.Context(), network.All(network.Warn))
		r.no(err)
		if place != "" {
			r.hidden(r.pass(network.Warn), id)
			r.looks(id, network.Warn)
			r.places(1)
			return
		}
		r.Advance(time.Minute)
	}
	r.t.Fatal("it is never hidden")
}

func losesOnTheWay(r *reading) {
	id := r.post("a dream")
	r.Lose(OnTheWay)
	r.recovers(id)
}

func losesOnTheWayBack(r *reading) {
	id := r.post("a dream")
	r.Lose(OnTheWayBack)
	r.recovers(id)
}

func seesOwner(r *reading) {
	if r.Owner == nil {
		r.t.Skip("nobody but us hides posts here")
	}
	wrong, right, missed := r.post("no dream"), r.post("a dream"), r.post("a faint dream")
	r.hide(wrong, "certain", network.Warn)
	place := r.hide(right, "certain", network.Warn)
	r.pass(network.Warn)
	r.Owner.TakeOut(wrong)
	r.Owner.PutIn(missed, right)
	h := r.pass(network.Warn)
	if r.hidden(h, right, missed); h.Posts[missed] != place || !h.Places[place] {
		r.t.Errorf("%v, want it in %s", h.Posts, place)
	}
	r.no(r.Unhide(r.t.Context(), missed))
	r.hidden(r.pass(network.Warn), right)
	r.Owner.TakeOut(right)
	h, err := r.Hidden(r.t.Context())
	r.no(err)
	if r.hidden(h); !h.Places[place] {
		r.t.Error("a place from which all was taken out is taken for one that ended")
	}
}

func seesDoneAway(r *reading) {
	if r.Owner == nil {
		r.t.Skip("nobody but us hides posts here")
	}
	_, theirs := r.Places()
	id, other := r.post("a dream"), r.post("perhaps")
	place := r.hide(id, "certain", network.Warn)
	r.hide(other, "likely", network.Warn)
	r.pass(network.Warn)
	r.Owner.DoAway(id)
	if h := r.pass(network.Warn); h.Dismissed[place] != "" || h.Places[place] || !h.Partial[place] || !h.Unsure {
		r.t.Errorf("one look is not enough: %+v", h)
	}
	r.Advance(time.Minute)
	h, err := r.Hidden(r.t.Context())
	r.no(err)
	if r.hidden(h, other); h.Dismissed[place] == "" || len(h.Dismissed) != 1 || h.Places[place] {
		r.t.Errorf("%+v, want %s", h, place)
	}
	r.Reader = r.Open()
	if h := r.pass(network.Warn); h.Dismissed[place] == "" {
		r.t.Error("a process that is killed before Tidy takes the report with it")
	}
	if h := r.pass(network.Warn); len(h.Dismissed) != 0 {
		r.t.Errorf("still reported: %v", h.Dismissed)
	}
	if again := r.hide(id, "certain", network.Warn); again == "" {
		r.t.Error("it cannot be hidden again")
	}
	if _, now := r.Places(); now != theirs {
		r.t.Errorf("the owner's own places were touched: %d, before %d", now, theirs)
	}
}

func hidesNothingGone(r *reading) {
	if r.Unchecked {
		r.t.Skip("nobody is asked")
	}
	id, other := r.post("soon gone"), r.post("stays")
	r.hide(other, "certain", network.Warn)
	r.no(r.Artist.Delete(r.t.Context(), id))
	if place, err := r.Hide(r.t.Context(), id, "certain", network.Warn); !errors.Is(err, network.ErrGone) {
		r.t.Errorf("hidden in %q, %v", place, err)
	}
	r.hidden(r.pass(network.Warn), other)
}

func clears(r *reading) {
	_, theirs := r.Places()
	a, b := r.post("certainly"), r.post("perhaps")
	r.hide(a, "certain", network.Warn)
	r.hide(b, "likely", network.Warn)
	r.Reader = r.Open()
	r.no(r.Clear(r.t.Context()))
	if ours, now := r.Places(); ours != 0 || now != theirs {
		r.t.Errorf("%d places of ours are left; the owner has %d, before %d", ours, now, theirs)
	}
	r.looks(a, "")
	r.hidden(r.pass(network.Warn))
	r.no(r.Clear(r.t.Context()))
}

// muted is whether the artist is among the muted accounts, and until when.
func (r *reading) muted() (ends time.Time, there bool) {
	r.t.Helper()
	list, err := r.Muted(r.t.Context())
	r.no(err)
	ends, there = list[r.Artist.ID]
	return ends, there
}

func mutes(r *reading) {
	if _, there := r.muted(); there {
		r.t.Fatal("muted before anything was done")
	}
	r.no(r.Mute(r.t.Context(), r.Artist.ID, time.Hour))
	if _, there := r.muted(); !there || !r.Mutes() {
		r.t.Fatalf("listed: %v, muted: %v", there, r.Mutes())
	}
	for range 2 { // one that is not there is no error
		r.no(r.Unmute(r.t.Context(), r.Artist.ID))
		if _, there := r.muted(); there || r.Mutes() {
			t := r.t
			t.Errorf("after its end, listed: %v, muted: %v", there, r.Mutes())
		}
	}
}

func mutesEnd(r *reading) {
	r.no(r.Mute(r.t.Context(), r.Artist.ID, time.Hour))
	ends, there := r.muted()
	if !there || ends.IsZero() == r.Facts().MutesEnd {
		r.t.Fatalf("muted: %v, until %v", there, ends)
	}
	r.Advance(2 * time.Hour)
	if _, there := r.muted(); there == r.Facts().MutesEnd || r.Mutes() == r.Facts().MutesEnd {
		r.t.Errorf("two hours later, listed: %v, muted: %v", there, r.Mutes())
	}
}
