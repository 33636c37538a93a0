package timeline_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/mastodon/serverfilter"
	"slugpuppy/store"
)

// leaving is a server that leaves out what is in filters while it is told to: in the list of them, and
// also in a filter by itself.
type leaving struct {
	next       http.RoundTripper
	list, each bool
}

func (l *leaving) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err != nil || r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/api/v2/filters") {
		return resp, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case l.list && r.URL.Path == "/api/v2/filters":
		var list []map[string]any
		if err := json.Unmarshal(body, &list); err != nil {
			return nil, err
		}
		for _, f := range list {
			delete(f, "statuses")
		}
		body, err = json.Marshal(list)
	case l.each && strings.HasSuffix(r.URL.Path, "/statuses"):
		body = []byte("null")
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	return resp, err
}

// through lets the keeper read over a transport.
func through(l *leaving) func(*rig) {
	return func(r *rig) {
		l.next = r.client.Transport
		r.connect = func(st *store.Store, sub store.Subscriber) (network.Reader, error) {
			token := r.reader.Token(strings.Fields(mastodon.FilterScopes + mastodon.MuteScopes)...)
			c, err := mastodon.New(mastodon.Options{Server: r.server.URL, Token: token, Transport: l})
			if err != nil {
				return nil, err
			}
			return c.Reader(st.For(sub.Identity).Notes("filters"), serverfilter.Options{Late: r.late}), nil
		}
	}
}

func TestNothingIsLearnedFromWhatAServerLeavesOut(t *testing.T) {
	for name, each := range map[string]bool{"of the list": false, "everywhere": true} {
		t.Run(name, func(t *testing.T) {
			var server leaving
			both(t, func(t *testing.T, r *rig) {
				r.join()
				a := r.post(r.artist, 0.95, "a")
				r.pass()
				server.list, server.each = true, each
				b := r.post(r.artist, 0.95, "b")
				for range 4 {
					r.pass()
				}
				server.list, server.each = false, false
				for _, id := range []string{a, b} {
					if got := r.fate(id); got != store.Filed {
						t.Errorf("%s is %s", id, got)
					}
				}
				if l := r.lessons(); len(l) > 0 || r.sub().Mode != store.FilterOn {
					t.Errorf("%s learned %+v", r.sub().Mode, l)
				}
				r.pass()
				r.want("DeepDream: certain", a, b)
				r.reader.Unfile(r.filter1("DeepDream: certain"), a)
				for range 3 { // now it says so
					r.pass()
				}
				if l := r.lessons(); len(l) != 1 {
					t.Errorf("what the reader took out: %+v", l)
				}
			}, through(&server))
		})
	}
}
