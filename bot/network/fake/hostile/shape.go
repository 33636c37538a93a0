package hostile

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// ofTrees changes what an answer says, where it is JSON.
func ofTrees(change func(r *http.Request, tree any) any) Lie {
	return Changed(func(r *http.Request, a *Answer) {
		if tree := Tree(a.Body); tree != nil {
			a.Body = text(change(r, tree))
		}
	})
}

// Commands are characters that terminals, browsers and readers of logs obey: escapes, line ends, and those that
// turn text around.
const Commands = "\x1b[2J\x1b]0;owned\a\r\nlevel=ERROR msg=owned\u202e\u2066\u009b31m\x00"

// isText says whether a field holds words for people, and not something that names or counts.
func isText(name string) bool {
	return slices.Contains([]string{"content", "text", "note", "display_name", "spoiler_text", "description", "title", "name", "value",
		"error", "error_description", "version", "acct", "username", "full_text", "screen_name", "detail", "message"}, name)
}

// commandsIn puts Commands into strings.
func commandsIn(which func(name string) bool) Lie {
	return ofTrees(func(_ *http.Request, tree any) any {
		return strs(tree, func(name, s string) string {
			if which(name) {
				return Commands + s
			}
			return s
		})
	})
}

// isID says whether a field names something.
func isID(name string) bool {
	return name == "id" || strings.HasSuffix(name, "_id") || name == "id_str"
}

// idsOf makes all ids longer.
func idsOf(length int) Lie {
	return ofTrees(func(_ *http.Request, tree any) any {
		return strs(tree, func(name, s string) string {
			if isID(name) && len(s) > 0 && len(s) < length {
				return s + strings.Repeat("9", length-len(s))
			}
			return s
		})
	})
}

// oneID gives everything the same id.
func oneID() Lie {
	return ofTrees(func(_ *http.Request, tree any) any {
		return strs(tree, func(name, s string) string {
			if isID(name) {
				return "1"
			}
			return s
		})
	})
}

// called calls every account by a name.
func called(acct string) Lie {
	return ofTrees(func(_ *http.Request, tree any) any {
		return strs(tree, func(name, s string) string {
			if name == "acct" {
				return acct
			}
			return s
		})
	})
}

// selfCalled calls only the account of the token by a name.
func selfCalled(acct string) Lie { return Only(In("/verify_credentials"), called(acct)) }

// domained says that it is another domain.
func domained(domain string) Lie {
	return Only(In("/instance"), ofTrees(func(_ *http.Request, tree any) any {
		return strs(tree, func(name, s string) string {
			if slices.Contains([]string{"domain", "account_domain", "uri"}, name) {
				return domain
			}
			return s
		})
	}))
}

// limitsOf says one number for all limits.
func limitsOf(n string) Lie {
	return Only(In("/instance"), ofTrees(func(_ *http.Request, tree any) any {
		return each("", tree, func(_ string, v any) any {
			if _, ok := v.(json.Number); ok {
				return json.Number(n)
			}
			return v
		})
	}))
}

// streamsAt names another place for streams.
func streamsAt(address string) Lie {
	return Only(In("/instance"), ofTrees(func(_ *http.Request, tree any) any {
		return strs(tree, func(name, s string) string {
			if strings.HasPrefix(name, "streaming") {
				return address
			}
			return s
		})
	}))
}

// crowded gives the first of every list of an answer's objects an endless number of fields, emojis, pictures
// and mentions.
func crowded(each int) Lie {
	return ofTrees(func(_ *http.Request, tree any) any {
		crowd(first(tree), each, map[string]bool{})
		return tree
	})
}

func first(tree any) any {
	if list, ok := tree.([]any); ok && len(list) > 0 {
		return list[0]
	}
	return tree
}

var crowds = map[string]map[string]any{
	"fields": {"name": "n", "value": strings.Repeat("v", 100)}, "emojis": {"shortcode": strings.Repeat("e", 60), "url": "https://e.example/e.png"},
	"media_attachments": {"id": "1", "type": "image", "url": "https://e.example/e.png"}, "mentions": {"id": "1", "acct": "a"},
	"tags": {"name": "t"}, "statuses": {"id": "1", "status_id": "2"}, "keywords": {"keyword": "k"}, "links": {"rel": "self", "href": "https://e.example/"},
	"ancestors": {"id": "1", "content": "c"},
}

func crowd(v any, n int, done map[string]bool) {
	object, ok := v.(map[string]any)
	if !ok {
		return
	}
	for _, k := range slices.Sorted(maps.Keys(object)) {
		if one, ok := crowds[k]; ok && !done[k] {
			done[k] = true
			object[k] = slices.Repeat([]any{one}, n)
			continue
		}
		crowd(object[k], n, done)
	}
}

// wrongTypes spoils one place of each answer, another one each time, until all places of all answers have had
// everything that is wrong in them.
func wrongTypes(of ...string) Lie {
	if len(of) == 0 {
		of = Wrong()
	}
	var mu sync.Mutex
	turn := map[string]int{}
	return Changed(func(r *http.Request, a *Answer) {
		tree := Tree(a.Body)
		if tree == nil {
			return
		}
		mu.Lock()
		n := turn[route(r)]
		turn[route(r)]++
		mu.Unlock()
		places := Places(tree)
		a.Body = Spoil(tree, n%places, of[(n+n/places)%len(of)])
	})
}

var named = regexp.MustCompile(`/[0-9A-Z]*[0-9][0-9A-Z]*(/|$)`)

// route is what a request is for, whatever it names.
func route(r *http.Request) string {
	return r.Method + " " + named.ReplaceAllString(r.URL.Path, "/{id}$1")
}

// cursors are the parameters by which lists are paged.
var cursors = []string{"min_id", "max_id", "since_id", "pagination_token", "cursor", "until_id"}

// paged answers a page of a list in the server's own way; page is the honest one without any cursor. It takes a
// moment: whoever goes on from page to page shall not do so thousands of times in a test.
func paged(answer func(r *http.Request, page []any, a *Answer)) Lie {
	return Only(Reads, func(honest http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			pause(r, 300*time.Millisecond)
			plain := r.Clone(r.Context())
			q := plain.URL.Query()
			for _, c := range cursors {
				q.Del(c)
			}
			plain.URL.RawQuery = q.Encode()
			a := Ask(honest, plain)
			if page, ok := Tree(a.Body).([]any); ok && a.Code == http.StatusOK && len(page) > 0 {
				a.Header.Del("Content-Length")
				answer(r, page, a)
			}
			a.send(w)
		})
	})
}

// again has the same page wherever a client goes on.
func again() Lie { return paged(func(*http.Request, []any, *Answer) {}) }

// pageOf is a page of so many copies of posts with ids from here, newest first.
func pageOf(page []any, newest *big.Int, n int) []any {
	var out []any
	for i := range n {
		copied := Tree(text(page[i%len(page)]))
		out = append(out, strs(copied, func(name, s string) string {
			if name == "id" && strings.Trim(s, "0123456789") == "" {
				return new(big.Int).Sub(newest, big.NewInt(int64(i))).String()
			}
			return s
		}))
	}
	return out
}

// number is what a cursor counts from.
func number(q url.Values, names ...string) *big.Int {
	for _, name := range names {
		if n, ok := new(big.Int).SetString(q.Get(name), 10); ok {
			return n
		}
	}
	return nil
}

const pageLength = 8

// endless has another page behind every page, in both directions.
func endless() Lie {
	var more atomic.Int64
	return paged(func(r *http.Request, page []any, a *Answer) {
		q, newest := r.URL.Query(), big.NewInt(9e17+more.Add(1))
		if n := number(q, "min_id", "since_id"); n != nil {
			newest.Add(n, big.NewInt(pageLength))
		} else if n := number(q, "max_id"); n != nil {
			newest.Sub(n, big.NewInt(1))
		}
		a.Body = text(pageOf(page, newest, pageLength))
		a.Header.Set("Link", fmt.Sprintf(`<https://%s%s?max_id=%d>; rel="next", <https://%s%s?min_id=%d>; rel="prev"`,
			r.Host, r.URL.Path, more.Add(-1), r.Host, r.URL.Path, more.Add(1)))
	})
}

// back leads whoever goes forward to where it was before.
func back() Lie {
	return paged(func(r *http.Request, page []any, a *Answer) {
		from := number(r.URL.Query(), "min_id", "since_id", "max_id")
		if from == nil {
			return
		}
		a.Body = text(pageOf(page, from.Sub(from, big.NewInt(1)), 3))
	})
}

// swapping has two pages that follow each other.
func swapping() Lie {
	var asked atomic.Int64
	return paged(func(_ *http.Request, page []any, a *Answer) {
		a.Body = text(pageOf(page, big.NewInt(100+asked.Add(1)%2), 1))
	})
}

// packed says that every filter holds so many posts that nobody knows, other ones each time.
func packed(n int) Lie {
	var asked atomic.Int64
	return Only(In("/filters"), ofTrees(func(_ *http.Request, tree any) any {
		turn := asked.Add(1)
		return each("", tree, func(name string, v any) any {
			if name != "statuses" {
				return v
			}
			if _, ok := v.([]any); !ok {
				return v
			}
			var all []any
			for i := range n {
				id := fmt.Sprint(turn*1_000_000 + int64(i))
				all = append(all, map[string]any{"id": id, "status_id": id})
			}
			return all
		})
	}))
}

// kept answers a request and forgets what it asked for.
func forgotten() Lie {
	return Only(func(r *http.Request) bool { return Calls(r) && r.Method != http.MethodGet }, Said(http.StatusOK, `{"id":"1","status_id":"1","url":"https://e.example/1"}`))
}
