package timeline_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/mastodon/serverfilter"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// arrivals notes when somebody's first request of each kind comes after a time.
type arrivals struct {
	mu    sync.Mutex
	from  time.Time
	first map[string]time.Time
}

func (a *arrivals) note(who string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, known := a.first[who]; !known && !a.from.IsZero() {
		a.first[who] = time.Now()
	}
}

// begin forgets what came before now.
func (a *arrivals) begin() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.from, a.first = time.Now(), map[string]time.Time{}
}

// most is how many of a kind came in the fullest second, and how many at all.
func (a *arrivals) most(kind string) (peak, all int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for who, at := range a.first {
		if !strings.HasPrefix(who, kind) {
			continue
		}
		all++
		n := 0
		for other, then := range a.first {
			if d := then.Sub(at); strings.HasPrefix(other, kind) && d >= 0 && d < time.Second {
				n++
			}
		}
		peak = max(peak, n)
	}
	return peak, all
}

// noting is the way of one account to the server.
type noting struct {
	next http.RoundTripper
	who  string
	to   *arrivals
}

func (n noting) RoundTrip(r *http.Request) (*http.Response, error) {
	kind := "request"
	if strings.Contains(r.URL.Path, "/streaming") {
		kind = "stream"
	}
	n.to.note(kind + " " + n.who)
	return n.next.RoundTrip(r)
}

// A server that comes back after an outage must not go down again under all who waited for it.
func TestAServerThatIsBackIsNotOverrun(t *testing.T) {
	const accounts, outage = 200, 10 * time.Minute
	var came arrivals
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		token := r.reader.Token(strings.Fields(mastodon.FilterScopes + mastodon.MuteScopes)...)
		r.connect = func(st *store.Store, sub store.Subscriber) (network.Reader, error) {
			c, err := mastodon.New(mastodon.Options{Server: r.server.URL, Token: token,
				Transport: noting{r.client.Transport, sub.Identity.ID, &came}})
			if err != nil {
				return nil, err
			}
			return c.Reader(st.For(sub.Identity).Notes("filters"), serverfilter.Options{}), nil
		}
		r.restart()
		for i := range accounts {
			who := identity.Identity{Server: "example.social", ID: fmt.Sprint(1000 + i)}
			if _, err := r.store.For(who).Subscription().Join(store.Actor{Name: "test"}, store.Subscriber{Identity: who,
				Handle: fmt.Sprintf("reader%d@example.social", i), Server: r.address, Mode: store.FilterOn,
				How: timeline.Warn, Budget: 0.001, Digest: "off"}); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.filter.Run(ctx) }()
		time.Sleep(10 * time.Minute)
		r.server.Reachable(false)
		time.Sleep(outage)
		r.server.Reachable(true)
		came.begin()
		time.Sleep(30 * time.Minute)
		for _, kind := range []string{"request", "stream"} {
			peak, all := came.most(kind)
			if all != accounts || peak > accounts*8/100 {
				t.Errorf("%s: %d of %d came back, %d of them in one second", kind, all, accounts, peak)
			}
			t.Logf("%s: %d came back, at most %d in one second", kind, all, peak)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
