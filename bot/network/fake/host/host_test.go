package host_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/bot/network/fake/faulty"
	"slugpuppy/bot/network/fake/host"
	"slugpuppy/bot/network/fake/schema"
)

// greeter is a host whose every page says hello to the owner of a token.
func greeter() *host.Host {
	var h *host.Host
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host.Owner(r, "ada")
		_, _ = io.WriteString(w, "hello")
	})
	h = host.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.Serve(w, r, page, "GET /{page}", false) }), time.Now, 1)
	h.Answer = func(w http.ResponseWriter, f *faulty.Fault) { w.WriteHeader(f.Status()) }
	return h
}

func TestEveryRequestIsWrittenDownWithWhatBecameOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := greeter()
		h.StartInMemory("greeter.test")
		defer h.Close()
		client := h.Client()
		defer client.CloseIdleConnections()
		get := func() string {
			res, err := client.Get(h.URL + "/x?y=z")
			if err != nil {
				return "lost"
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				return "cut"
			}
			return res.Status + " " + string(body)
		}
		start := time.Now()
		h.Inject(faulty.Fault{Kind: faulty.Answer, Code: 503, Skip: 1, Times: 1})
		h.Inject(faulty.Fault{Kind: faulty.Slow, Delay: time.Hour, Skip: 1, Times: 1})
		for i, want := range []string{"200 OK hello", "503 Service Unavailable ", "200 OK hello"} {
			if got := get(); got != want {
				t.Errorf("answer %d is %q, want %q", i, got, want)
			}
		}
		if time.Since(start) != time.Hour {
			t.Errorf("it took %v", time.Since(start))
		}
		h.Reachable(false)
		if got := get(); got != "lost" {
			t.Errorf("during an outage: %q", got)
		}
		h.Reachable(true)
		if got := get(); got != "200 OK hello" {
			t.Errorf("after it: %q", got)
		}
		want := []host.Request{{Code: 200, User: "ada"}, {Code: 503, Fault: "answer"}, {Code: 200, User: "ada", Fault: "slow"}, {Fault: "unreachable"}}
		got := h.Requests()
		for i, w := range want {
			if g := got[i]; g.Code != w.Code || g.User != w.User || g.Fault != w.Fault || g.Route != "GET /{page}" || g.Query.Get("y") != "z" {
				t.Errorf("line %d is %+v, want %+v", i, g, w)
			}
		}
		if h.Count("GET /{page}") != len(got) || h.Count("GET /") != 0 {
			t.Errorf("%d requests of %d", h.Count("GET /{page}"), len(got))
		}
	})
}

func TestWhatIsNotAsDocumentedIsHeardOfAtTheEnd(t *testing.T) {
	for _, tolerant := range []bool{false, true} {
		var h *host.Host
		page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusAccepted)
			_, _ = w.Write(append(body, "!"...))
		})
		h = host.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.Serve(w, r, page, "POST /x", false) }), time.Now, 1)
		h.Tolerant = tolerant
		h.Check = func(e schema.Exchange) []string {
			return []string{e.Route, e.Query, e.Type, string(e.Body), string(e.Answer), http.StatusText(e.Code)}
		}
		h.StartInMemory("checked.test")
		for range 2 {
			res, err := h.Client().Post(h.URL+"/x?y=z", "text/plain", strings.NewReader("hi"))
			if err != nil {
				t.Fatal(err)
			}
			if body, _ := io.ReadAll(res.Body); string(body) != "hi!" || res.StatusCode != http.StatusAccepted {
				t.Errorf("%d %q", res.StatusCode, body)
			}
			res.Body.Close()
		}
		if got := h.Wrong(); !slices.Equal(got, []string{"POST /x", "y=z", "text/plain", "hi", "hi!", "Accepted"}) {
			t.Errorf("%q", got)
		}
		func() {
			defer func() {
				if loud := recover() != nil; loud == tolerant {
					t.Errorf("tolerant %v: a scene is made: %v", tolerant, loud)
				}
			}()
			h.Close()
		}()
	}
}

func TestWhoAnsweredTwiceIsFound(t *testing.T) {
	var a host.Answers
	for _, p := range [][3]string{{"", "bot", "1"}, {"1", "bot", "2"}, {"1", "ada", "3"}, {"9", "ada", "4"}, {"1", "bot", "10"}, {"9", "ada", "11"}} {
		a.Add(p[0], p[1], p[2])
	}
	if got := a.Duplicates(); len(got) != 2 || got[0].Parent != "1" || got[0].Author != "bot" || len(got[0].Replies) != 2 || got[1].Parent != "9" {
		t.Errorf("%+v", got)
	}
	if got := a.Duplicates("ada"); len(got) != 1 || got[0].Author != "ada" {
		t.Errorf("%+v", got)
	}
}
