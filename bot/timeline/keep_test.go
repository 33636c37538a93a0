package timeline_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/reply/words"
	"slugpuppy/store"
)

func TestDreamsAreFiledAndNothingElseIsTouched(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		other := r.server.AddUser("other", mastodontest.UserOptions{})
		r.reader.Follow(other)
		certain := r.post(r.artist, 0.97, "look")
		likely := r.post(r.artist, 0.85, "and this")
		r.post(r.artist, 0.3, "a photograph")
		foreign := r.post(r.stranger, 0.98, "from far away")
		if _, err := other.Boost(foreign); err != nil {
			t.Fatal(err)
		}
		before := len(r.server.Requests())
		r.join()
		r.pass()
		r.want("DeepDream: certain", certain, foreign)
		r.want("DeepDream: likely", likely)
		if !r.reader.Follows(r.artist) || r.reader.Mutes(r.artist) {
			t.Error("the filter touched the artist")
		}
		for _, q := range r.server.Requests()[before:] {
			if strings.Contains(q.Route, "follow") || strings.Contains(q.Route, "mute") || strings.Contains(q.Route, "block") {
				t.Errorf("a call of %s", q.Route)
			}
		}
		r.pass()
		r.want("DeepDream: certain", certain, foreign)
	})
}

func TestAQuotedDreamIsFiledAndTheQuotingPostStays(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		dream := r.post(r.stranger, 0.98, "from far away")
		quote, err := r.artist.Post(mastodontest.PostOptions{Text: "look at this", Quote: dream})
		if err != nil {
			t.Fatal(err)
		}
		r.join()
		r.pass()
		r.want("DeepDream: certain", dream)
		if row, err := r.store.For(r.scope).Timeline().Judged(dream); err != nil || row.Author != r.stranger.Handle() || row.Booster == row.Author || row.Booster == "" {
			t.Errorf("the row is %+v, %v", row, err)
		}
		if _, err := r.store.For(r.scope).Timeline().Judged(quote.ID); err == nil {
			t.Error("a post without pictures of its own was judged")
		}
		r.say("undo all")
		r.pass()
		r.want("DeepDream: certain")
	})
}

func TestNewPostsAreFiledAsTheyCome(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.post(r.artist, 0.1, "hello")
		r.join()
		r.pass()
		var want []string
		for i := range 3 {
			want = append(want, r.post(r.artist, 0.95, "more"))
			r.post(r.artist, 0.2+0.1*float64(i), "none")
			r.pass()
		}
		r.want("DeepDream: certain", want...)
	})
}

func TestUndoRestoresTheFilterListExactly(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		mine := r.server.AddUser("helper", mastodontest.UserOptions{})
		_ = mine
		r.reader.AddFilter("spoilers", "hide", "home")
		before := r.reader.Filters()
		dream := r.post(r.artist, 0.95, "dream")
		r.post(r.artist, 0.85, "another")
		r.join()
		r.pass()
		if len(r.reader.Filters()) != 3 {
			t.Fatalf("%+v", r.reader.Filters())
		}
		if reply := r.say("undo all"); !strings.Contains(reply, "2 posts") {
			t.Error(reply)
		}
		r.pass()
		if after := r.reader.Filters(); !reflect.DeepEqual(before, after) {
			t.Errorf("before %+v\nafter  %+v", before, after)
		}
		r.pass() // and nothing is hidden again
		if r.fate(dream) != store.Returned || len(r.reader.Filters()) != 1 {
			t.Error("hidden again after undo")
		}
	})
}

func TestTheFirstWeekOnlyLooks(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		dream := r.post(r.artist, 0.95, "dream")
		r.join(func(s *store.Subscriber) { s.ShadowUntil = time.Now().Add(7 * 24 * time.Hour) })
		r.pass()
		if r.fate(dream) != store.Noted || len(r.reader.Filters()) != 0 {
			t.Errorf("%s, filters %v", r.fate(dream), r.reader.Filters())
		}
		rep, err := r.filter.Desk().Report(r.sub(), time.Time{})
		if err != nil || rep.Noted != 1 || !strings.Contains(words.Report(rep), "would have hidden 1 post") {
			t.Errorf("%+v %v %s", rep, err, words.Report(rep))
		}
		r.say("filter on") // said while on: enough of looking
		later := r.post(r.artist, 0.96, "later")
		r.pass()
		r.want("DeepDream: certain", later)
	})
}

func TestTheFilterLearnsFromThePlatformsOwnButtons(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		data := paint(0.95, 1001)
		post := func(data []byte) string {
			st, err := r.artist.Post(mastodontest.PostOptions{Text: "x", Media: []mastodontest.Picture{{Data: data}}})
			if err != nil {
				t.Fatal(err)
			}
			return st.ID
		}
		wrong := post(data)
		right := r.post(r.artist, 0.96, "a dream")
		missed := r.post(r.artist, 0.5, "faint")
		r.join()
		r.pass()
		r.want("DeepDream: certain", wrong, right)
		f := r.reader.Filters()[0]
		r.reader.Unfile(f.ID, wrong)
		r.reader.File(f.ID, missed)
		r.pass()
		if r.fate(wrong) != store.Filed || r.fate(missed) != store.Kept || len(r.lessons()) != 0 {
			t.Errorf("once is not enough: taken out: %s, added: %s", r.fate(wrong), r.fate(missed))
		}
		r.later()
		if r.fate(wrong) != store.TakenOut || r.fate(missed) != store.Filed {
			t.Errorf("taken out: %s, added: %s", r.fate(wrong), r.fate(missed))
		}
		r.want("DeepDream: certain", right, missed)
		r.judge.model = "better" // another network: lessons outlive it
		again := post(reencoded(t, data))
		r.pass()
		if r.fate(again) != store.Kept {
			t.Errorf("the same picture again is %s", r.fate(again))
		}
		faint := post(reencoded(t, paint(0.5, 2)))
		_ = faint
	})
}

func TestADeletedPostIsNoLesson(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		dream := r.post(r.artist, 0.95, "soon gone")
		keep := r.post(r.artist, 0.95, "stays")
		r.join()
		r.pass()
		if err := r.artist.Delete(dream); err != nil {
			t.Fatal(err)
		}
		r.reader.Unfile(r.reader.Filters()[0].ID, dream) // servers drop entries of deleted posts
		r.pass()
		r.later()
		lessons, err := r.store.For(r.scope).Timeline().Lessons()
		if err != nil || len(lessons) != 0 || r.fate(dream) != store.Gone {
			t.Errorf("%v %v, the post is %s", lessons, err, r.fate(dream))
		}
		r.want("DeepDream: certain", keep)
	})
}

func TestAFilterTheSubscriberDeletesStaysAway(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		r.post(r.artist, 0.95, "dream")
		r.join()
		r.pass()
		r.reader.RemoveFilter(r.reader.Filters()[0].ID)
		r.pass()
		r.post(r.artist, 0.95, "another")
		r.later()
		if len(r.reader.Filters()) != 0 || r.sub().Mode != store.FilterShadow {
			t.Errorf("mode %s, filters %+v", r.sub().Mode, r.reader.Filters())
		}
	})
}

func TestRulesAndWordsDecide(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		r.join()
		r.pass()
		r.say("allow @" + r.artist.Handle())
		r.say("deny @" + r.stranger.Handle())
		other := r.server.AddUser("other", mastodontest.UserOptions{})
		r.reader.Follow(other)
		spared := r.post(r.artist, 0.99, "dream")
		denied := r.post(r.stranger, 0.01, "a photograph")
		if _, err := other.Boost(denied); err != nil {
			t.Fatal(err)
		}
		plain := r.post(other, 0.75, "red flowers")
		tagged := r.post(other, 0.75, "red flowers #deepdream")
		r.pass()
		if r.fate(spared) != store.Kept || r.fate(plain) != store.Kept {
			t.Errorf("allowed: %s, plain: %s", r.fate(spared), r.fate(plain))
		}
		r.want("DeepDream: you said so", denied)
		if r.fate(tagged) != store.Filed {
			t.Errorf("tagged is %s", r.fate(tagged))
		}
		st, _ := r.server.Status(tagged)
		for _, ask := range []string{"why " + tagged, "Why did you hide " + st.URL + "?", "please, why is <" + st.URL + "> hidden"} {
			if why := r.say(ask); !strings.Contains(why, "deep dream") || !strings.Contains(why, "Hidden") {
				t.Errorf("%s: %s", ask, why)
			}
		}
	})
}

func TestWordsOnAPost(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		dream := r.post(r.artist, 0.95, "dream")
		photo := r.post(r.artist, 0.2, "photo")
		r.join()
		r.pass()
		st, _ := r.server.Status(dream)
		r.say("this is not a dream " + st.URL)
		r.say("is a dream " + photo)
		r.pass()
		r.want("DeepDream: certain")
		r.want("DeepDream: you said so", photo)
		if reply := r.say("is a dream https://elsewhere.example/@x/1"); !strings.Contains(reply, "not seen") {
			t.Error(reply)
		}
		r.say("how hide")
		r.pass()
		if f := r.reader.Filters(); len(f) != 1 || f[0].Action != "hide" {
			t.Errorf("%+v", f)
		}
	})
}

func TestLeavingRemovesEverything(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.reader.AddFilter("spoilers", "hide", "home")
		before := r.reader.Filters()
		r.post(r.artist, 0.95, "dream")
		r.join()
		r.pass()
		r.say("forget me")
		if _, err := r.filter.Pass(t.Context(), r.scope); err != nil && err != store.ErrNoSubscriber {
			t.Fatal(err)
		}
		if after := r.reader.Filters(); !reflect.DeepEqual(before, after) {
			t.Errorf("%+v", after)
		}
		if subs, err := r.store.Operator().Subscribers(); err != nil || len(subs) != 0 {
			t.Errorf("%v %v", subs, err)
		}
		if rows, err := r.store.For(r.scope).Timeline().Since(time.Time{}); err != nil || len(rows) != 0 {
			t.Errorf("%v %v", rows, err)
		}
	})
}

func TestOnePictureIsLookedAtOnceForEverybody(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		r.post(r.artist, 0.95, "dream")
		r.join()
		r.pass()
		n := r.judge.looks.Load()
		r.scope.ID = "somebody else"
		r.join()
		r.pass()
		if r.judge.looks.Load() != n {
			t.Errorf("%d looks, then %d", n, r.judge.looks.Load())
		}
	})
}

func TestWhatTwoCallNoDreamIsHiddenFromNobodyIfTheOperatorShares(t *testing.T) {
	for _, share := range []bool{true, false} {
		on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
			dream := r.post(r.artist, 0.95, "dream")
			for _, account := range []string{"first", "second"} {
				r.scope.ID = account
				r.join()
				r.pass()
				if r.fate(dream) == store.Kept {
					t.Errorf("share %v: what one calls no dream is kept for the %s", share, account)
				}
				if _, err := r.filter.Desk().Say(r.sub().Actor(), r.sub(), false, dream); err != nil {
					t.Fatal(err)
				}
			}
			r.scope.ID = "third"
			r.join()
			r.pass()
			if kept := r.fate(dream) == store.Kept; kept != share {
				t.Errorf("share %v: the post is %s", share, r.fate(dream))
			}
		}, func(r *rig) { r.options.Share = share })
	}
}

func TestTheBudgetOfWrongHidesDecides(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		// The judge hides from 0.82 on at 1 in 2000, from 0.80 at 1 in 1000, from 0.72 at 1 in 100.
		sure, middling, faint := r.post(r.artist, 0.84, "sure"), r.post(r.artist, 0.81, "middling"), r.post(r.artist, 0.75, "faint")
		r.join(func(s *store.Subscriber) { s.Budget = 0.0005 })
		r.pass()
		r.want("DeepDream: likely", sure)
		if j := r.judged(middling); math.Abs(j.Limit-0.824) > 0.001 || j.Fate != store.Kept {
			t.Errorf("at 1 in 2000 %.3f is %s, the limit is %.3f", j.Score, j.Fate, j.Limit)
		}
		r.say("budget 1 in 1000")
		if n, err := r.filter.Rescan(r.scope, time.Time{}); err != nil || n != 1 {
			t.Errorf("%d changed, %v", n, err)
		}
		r.pass()
		r.want("DeepDream: likely", sure, middling)
		r.say("budget relaxed")
		later := r.post(r.artist, 0.74, "later")
		r.pass()
		r.want("DeepDream: likely", sure, middling, later)
		if _, err := r.filter.Rescan(r.scope, time.Time{}); err != nil {
			t.Fatal(err)
		}
		r.pass()
		r.want("DeepDream: likely", sure, middling, faint, later)
		r.say("budget strict")
		if _, err := r.filter.Rescan(r.scope, time.Time{}); err != nil {
			t.Fatal(err)
		}
		r.pass()
		r.want("DeepDream: likely", sure)
	})
}

func TestAFilterWhoseTimeIsOverIsNoWordOfTheSubscribers(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.sleep(20 * 24 * time.Hour) // into a month
		old := r.post(r.artist, 0.95, "old")
		r.join()
		r.pass()
		r.want("DeepDream: certain", old)
		r.sleep(40 * 24 * time.Hour)
		late := r.post(r.artist, 0.95, "late")
		r.pass()
		if f := r.reader.Filters(); len(f) != 2 || r.judged(old).Place == r.judged(late).Place {
			t.Fatalf("%+v", f)
		}
		r.sleep(32 * 24 * time.Hour)
		r.calm()
		if f := r.reader.Filters(); len(f) != 1 || r.fate(old) != store.Gone || r.fate(late) != store.Filed || len(r.lessons()) != 0 || r.sub().Mode != store.FilterOn {
			t.Errorf("%+v; the old post is %s, the late one %s; lessons %v; the filter is %s", f, r.fate(old), r.fate(late), r.lessons(), r.sub().Mode)
		}
		r.agrees()
	})
}

func TestWhatWaitsIsNotHiddenInPlaceOfAFilterThatWasDeleted(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		dream := r.post(r.artist, 0.95, "dream")
		r.join()
		r.pass()
		r.server.Inject(mastodontest.Fault{Match: "GET /api/v2/filters", Kind: mastodontest.Answer, Code: 503})
		waiting, said := r.post(r.artist, 0.95, "waiting"), r.post(r.artist, 0.1, "said")
		r.pass()
		r.say("is a dream " + said)
		r.reader.RemoveFilter(r.reader.Filters()[0].ID)
		r.server.ClearFaults()
		r.pass()
		r.later()
		if r.fate(dream) != store.Gone || r.fate(waiting) != store.Returned || r.sub().Mode != store.FilterShadow || len(r.lessons()) != 1 {
			t.Errorf("the hidden one is %s, the waiting one %s, the filter is %s; lessons %v", r.fate(dream), r.fate(waiting), r.sub().Mode, r.lessons())
		}
		r.want("DeepDream: you said so", said)
		entries, err := r.store.Operator().Audit(10)
		told := slices.DeleteFunc(entries, func(e store.Entry) bool {
			return !strings.Contains(e.Reason, `the filter "DeepDream: certain" was deleted`)
		})
		if err != nil || len(told) != 1 {
			t.Errorf("%d entries in the audit trail, %v", len(told), err)
		}
	})
}

func TestWhatIsMovedBetweenFiltersOfOursIsNoWord(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		a, b := r.post(r.artist, 0.95, "certain"), r.post(r.artist, 0.85, "likely")
		r.join()
		r.pass()
		r.reader.Unfile(r.filter1("DeepDream: certain"), a)
		r.reader.File(r.filter1("DeepDream: likely"), a)
		r.calm()
		if r.fate(a) != store.Filed || r.judged(a).Place != r.judged(b).Place || len(r.lessons()) != 0 {
			t.Errorf("it is %s in %s; lessons %v", r.fate(a), r.judged(a).Place, r.lessons())
		}
		r.agrees()
	})
}

func TestLatePostsAreSeenThoughTheCursorHasPassed(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		r.post(r.artist, 0.1, "hello")
		r.join()
		r.pass()
		missed := r.post(r.stranger, 0.95, "nobody the reader follows")
		r.post(r.artist, 0.1, "later")
		r.pass()
		if _, err := r.store.For(r.scope).Timeline().Judged(missed); err == nil {
			t.Fatal("the reader sees it already")
		}
		r.reader.Follow(r.stranger) // as if it had come late: its id is before the cursor
		r.pass()
		r.want("DeepDream: certain", missed)
	})
}
