package x_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"slugpuppy/bot/network/x"
)

func FuzzWording(f *testing.F) {
	for _, text := range []string{"@alice hi", "see https://a.example/b?c=d.e.f", "HTTP://X.COM www.a.b.c @bob @@bob", "犬犬 … 👩‍👩‍👧", "a.b", "mailto:a@b.example", "..", "x://y", "@a://bob"} {
		f.Add(text, "cats")
	}
	link := regexp.MustCompile(`(?i)://|[\pL\pN]\.\pL\pL|(^|\W)@(\w)`)
	f.Fuzz(func(t *testing.T, text, warning string) {
		if !utf8.ValidString(text) || !utf8.ValidString(warning) {
			return
		}
		got := x.Wording("@alice "+text, warning, "alice", "")
		rest, ok := strings.CutPrefix(got, "@alice ")
		if !ok || x.Weight(got) > 280 || !utf8.ValidString(got) {
			t.Fatalf("%q", got)
		}
		if link.MatchString(rest) {
			t.Errorf("a link or a name in %q", got)
		}
	})
}

func FuzzRefusal(f *testing.F) {
	f.Add(403, []byte(`{"errors":[{"code":187,"message":"x"}]}`))
	f.Add(400, []byte(`{"errors":[{"parameters":{"tweet.fields":["x"]},"message":"x"}],"type":"a/b"}`))
	f.Add(503, []byte("<html>"))
	f.Fuzz(func(t *testing.T, status int, raw []byte) {
		if err := x.ParseRefusal(status, raw); err == nil {
			t.Error("no error")
		}
	})
}

func FuzzReset(f *testing.F) {
	f.Add("1700000000", "Mon, 02 Jan 2006 15:04:05 GMT")
	f.Add("99999999999999999", "")
	f.Fuzz(func(t *testing.T, reset, date string) {
		at, ok := x.ResetOf(http.Header{"X-Rate-Limit-Reset": {reset}, "Date": {date}})
		if ok && time.Until(at) > 26*time.Hour {
			t.Errorf("%s: wait until %s", reset, at)
		}
	})
}

func FuzzPosts(f *testing.F) {
	f.Add([]byte(`{"data":[{"id":"1","text":"a &amp; b","author_id":"2","created_at":"2026-01-01T00:00:00.000Z","referenced_tweets":[{"type":"retweeted","id":"1"}]}],"includes":{"tweets":[{"id":"1","referenced_tweets":[{"type":"retweeted","id":"1"}]}]}}`))
	f.Add([]byte(`{"data":[{"id":"1","entities":{"urls":[{"url":"","expanded_url":"x"}]}},7,null]}`))
	c, err := x.New(x.Options{Keys: x.Keys{Consumer: "a", ConsumerSecret: "b", Token: "c", TokenSecret: "d"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(_ *testing.T, raw []byte) { x.Translate(c, raw) })
}

func FuzzLegacyPosts(f *testing.F) {
	f.Add([]byte(`[{"id_str":"1","full_text":"a &amp; b https://t.co/x","user":{"id_str":"2","screen_name":"ada"},"retweeted_status":{"id_str":"1","extended_entities":{"media":[{"id_str":"3","url":"","video_info":{"variants":[{}]}}]}}}]`))
	f.Add([]byte(`[{"user":null,"entities":{"user_mentions":[{}],"urls":[{"url":"","expanded_url":"x"}]},"quoted_status":{"id_str":"9"}},null]`))
	c, err := x.NewLegacy(x.Options{Keys: x.Keys{Consumer: "a", ConsumerSecret: "b", Token: "c", TokenSecret: "d"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(_ *testing.T, raw []byte) { x.TranslateLegacy(c, raw) })
}
