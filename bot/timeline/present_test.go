package timeline_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/store"
)

// rewriting changes answers on their way. It is the transport of the reader's account alone.
type rewriting struct {
	next   http.RoundTripper
	change func(req *http.Request, body []byte) []byte
}

func (w *rewriting) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(req)
	if err != nil || w.change == nil || resp.StatusCode == http.StatusSwitchingProtocols {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	body = w.change(req, body)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// listed changes the answers that list filters.
func (r *rig) listed(change func(list []map[string]any) any) {
	r.rewrite.change = func(req *http.Request, body []byte) []byte {
		if req.Method != http.MethodGet || req.URL.Path != "/api/v2/filters" {
			return body
		}
		var list []map[string]any
		if err := json.Unmarshal(body, &list); err != nil {
			r.t.Error(err)
		}
		out, err := json.Marshal(change(list))
		if err != nil {
			r.t.Error(err)
		}
		return out
	}
}

// client is a call as the reader's own client makes it.
func (r *rig) ownClient(method, path string, form url.Values) []byte {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.reader.Token("read", "write"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", "a client")
	resp, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		r.t.Fatalf("%s %s: %s %s, %v", method, path, resp.Status, body, err)
	}
	return body
}

// covered says whether the reader's client shows a post behind a filter, or not at all.
func (r *rig) covered(id string) bool {
	r.t.Helper()
	var page []struct {
		ID       string
		Filtered []struct{ Filter struct{ Context []string } }
	}
	if err := json.Unmarshal(r.ownClient("GET", "/api/v1/timelines/home?limit=40", nil), &page); err != nil {
		r.t.Fatal(err)
	}
	for _, p := range page {
		if p.ID != id {
			continue
		}
		for _, f := range p.Filtered { // Mastodon leaves it to the client where a filter counts
			if slices.Contains(f.Filter.Context, "home") {
				return true
			}
		}
		return false
	}
	return true
}

func TestAListThatLacksSomethingIsNobodysWord(t *testing.T) {
	for name, change := range map[string]func(list []map[string]any) any{
		"statuses are left out": func(list []map[string]any) any {
			for _, f := range list {
				delete(f, "statuses")
			}
			return list
		},
		"statuses are null": func(list []map[string]any) any {
			for _, f := range list {
				f["statuses"] = nil
			}
			return list
		},
		"the list is null": func([]map[string]any) any { return nil },
		"context and expiry, too": func(list []map[string]any) any {
			for _, f := range list {
				delete(f, "context")
				delete(f, "expires_at")
				delete(f, "filter_action")
				delete(f, "keywords")
			}
			return list
		},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig) {
				r.join()
				a := r.post(r.artist, 0.95, "a")
				r.pass()
				r.listed(change)
				b := r.post(r.artist, 0.95, "b")
				for range 5 {
					r.sleep(10 * time.Minute)
					_, _ = r.filter.Pass(t.Context(), r.scope)
				}
				r.rewrite.change = nil
				r.sleep(time.Hour)
				r.pass()
				r.later()
				if r.fate(a) != store.Filed || r.fate(b) != store.Filed || len(r.lessons()) != 0 || r.sub().Mode != store.FilterOn || len(r.told) != 0 {
					t.Errorf("they are %s and %s, %d lessons, the filter is %s, told %q", r.fate(a), r.fate(b), len(r.lessons()), r.sub().Mode, r.told)
				}
				r.want("DeepDream: certain", a, b)
				r.agrees()
			})
		})
	}
}

func TestOnceIsNotEnough(t *testing.T) {
	for name, change := range map[string]func(list []map[string]any) any{
		"no filters at all": func([]map[string]any) any { return []int{} },
		"empty filters": func(list []map[string]any) any {
			for _, f := range list {
				f["statuses"] = []int{}
			}
			return list
		},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig) {
				r.join()
				a := r.post(r.artist, 0.95, "a")
				r.pass()
				r.listed(change)
				r.pass()
				r.rewrite.change = nil
				r.later()
				r.later()
				if r.fate(a) != store.Filed || len(r.lessons()) != 0 || r.sub().Mode != store.FilterOn {
					t.Errorf("it is %s, %d lessons, the filter is %s", r.fate(a), len(r.lessons()), r.sub().Mode)
				}
				r.agrees()
			})
		})
	}
}

// many has so many dreams hidden.
func (r *rig) many(n int) (ids []string) {
	r.t.Helper()
	r.join()
	for range n {
		ids = append(ids, r.post(r.artist, 0.95, "a dream"))
	}
	r.pass()
	r.want("DeepDream: certain", ids...)
	return ids
}

func TestManyChangesAtOnceAreAskedAbout(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		ids := r.many(30)
		filter := r.filter1("DeepDream: certain")
		for _, id := range ids[:25] {
			r.reader.Unfile(filter, id)
		}
		for range 4 {
			r.later()
		}
		if len(r.lessons()) != 0 || r.sub().Mode != store.FilterOn || len(r.told) != 1 || !strings.Contains(r.told[0], "25 posts") ||
			!strings.Contains(r.sub().Trouble, "filter restore") {
			t.Errorf("%d lessons, the filter is %s, told %q, trouble %q", len(r.lessons()), r.sub().Mode, r.told, r.sub().Trouble)
		}
		if why := r.say("why " + ids[0]); strings.Contains(why, "Hidden") {
			t.Error(why)
		}
		if got := r.say("filter restore"); !strings.Contains(got, "25 posts") {
			t.Error(got)
		}
		r.later()
		r.later()
		r.want("DeepDream: certain", ids...)
		if len(r.lessons()) != 0 || r.sub().Trouble != "" {
			t.Errorf("%d lessons, trouble %q", len(r.lessons()), r.sub().Trouble)
		}
		for _, id := range ids[:25] {
			r.reader.Unfile(filter, id)
		}
		for range 4 {
			r.later()
		}
		if len(r.told) != 2 {
			t.Errorf("told %q", r.told)
		}
		r.say("filter learn")
		r.later()
		if len(r.lessons()) != 25 || r.fate(ids[0]) != store.TakenOut {
			t.Errorf("%d lessons, the first is %s", len(r.lessons()), r.fate(ids[0]))
		}
		if got := r.say("filter learn"); !strings.Contains(got, "nothing") {
			t.Error(got)
		}
	})
}

func TestManyPostsThatAreGoneAreNoMatter(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		ids := r.many(30)
		filter := r.filter1("DeepDream: certain")
		for _, id := range ids[:25] {
			if err := r.artist.Delete(id); err != nil {
				t.Fatal(err)
			}
			r.reader.Unfile(filter, id)
		}
		for range 5 {
			r.later()
		}
		if len(r.lessons()) != 0 || len(r.told) != 0 || r.fate(ids[24]) != store.Gone {
			t.Errorf("%d lessons, told %q, the last is %s", len(r.lessons()), r.told, r.fate(ids[24]))
		}
	})
}

func TestManyPostsPutInAtOnceAreAskedAbout(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		ids := r.many(1)
		filter := r.filter1("DeepDream: certain")
		var more []string
		for range 12 {
			id := r.post(r.artist, 0.2, "a photograph")
			r.reader.File(filter, id)
			more = append(more, id)
		}
		for range 4 {
			r.later()
		}
		if len(r.lessons()) != 0 || len(r.told) != 1 || !strings.Contains(r.told[0], "12 posts") {
			t.Errorf("%d lessons, told %q", len(r.lessons()), r.told)
		}
		r.want("DeepDream: certain", slices.Concat(ids, more)...)
		r.say("filter restore")
		r.later()
		r.want("DeepDream: certain", ids...)
	})
}

func TestWhatAnInstallationBeforeUsHidIsAdopted(t *testing.T) {
	on(t, mastodontest.GoToSocial, func(t *testing.T, r *rig) {
		old := r.many(3)
		path := r.path
		r.path += ".new" // the database is lost
		r.restart()
		defer func() { r.path = path }()
		if len(r.reader.Filters()) != 1 {
			t.Fatalf("%+v", r.reader.Filters())
		}
		r.join()
		fresh := r.post(r.artist, 0.95, "fresh")
		for range 4 {
			r.later()
		}
		r.want("DeepDream: certain", append(old, fresh)...)
		if len(r.lessons()) != 0 || r.sub().Mode != store.FilterOn || len(r.told) != 0 {
			t.Errorf("%d lessons, the filter is %s, told %q", len(r.lessons()), r.sub().Mode, r.told)
		}
		r.agrees()
		r.say("undo all")
		r.calm()
		if len(r.reader.Filters()) != 0 {
			t.Errorf("%+v", r.reader.Filters())
		}
	})
}

func TestATitleOfSomebodyElsesIsLeftToThem(t *testing.T) {
	on(t, mastodontest.GoToSocial, func(t *testing.T, r *rig) {
		r.reader.AddFilter("DeepDream: certain", "hide", "home")
		before := r.reader.Filters()
		r.join()
		dream := r.post(r.artist, 0.95, "a dream")
		r.pass()
		r.want("DeepDream: certain (2)", dream)
		if r.fate(dream) != store.Filed {
			t.Errorf("it is %s", r.fate(dream))
		}
		r.say("undo all")
		r.calm()
		if after := r.reader.Filters(); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("before %+v\nafter  %+v", before, after)
		}
	})
}

func TestAFilterThatWasChangedInAClientIsPutRight(t *testing.T) {
	for name, c := range map[string]struct {
		form url.Values
		told int
	}{
		"it ends at once":        {url.Values{"expires_in": {"1"}}, 1},
		"it will end in an hour": {url.Values{"expires_in": {"3600"}}, 0},
		"it is for public":       {url.Values{"context[]": {"public"}}, 1},
		"it hides":               {url.Values{"filter_action": {"hide"}}, 0},
		"it has another title":   {url.Values{"title": {"no slugs please"}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig) {
				a := r.many(1)[0]
				form := url.Values{"title": {"DeepDream: certain"}, "context[]": {"home"}, "filter_action": {"warn"}}
				for k, v := range c.form {
					form[k] = v
				}
				r.ownClient("PUT", "/api/v2/filters/"+r.filter1("DeepDream: certain"), form)
				r.sleep(2 * time.Second)
				shown := !r.covered(a)
				if shown != (c.told > 0) {
					t.Errorf("the post is shown: %v", shown)
				}
				b := r.post(r.artist, 0.95, "b")
				r.pass()
				for _, id := range []string{a, b} {
					if !r.covered(id) || r.fate(id) != store.Filed {
						t.Errorf("covered: %v, and it is %s", r.covered(id), r.fate(id))
					}
				}
				r.later()
				if f := r.reader.Filters(); len(f) != 1 || f[0].Action != "warn" || !slices.Contains(f[0].Context, "home") || f[0].Expires.Before(time.Now().AddDate(0, 1, 0)) {
					t.Errorf("%+v", f)
				}
				if len(r.told) != c.told || len(r.lessons()) != 0 {
					t.Errorf("told %q, %d lessons", r.told, len(r.lessons()))
				}
			})
		})
	}
}

func TestWhyNeverSaysHiddenWhenNothingIs(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		a := r.many(1)[0]
		r.ownClient("PUT", "/api/v2/filters/"+r.filter1("DeepDream: certain"),
			url.Values{"title": {"DeepDream: certain"}, "context[]": {"public"}, "filter_action": {"warn"}})
		r.server.Inject(mastodontest.Fault{Match: "PUT /api/v2/filters/*", Kind: mastodontest.Answer, Code: http.StatusForbidden})
		r.pass()
		if why := r.say("why " + a); strings.Contains(why, "Hidden:") || r.covered(a) {
			t.Error(why)
		}
		r.later()
		r.later()
		if why := r.say("why " + a); strings.Contains(why, "Hidden:") || r.sub().Mode != store.FilterShadow || len(r.lessons()) != 0 {
			t.Errorf("%s; the filter is %s, %d lessons", why, r.sub().Mode, len(r.lessons()))
		}
		r.server.ClearFaults()
		r.say("filter on")
		for range 3 {
			r.later()
		}
		if !r.covered(r.post(r.artist, 0.95, "b")) {
			r.pass()
		}
		if !r.covered(a) || r.sub().Trouble != "" {
			t.Errorf("put right at last: %v, trouble %q", r.covered(a), r.sub().Trouble)
		}
	})
}

func TestARefusedWriteEndsInShadowAndIsToldOnce(t *testing.T) {
	for _, match := range []string{"POST /api/v2/filters*", "POST /api/v2/filters", "POST /api/v2/filters/*", "* /api/v2/filters*"} {
		for _, code := range []int{401, 403, 404, 405, 422} {
			t.Run(fmt.Sprint(match, " ", code), func(t *testing.T) {
				both(t, func(t *testing.T, r *rig) {
					r.join()
					first := r.post(r.artist, 0.95, "a")
					if match == "POST /api/v2/filters/*" {
						r.pass()
					}
					r.server.Inject(mastodontest.Fault{Match: match, Kind: mastodontest.Answer, Code: code})
					dream := r.post(r.artist, 0.95, "b")
					for range 6 {
						r.later()
					}
					if r.sub().Mode != store.FilterShadow || len(r.told) != 1 || !strings.Contains(r.told[0], "filter on") || r.fate(dream) != store.Noted {
						t.Errorf("the filter is %s, told %q, the posts are %s and %s", r.sub().Mode, r.told, r.fate(first), r.fate(dream))
					}
					if r.sub().Trouble == "" {
						t.Error("no trouble is shown")
					}
					n := len(r.server.Requests())
					r.sleep(10 * time.Second)
					r.server.ClearFaults()
					r.say("filter on")
					later := r.post(r.artist, 0.95, "c")
					r.later()
					if r.fate(later) != store.Filed || r.sub().Trouble != "" {
						t.Errorf("it is %s; trouble %q; %d requests before", r.fate(later), r.sub().Trouble, n)
					}
				})
			})
		}
	}
}

func TestWhoLeavesAServerThatRefusesEverythingIsForgotten(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.many(1)
		r.server.Inject(mastodontest.Fault{Match: "* /api/v2/filters*", Kind: mastodontest.Answer, Code: http.StatusUnauthorized})
		r.say("forget me")
		for range 4 {
			r.sleep(time.Hour)
			_, _ = r.filter.Pass(t.Context(), r.scope)
		}
		if subs, err := r.store.Operator().Subscribers(); err != nil || len(subs) != 0 {
			t.Errorf("%v %v", subs, err)
		}
	})
}
