package mastodon_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gomastodon "github.com/mattn/go-mastodon"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/conformance"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/mastodon"
)

// used are the fields that an adapter cannot do without.
var used = strings.Fields(`id type status account acct username content created_at visibility in_reply_to_id spoiler_text sensitive language
	media_attachments mentions url preview_url remote_url description meta original width height reblog quote quoted_status bot note fields name value
	ancestors title filter_action context keywords statuses status_id phrase mute_expires_at domain account_domain version api_versions mastodon
	configuration max_characters max_media_attachments characters_reserved_per_url description_limit supported_mime_types
	image_size_limit image_matrix_limit video_size_limit video_matrix_limit urls streaming streaming_api uri api_versions client_id client_secret access_token error source_url`)

// strange changes every answer on its way: fields that nobody uses are of shapes that nobody expects, and
// elements that nobody can use stand in every list that has elements, but for filters: of one that is not
// known in whole nothing is concluded.
type strange struct {
	next http.RoundTripper
	n    atomic.Int64
}

func (s *strange) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(r)
	if err != nil || !strings.Contains(resp.Header.Get("Content-Type"), "json") {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&v) == nil {
		body, err = json.Marshal(s.twist(v, !strings.Contains(r.URL.Path, "/filters")))
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	return resp, err
}

// twist changes a value.
func (s *strange) twist(v any, lists bool) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if slices.Contains(used, name) {
				v[name] = s.twist(value, lists)
			} else {
				v[name] = s.odd()
			}
		}
		v["nobody knows this"] = s.odd()
	case []any:
		if len(v) == 0 {
			break
		}
		for i := range v {
			v[i] = s.twist(v[i], lists)
		}
		if _, objects := v[0].(map[string]any); objects && lists {
			return slices.Insert(v, len(v)/2, s.odd())
		}
	}
	return v
}

// odd is another oddity each time.
func (s *strange) odd() any {
	return json.RawMessage(oddities[int(s.n.Add(1))%len(oddities)])
}

func TestTheBotConformsWhateverStandsBesideWhatItUses(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.World {
		s := newTown(t, mastodontest.Options{})
		c, err := mastodon.New(mastodon.Options{Server: s.URL, Token: s.robot.Token(strings.Fields(mastodon.Scopes)...),
			MediaPoll: 20 * time.Millisecond, Transport: &strange{next: http.DefaultTransport}})
		if err != nil {
			t.Fatal(err)
		}
		api := gomastodon.NewClient(&gomastodon.Config{Server: s.URL, AccessToken: s.alice.Token()})
		api.UserAgent = "test"
		return conformance.World{Bot: c, Person: person{api}, Handle: "dreambot", Wait: 10 * time.Second}
	})
}

func TestAReaderSeesItsTimelineWhateverStandsBesideWhatItUses(t *testing.T) {
	conformance.RunReader(t, func(t *testing.T) conformance.Stage {
		stage := filterStage(t, mastodontest.Mastodon)
		open := stage.Open
		stage.Open = func() network.Reader {
			r := open().(mastodon.Reader)
			mastodon.Through(r.Client, func(next http.RoundTripper) http.RoundTripper { return &strange{next: next} })
			return r
		}
		return stage
	})
}
