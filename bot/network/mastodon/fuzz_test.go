package mastodon_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"slugpuppy/bot/network/answer"
	"slugpuppy/bot/network/mastodon"
)

func FuzzReset(f *testing.F) {
	f.Add("", "2026-11-23T14:00:00.000000Z", "Mon, 23 Nov 2026 13:55:00 GMT")
	f.Add("30", "", "")
	f.Add("-1", "1795442400", "nonsense")
	f.Add("99999999999999999999", "9223372036854775807", "Thu, 01 Jan 1970 00:00:00 GMT")
	f.Fuzz(func(t *testing.T, after, reset, date string) {
		h := http.Header{"Retry-After": {after}, "X-Ratelimit-Reset": {reset}, "Date": {date}}
		until, known := mastodon.ResetOf(h)
		if known && time.Until(until) > 3*time.Hour || !known && !until.IsZero() {
			t.Errorf("%v: %v, %v", h, until, known)
		}
	})
}

func FuzzTranslate(f *testing.F) {
	f.Add([]byte(`{"id":"1","content":"<p>hi</p>","in_reply_to_id":"2","account":{"id":"3","acct":"ALICE","fields":[{"name":"a","value":"#nobot"}]},"media_attachments":[{"type":"image","url":null,"remote_url":"https://a.example/x","meta":{}}]}`))
	f.Add([]byte(`{"reblog":{"id":"1","reblog":{"id":"2"}},"quote":{"state":"accepted","quoted_status":{"id":"4"}},"mentions":[{"acct":"a@b"}]}`))
	f.Add([]byte(`{"in_reply_to_id":{"a":[1]},"quote":[1,2],"account":null,"media_attachments":null}`))
	f.Add([]byte(`{"quote":{"state":"deleted","quoted_status":null}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, _ := mastodon.Translate(raw)
		if h := p.Author.Handle; h != "" && !strings.Contains(h, "@") || h != strings.ToLower(h) {
			t.Errorf("handle %q", h)
		}
		for _, id := range []string{p.ID, p.Author.ID, p.ReplyTo, p.Quote} {
			if len(id) > answer.LongestID || strings.ContainsFunc(id, unicode.IsControl) {
				t.Errorf("id %q", id)
			}
		}
	})
}
