package hostile_test

import (
	"net/http"
	"net/url"
	"os"
	"reflect"
	"runtime/metrics"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network/fake/hostile"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/store"
)

// mostHeap is as much memory as objects may take, garbage among them, whatever a server does: the program, the
// fake servers and the test.
const mostHeap = 192 << 20

// watchHeap measures on real time until the test ends how much memory objects take at most.
func watchHeap(t *testing.T) *atomic.Uint64 {
	var most atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			metrics.Read(sample)
			most.Store(max(most.Load(), sample[0].Value.Uint64()))
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
	return &most
}

func TestNoServerHarmsAnybodyElse(t *testing.T) {
	for i, b := range hostile.Mastodons("reader@home.example") {
		if os.Getenv("SLUGPUPPY_LONG") == "" && i%4 != 0 || raced && i%24 != 0 {
			continue
		}
		t.Run(b.Name, func(t *testing.T) {
			most := watchHeap(t)
			start := time.Now()
			synctest.Test(t, func(t *testing.T) { harmless(t, b) })
			t.Logf("%v, at most %d MiB", time.Since(start).Round(time.Millisecond), most.Load()>>20)
			if most.Load() > mostHeap {
				t.Errorf("objects of %d MiB", most.Load()>>20)
			}
		})
	}
}

// dear are behaviours that cost the test's own time, so that they last only as long as it takes to see what
// comes of them.
var dear = []string{"an answer without an end", "pages without an end", "a cursor that goes back", "two pages that follow each other",
	"a bomb of nothing", "a bomb of posts", "a bomb of space"}

// harmless has a server lie for half an hour to all who speak to it.
func harmless(t *testing.T, b hostile.Behaviour) {
	s := newSuite(t)
	s.lie = b.Name
	defer s.stop()
	time.Sleep(5 * time.Second)
	inside := s.visitor()
	if code, page := inside.signsIn(s.evil, s.evil.reader); code != http.StatusSeeOther {
		t.Fatalf("%d: %s", code, page)
	}
	s.served("before")
	post := s.dreams(s.evil)
	if d, ok := s.within(usualHide, func() bool { return s.evil.hidden(post) }); !ok {
		t.Fatalf("nothing is hidden on the other server within %v", d)
	}
	before := s.others()

	s.evil.lies.Behave(b)
	s.evil.DropStreams()
	posted := s.dreams(s.evil)
	asked := []string{s.asks(s.evil, "help"), s.asks(s.evil, "dream", mastodontest.Picture{Data: paint(10, 1)})}
	s.served("at first")
	s.visits(inside)
	if slices.Contains(dear, b.Name) {
		time.Sleep(2 * time.Minute)
	} else {
		time.Sleep(30 * time.Minute)
		s.noticed(posted, asked[0])
	}
	s.served("later")
	s.sound(before)

	s.evil.lies.Behave(hostile.Behaviour{})
	s.recovers(asked)
	s.sound(before)
}

// visits has somebody of the lying server look at every page, and somebody new sign in from there.
func (s *suite) visits(inside *visitor) {
	s.t.Helper()
	for _, path := range []string{"/", "/review", "/stats", "/export", "/audit?artist=@artist@evil.example", "/thumb/1/0"} {
		if code, page, _ := inside.do(http.MethodGet, path, nil, 6*time.Minute); code >= http.StatusInternalServerError && !strings.HasPrefix(path, "/audit") {
			s.t.Errorf("%s: %d %s", path, code, page)
		}
	}
	if code, page, _ := inside.do(http.MethodPost, "/settings", url.Values{"what": {"budget"}, "value": {"relaxed"}}, time.Second); code != http.StatusSeeOther {
		s.t.Errorf("settings: %d %s", code, page)
	}
	newcomer := s.visitor()
	code, page := newcomer.signsIn(s.evil, s.evil.asker)
	if code != http.StatusSeeOther && (code < 400 || code >= 500 || !strings.Contains(page, "That did not work")) {
		s.t.Errorf("somebody new gets %d: %s", code, page)
	}
	if code, page := s.visitor().signsIn(s.home, s.home.asker); code != http.StatusSeeOther {
		s.t.Errorf("somebody new of another server gets %d: %s", code, page)
	}
}

// others is what the honest server's people chose, and what they made themselves.
type others struct {
	sub   store.Subscriber
	rules []store.Rule
}

func (s *suite) others() others {
	s.t.Helper()
	own := s.store.For(s.home.subscriber)
	sub, err := own.Subscription().Subscriber()
	if err != nil {
		s.t.Fatal(err)
	}
	list, err := own.Rules().Own()
	if err != nil {
		s.t.Fatal(err)
	}
	return others{sub, list}
}

// sound checks what must hold whatever a server does.
func (s *suite) sound(before others) {
	s.t.Helper()
	if late := s.loops.Late(); len(late) > 0 {
		s.t.Errorf("hanging: %v", late)
	}
	if now := s.others(); !reflect.DeepEqual(now, before) {
		s.t.Errorf("another's choices were %+v, are %+v", before, now)
	}
	for _, f := range s.home.reader.Filters() {
		if !strings.HasPrefix(f.Title, "DeepDream") {
			s.t.Errorf("another has a filter %q", f.Title)
		}
	}
	for _, e := range s.web.escapes() {
		s.t.Error(e)
	}
	if d := s.home.DuplicateReplies("dreambot"); len(d) > 0 {
		s.t.Errorf("answered twice: %+v", d)
	}
	for _, line := range strings.Split(s.log.String(), "\n") {
		if odd := raw(line); odd != "" || line != "" && !strings.HasPrefix(line, "time=") {
			s.t.Errorf("the log has %s %.200q", odd, line)
			break
		}
	}
	if strings.Contains(s.log.String(), "panic") {
		s.t.Errorf("a panic: %s", s.log)
	}
	entries, err := s.store.Operator().Audit(1000)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		if e.Actor.Identity == s.home.subscriber {
			s.t.Errorf("%s was done in another's name", e.Action)
		}
	}
	for _, text := range s.told {
		if odd := raw(text); odd != "" || len([]rune(text)) > 500 {
			s.t.Errorf("somebody is told %q", text)
		}
	}
}

// of is the subscriber of a place.
func (s *suite) of(p *place) store.Subscriber {
	s.t.Helper()
	sub, err := s.store.For(p.subscriber).Subscription().Subscriber()
	if err != nil {
		s.t.Fatal(err)
	}
	return sub
}

// noticed fails the test unless people and operators are told of what goes wrong for long.
func (s *suite) noticed(posted, asked string) {
	s.t.Helper()
	log := s.log.String()
	sub := s.of(s.evil)
	status, err := s.admin.Status(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = s.store.For(s.evil.subscriber).Timeline().Judged(posted)
	if n := strings.Count(log, "a timeline has to wait"); err != nil && n >= 3 && (sub.Trouble == "" || status.Waiting[sub.Handle] == "") {
		s.t.Errorf("%d passes failed and nobody is told", n)
	}
	d := s.evil.daemon
	me := identity.Identity{Server: s.evil.name, ID: s.evil.robot.ID()}
	_, err = s.store.For(me).Jobs().BySource(asked)
	if n := strings.Count(log, "cannot fetch mentions"); err != nil && n >= 8 && d.Ready() == nil && d.Held() == "" {
		s.t.Errorf("mentions could not be read %d times and nobody is told", n)
	}
}

// recovers fails the test unless all goes on by itself when the server is honest again.
func (s *suite) recovers(asked []string) {
	s.t.Helper()
	post, help := s.dreams(s.evil), s.asks(s.evil, "help")
	d, ok := s.within(4*time.Hour, func() bool { return s.evil.hidden(post) || s.of(s.evil).Mode != store.FilterOn })
	if sub := s.of(s.evil); sub.Mode != store.FilterOn { // it was told that the person does not want it any more
		if _, err := s.filter.Desk().Switch(sub.Actor(), sub, "on"); err != nil {
			s.t.Fatal(err)
		}
		time.Sleep(usualHide) // a pass may be under way
		post = s.dreams(s.evil)
		d, ok = s.within(4*time.Hour, func() bool { return s.evil.hidden(post) })
	}
	if !ok {
		s.t.Errorf("nothing is hidden there any more after %v: %+v", d, s.of(s.evil))
	}
	d2, ok := s.within(4*time.Hour, func() bool { return len(s.evil.RepliesTo(help)) > 0 })
	if !ok {
		s.t.Errorf("nobody is answered there any more after %v", d2)
	}
	s.t.Logf("hidden again after %v, answered after %v", d.Round(time.Second), d2.Round(time.Second))
	for _, d := range s.evil.DuplicateReplies("dreambot") {
		if !slices.Contains(asked, d.Parent) {
			s.t.Errorf("answered twice: %+v", d)
		}
	}
	s.served("at the end")
}
