package timeline_test

import (
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/store"
)

// muting is a subscriber with an artist they follow and somebody whom they muted themselves.
type muting struct {
	*keeper
	post         func()      // the artist posts a dream
	mutes        func() bool // the subscriber mutes the artist
	mutesLoud    func() bool
	mute, unmute func()     // by hand, the artist
	asked        func() int // how often the mutes were read
	made         func() int // and how many were made
}

// muteTwice is a rule for tests.
func muteTwice(s *store.Subscriber) {
	s.Mute = store.MuteRule{After: 2, Within: 24 * time.Hour, For: time.Hour}
}

// everywhere runs a test of mutes on every network, on virtual time.
func everywhere(t *testing.T, test func(t *testing.T, m muting)) {
	for _, d := range []mastodontest.Dialect{mastodontest.Mastodon, mastodontest.GoToSocial} {
		t.Run(d.String(), func(t *testing.T) {
			on(t, d, func(t *testing.T, r *rig) {
				loud := r.server.AddUser("loud", mastodontest.UserOptions{})
				r.reader.Mute(loud, 0)
				test(t, muting{
					keeper: r.keeper, post: func() { r.post(r.artist, 0.95, "dream") },
					mutes: func() bool { return r.reader.Mutes(r.artist) }, mutesLoud: func() bool { return r.reader.Mutes(loud) },
					mute: func() { r.reader.Mute(r.artist, 0) }, unmute: func() { r.reader.Unmute(r.artist) },
					asked: func() int { return r.server.Count("GET /api/v1/mutes") },
					made:  func() int { return r.server.Count("POST /api/v1/accounts/{id}/mute") },
				})
			})
		})
	}
	for _, v1 := range []bool{false, true} {
		t.Run(map[bool]string{false: "v2", true: "v1.1"}[v1], func(t *testing.T) {
			onX(t, xtest.Options{V1: v1}, func(t *testing.T, r *xrig) {
				loud := r.server.AddUser("loud", xtest.UserOptions{})
				r.reader.Mute(loud)
				routes := map[bool][2]string{
					false: {"GET /2/users/{id}/muting", "POST /2/users/{id}/muting"},
					true:  {"GET /1.1/mutes/users/ids.json", "POST /1.1/mutes/users/create.json"},
				}[v1]
				test(t, muting{
					keeper: r.keeper, post: func() { r.post(0.95) },
					mutes: func() bool { return r.reader.Mutes(r.artist) }, mutesLoud: func() bool { return r.reader.Mutes(loud) },
					mute: func() { r.reader.Mute(r.artist) }, unmute: func() { r.reader.Unmute(r.artist) },
					asked: func() int { return r.server.Count(routes[0]) }, made: func() int { return r.server.Count(routes[1]) },
				})
			})
		})
	}
}

// mutedAfterTwo joins, and fails unless the second dream of an artist mutes them.
func (m muting) mutedAfterTwo() {
	m.t.Helper()
	m.join(muteTwice)
	m.post()
	m.pass()
	m.pass()
	if m.mutes() {
		m.t.Fatal("muted after one")
	}
	m.post()
	m.pass()
	m.pass()
	if !m.mutes() {
		m.t.Fatal("not muted after two")
	}
}

// alone fails when the mute that the subscriber made is touched.
func (m muting) alone() {
	m.t.Helper()
	if !m.mutesLoud() {
		m.t.Fatal("the subscriber's own mute was ended")
	}
}

func TestMutesEndInTimeAcrossRestarts(t *testing.T) {
	everywhere(t, func(t *testing.T, m muting) {
		m.mutedAfterTwo()
		m.sleep(59 * time.Minute)
		m.restart()
		m.pass()
		if !m.mutes() {
			t.Error("unmuted too early")
		}
		m.sleep(2 * time.Minute)
		m.restart()
		for range 3 {
			m.pass()
			if m.alone(); m.mutes() {
				t.Fatal("the mute did not end")
			}
		}
		m.sleep(time.Minute)
		m.post()
		m.pass()
		m.pass()
		if m.mutes() {
			t.Error("posts from before a mute count again")
		}
		m.post()
		m.pass()
		m.pass()
		if m.alone(); !m.mutes() {
			t.Error("new posts do not count")
		}
	})
}

func TestAMuteTheSubscriberMadeIsNeverEnded(t *testing.T) {
	everywhere(t, func(t *testing.T, m muting) {
		m.join(muteTwice)
		m.post()
		m.pass()
		m.post()
		m.mute() // before we would
		m.pass()
		m.pass()
		n := m.asked()
		m.pass()
		if m.asked() != n || m.made() != 0 {
			t.Errorf("it asks again and again, or muted what is muted: %d, then %d; %d made", n, m.asked(), m.made())
		}
		m.sleep(2 * time.Hour)
		m.pass()
		m.pass()
		if m.alone(); !m.mutes() {
			t.Error("the subscriber's mute was ended")
		}
	})
}

func TestAMuteTheSubscriberEndedIsTheirsFromThenOn(t *testing.T) {
	everywhere(t, func(t *testing.T, m muting) {
		m.mutedAfterTwo()
		m.unmute()
		m.restart() // looks at the mutes at once
		m.pass()
		m.pass()
		if m.mutes() {
			t.Error("muted again against the subscriber's will")
		}
		m.sleep(2 * time.Hour)
		m.pass()
		m.pass()
		if m.mutes() {
			t.Error("muted again against the subscriber's will when its time was over")
		}
		m.mute() // by hand
		m.restart()
		m.pass()
		m.pass()
		if m.alone(); !m.mutes() {
			t.Error("the subscriber's mute was ended")
		}
	})
}

func TestMuteOffEndsOurMutesAndNoOthers(t *testing.T) {
	everywhere(t, func(t *testing.T, m muting) {
		m.mutedAfterTwo()
		m.say("mute off")
		m.pass()
		if m.alone(); m.mutes() {
			t.Error("ours is still there")
		}
	})
}

func TestWhoLeavesIsLeftWithoutMutesOfOurs(t *testing.T) {
	everywhere(t, func(t *testing.T, m muting) {
		m.mutedAfterTwo()
		m.say("forget me")
		if _, err := m.filter.Pass(t.Context(), m.scope); err != nil {
			t.Fatal(err)
		}
		if m.alone(); m.mutes() {
			t.Error("ours is still there")
		}
	})
}

// onX runs a test on X, on virtual time.
func onX(t *testing.T, o xtest.Options, test func(t *testing.T, r *xrig), edit ...func(*xrig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newXRig(t, o, (*xtest.Server).StartInMemory, edit...)) })
}
