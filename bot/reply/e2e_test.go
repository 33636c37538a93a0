package reply_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	gomastodon "github.com/mattn/go-mastodon"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/reply"
	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/store"
)

// visitor is a person on a server, with nothing but an access token.
type visitor struct {
	api *gomastodon.Client
	bot string // how the bot is mentioned
}

func (v visitor) ask(t *testing.T, words string, png []byte, replyTo string) string {
	t.Helper()
	toot := &gomastodon.Toot{Status: "@" + v.bot + " " + words, Visibility: "unlisted", InReplyToID: gomastodon.ID(replyTo)}
	if png != nil {
		m, err := v.api.UploadMediaFromMedia(t.Context(), &gomastodon.Media{File: bytes.NewReader(png), Description: "a painted hill"})
		if err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(time.Minute); v.api.GetMediaStatus(t.Context(), m) != nil && time.Now().Before(end); {
			time.Sleep(50 * time.Millisecond)
		}
		toot.MediaIDs = []gomastodon.ID{m.ID}
	}
	s, err := v.api.PostStatus(t.Context(), toot)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.api.DeleteStatus(context.WithoutCancel(t.Context()), s.ID) })
	return string(s.ID)
}

// embedded is the network of all stages: it takes a while to unpack.
var embedded = sync.OnceValues(classifier.Default)

// stage is a bot with the real network and its visitor, on any server.
type stage struct {
	platform network.Bot
	ask      func(t *testing.T, words string, png []byte, replyTo string) string
	patience time.Duration
	public   bool // the network has nothing but public posts
	noAlt    bool // the network does not show alt texts to apps
}

// play runs the bot for the length of a test.
func (s stage) play(t *testing.T) {
	net, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(filepath.Join(t.TempDir(), "e2e.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	maker := dream.New(net, dream.Options{ClipSide: 96})
	o := options(s.platform, &cheap{})
	o.Store, o.Dreamer, o.See, o.Poll = st, maker, maker.See, 500*time.Millisecond
	o.Vocabulary = dream.NewVocabulary(net.Labels())
	d, err := reply.New(o)
	if err != nil {
		t.Fatal(err)
	}
	self, err := s.platform.Self(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		st.Close()
	})
	for known := false; !known; time.Sleep(10 * time.Millisecond) {
		if _, known, err = st.For(identity.Identity{Server: s.platform.Host(), ID: self.ID}).Jobs().Cursor(); err != nil {
			t.Fatal(err)
		}
	}
}

// answer waits for the one reply to a post.
func (s stage) answer(t *testing.T, id string) network.Post {
	t.Helper()
	for end := time.Now().Add(s.patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		replies, err := s.platform.Replies(t.Context(), id, time.Now().Add(-time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if len(replies) > 1 {
			t.Fatalf("%d replies", len(replies))
		}
		if len(replies) == 1 {
			t.Cleanup(func() { _ = s.platform.Delete(context.WithoutCancel(t.Context()), replies[0].ID) })
			return replies[0]
		}
	}
	t.Fatalf("no reply to %s", id)
	return network.Post{}
}

// wholeWay is what a person can see of the bot, on whatever server.
func wholeWay(t *testing.T, s stage) {
	s.play(t)
	const quick = " octaves=1 steps=2 size=96"
	dreamed := s.ask(t, "swirl"+quick, photo(1), "")
	first := s.answer(t, dreamed)
	if len(first.Media) != 1 || !s.noAlt && !strings.Contains(first.Media[0].Alt, "DeepDream by slugpuppy") || !strings.Contains(first.Text, "dd3-") ||
		!strings.Contains(first.Text, "I saw") || first.Visibility == network.Public != s.public {
		t.Errorf("a dream: %+v", first)
	}
	deeper := s.answer(t, s.ask(t, "deeper", nil, first.ID))
	if len(deeper.Media) != 1 || !strings.Contains(deeper.Text, "gen 2") {
		t.Errorf("deeper: %+v", deeper)
	}
	for words, want := range map[string]string{ // one mistake only: people are told of those every ten minutes
		"see": "I see", "help": "Send me a picture", "into helicopters": `I do not know "helicopters"`,
	} {
		var png []byte
		if words != "help" {
			png = photo(2)
		}
		if got := s.answer(t, s.ask(t, words, png, "")); !strings.Contains(got.Text, want) || len(got.Media) != 0 {
			t.Errorf("%s: %q", words, got.Text)
		}
	}
	imagined := s.answer(t, s.ask(t, "imagine banana steps=2 size=96", nil, ""))
	if len(imagined.Media) != 1 || !strings.Contains(imagined.Text, "I dreamed:") {
		t.Errorf("imagine: %+v", imagined)
	}
}

func TestWholeWayOnTheFakeServer(t *testing.T) {
	t.Parallel()
	onNetworks(t, func(t *testing.T, n kind) {
		w := newTown(t, n, conditions{})
		p, err := platform(w.Credentials())
		if err != nil {
			t.Fatal(err)
		}
		ask := func(t *testing.T, words string, png []byte, replyTo string) string {
			id, err := w.Ask("visitor", words, png, "a painted hill", replyTo)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		wholeWay(t, stage{p, ask, time.Minute, p.Name() == "x", n.noAlt})
	})
}

// The same on a server of your own: see CONTRIBUTING.md for the variables.
func TestWholeWayOnARealServer(t *testing.T) {
	server, token, user := os.Getenv("SLUGPUPPY_E2E_URL"), os.Getenv("SLUGPUPPY_E2E_BOT_TOKEN"), os.Getenv("SLUGPUPPY_E2E_USER_TOKEN")
	if server == "" || token == "" || user == "" {
		t.Skip("SLUGPUPPY_E2E_URL, SLUGPUPPY_E2E_BOT_TOKEN and SLUGPUPPY_E2E_USER_TOKEN are not set")
	}
	p, err := mastodon.New(mastodon.Options{Server: server, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	self, err := p.Self(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	api := gomastodon.NewClient(&gomastodon.Config{Server: server, AccessToken: user})
	api.UserAgent = "slugpuppy test"
	wholeWay(t, stage{p, visitor{api, self.Handle}.ask, 5 * time.Minute, false, false})
}
