// Package conformance is what every network must do for the bot, as tests. Adapters run it
// against a fake server, and against a real one for whoever has two accounts there: Mastodon's
// is taken from SLUGPUPPY_E2E_URL, with access tokens in SLUGPUPPY_E2E_BOT_TOKEN (scopes as
// `slugpuppy login` asks for them) and SLUGPUPPY_E2E_USER_TOKEN (read write). Without these that
// run is skipped.
package conformance

import (
	"context"
	"fmt"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/picture"
)

// Person is somebody on the network who is not the bot.
type Person interface {
	// Post publishes text with at most one PNG and its alt text, as an answer if replyTo is set.
	Post(ctx context.Context, text string, png []byte, alt, replyTo string) (id string, err error)
	// Whisper publishes text that only those who are mentioned may read.
	Whisper(ctx context.Context, text string) (id string, err error)
	// Delete removes one of the person's posts.
	Delete(ctx context.Context, id string) error
}

// World is a bot and a person on one server.
type World struct {
	Bot    network.Bot
	Person Person
	Handle string        // how the person mentions the bot, without @
	Wait   time.Duration // how long an event may take to arrive
	NoAlt  bool          // alt texts can be written, but the bot is not shown them
}

// shows is how a network shows a reply that is meant for few, with a content warning.
func (w World) shows(v network.Visibility, warning string) (network.Visibility, string) {
	if w.Bot.Facts().Private {
		return v, warning
	}
	return network.Public, ""
}

// alt is the alt text the bot is shown.
func (w World) alt(text string) string {
	if w.NoAlt {
		return ""
	}
	return text
}

// Run checks a platform. Every check makes its own posts and deletes what it can.
func Run(t *testing.T, world func(t *testing.T) World) {
	checks := map[string]func(*testing.T, World){
		"the bot knows who it is":                      knowsItself,
		"the server tells its limits":                  tellsLimits,
		"mentions arrive in order and once":            mentionsArrive,
		"a picture can be fetched, and not too large":  fetches,
		"a reply carries picture, alt text and thread": replies,
		"a thread is read upwards":                     ancestors,
		"a post that is gone is not found":             gone,
		"deleting twice is no error":                   deletesTwice,
		"a private mention stays private":              staysPrivate,
		"what is no picture is rejected":               rejectsGarbage,
		"nothing can be answered that is gone":         answersNothingGone,
		"a mention wakes the bot":                      wakes,
	}
	for name, check := range checks {
		t.Run(name, func(t *testing.T) { check(t, world(t)) })
	}
}

// drawing is a small PNG.
func drawing(t *testing.T) []byte {
	t.Helper()
	data, err := picture.EncodePNG(picture.Landscape(64, 48, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// mention posts a mention and waits until the bot can see it.
func mention(t *testing.T, w World, words string, png []byte) network.Mention {
	t.Helper()
	cursor := newest(t, w)
	text := fmt.Sprintf("@%s %s %d", w.Handle, words, time.Now().UnixNano())
	id, err := w.Person.Post(t.Context(), text, png, "a painted hill", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Person.Delete(context.WithoutCancel(t.Context()), id) })
	return await(t, w, cursor, id)
}

func newest(t *testing.T, w World) string {
	t.Helper()
	cursor, err := w.Bot.Newest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return cursor
}

func await(t *testing.T, w World, cursor, id string) network.Mention {
	t.Helper()
	for deadline := time.Now().Add(w.Wait); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		ms, err := w.Bot.Mentions(t.Context(), cursor, 40)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ms {
			if m.Post.ID == id {
				return m
			}
		}
	}
	t.Fatal("the mention did not arrive")
	return network.Mention{}
}

func knowsItself(t *testing.T, w World) {
	self, err := w.Bot.Self(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.Bot.Account(t.Context(), self.ID)
	if err != nil {
		t.Fatal(err)
	}
	if self.ID == "" || self.Handle == "" || again.Handle != self.Handle {
		t.Errorf("%+v, looked up %+v", self, again)
	}
}

func tellsLimits(t *testing.T, w World) {
	l, err := w.Bot.Limits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if l.TextRunes < 100 || l.AltRunes < 100 || l.ImageBytes < 1<<20 || l.ImagePixels < 1<<20 || l.Attachments < 1 || l.ServerName == "" {
		t.Errorf("%+v", l)
	}
}

func mentionsArrive(t *testing.T, w World) {
	cursor := newest(t, w)
	var ids []string
	for i := range 3 {
		id, err := w.Person.Post(t.Context(), fmt.Sprintf("@%s number %d of %d", w.Handle, i, time.Now().UnixNano()), nil, "", "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.Person.Delete(context.WithoutCancel(t.Context()), id) })
		ids = append(ids, id)
	}
	await(t, w, cursor, ids[2])
	var got []string
	for len(got) < 4 {
		page, err := w.Bot.Mentions(t.Context(), cursor, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		if len(page) > 2 {
			t.Fatalf("%d mentions for a limit of 2", len(page))
		}
		for _, m := range page {
			got = append(got, m.Post.ID)
			cursor = m.Cursor
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(ids) {
		t.Errorf("posted %v, read %v", ids, got)
	}
}

func fetches(t *testing.T, w World) {
	png := drawing(t)
	m := mention(t, w, "with a picture", png)
	if len(m.Post.Media) != 1 || m.Post.Media[0].Kind != network.Still || m.Post.Media[0].Alt != w.alt("a painted hill") {
		t.Fatalf("media %+v", m.Post.Media)
	}
	data, err := w.Bot.Fetch(t.Context(), m.Post.Media[0], 1<<20)
	if err != nil || len(data) == 0 {
		t.Fatalf("%d bytes, %v", len(data), err)
	}
	if _, err := w.Bot.Fetch(t.Context(), m.Post.Media[0], 10); !network.Is(err, network.TooLarge) {
		t.Errorf("over the limit: %v", err)
	}
}

func replies(t *testing.T, w World) {
	m := mention(t, w, "please", nil)
	start := time.Now().Add(-time.Minute)
	media, err := w.Bot.Upload(t.Context(), network.Upload{Data: drawing(t), Type: "image/png", Name: "dream.png", Alt: "a dreamed hill"})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := w.Bot.Reply(t.Context(), network.Outgoing{
		Text: "@" + m.Post.Author.Handle + " I dreamed: hills", To: m.Post, MediaIDs: []string{media}, Visibility: network.Unlisted,
		Warning: "hills", Sensitive: true, Language: "en", Key: fmt.Sprint("key-", m.Post.ID)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Bot.Delete(context.WithoutCancel(t.Context()), sent.ID) })
	read, err := w.Bot.Post(t.Context(), sent.ID)
	if err != nil {
		t.Fatal(err)
	}
	visibility, warning := w.shows(network.Unlisted, "hills")
	if read.ReplyTo != m.Post.ID || read.Warning != warning || read.Visibility != visibility || len(read.Media) != 1 || read.Media[0].Alt != w.alt("a dreamed hill") {
		t.Errorf("%+v", read)
	}
	mine, err := w.Bot.Replies(t.Context(), m.Post.ID, start)
	if err != nil || len(mine) != 1 || mine[0].ID != sent.ID {
		t.Errorf("our replies: %+v, %v", mine, err)
	}
	if liker, ok := w.Bot.(network.Liker); ok {
		if err := liker.Favourite(t.Context(), m.Post.ID); err != nil {
			t.Error(err)
		}
	}
}

func ancestors(t *testing.T, w World) {
	top, err := w.Person.Post(t.Context(), "the top", nil, "", "")
	if err != nil {
		t.Fatal(err)
	}
	middle, err := w.Person.Post(t.Context(), "the middle", nil, "", top)
	if err != nil {
		t.Fatal(err)
	}
	bottom, err := w.Person.Post(t.Context(), "the bottom", nil, "", middle)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{bottom, middle, top} {
		t.Cleanup(func() { _ = w.Person.Delete(context.WithoutCancel(t.Context()), id) })
	}
	posts, err := w.Bot.Ancestors(t.Context(), bottom)
	if err != nil || len(posts) != 2 || posts[0].ID != middle || posts[1].ID != top {
		t.Errorf("%+v, %v", posts, err)
	}
}

func gone(t *testing.T, w World) {
	m := mention(t, w, "and away", nil)
	if err := w.Person.Delete(t.Context(), m.Post.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Bot.Post(t.Context(), m.Post.ID); !network.Is(err, network.NotFound) {
		t.Errorf("%v", err)
	}
}

func deletesTwice(t *testing.T, w World) {
	m := mention(t, w, "hello", nil)
	sent, err := w.Bot.Reply(t.Context(), network.Outgoing{Text: "hello", To: m.Post, Visibility: network.Unlisted, Key: "twice-" + m.Post.ID})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Bot.Delete(t.Context(), sent.ID); err != nil {
			t.Fatal(err)
		}
	}
}

func staysPrivate(t *testing.T, w World) {
	if !w.Bot.Facts().Private {
		refusesPrivacy(t, w)
		return
	}
	cursor := newest(t, w)
	id, err := w.Person.Whisper(t.Context(), fmt.Sprintf("@%s in private %d", w.Handle, time.Now().UnixNano()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Person.Delete(context.WithoutCancel(t.Context()), id) })
	m := await(t, w, cursor, id)
	if m.Post.Visibility != network.Direct {
		t.Errorf("it reads as %s", m.Post.Visibility)
	}
	start := time.Now().Add(-time.Minute)
	sent, err := w.Bot.Reply(t.Context(), network.Outgoing{
		Text: "@" + m.Post.Author.Handle + " hello", To: m.Post, Visibility: network.Direct, Key: "private-" + m.Post.ID})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Bot.Delete(context.WithoutCancel(t.Context()), sent.ID) })
	mine, err := w.Bot.Replies(t.Context(), m.Post.ID, start)
	if err != nil || len(mine) != 1 || mine[0].ID != sent.ID || mine[0].Visibility != network.Direct {
		t.Errorf("our replies: %+v, %v", mine, err)
	}
}

// refusesPrivacy checks that what only some may read is not posted where everybody can.
func refusesPrivacy(t *testing.T, w World) {
	m := mention(t, w, "not for everybody", nil)
	start := time.Now().Add(-time.Minute)
	for _, v := range []network.Visibility{network.Direct, network.Followers} {
		_, err := w.Bot.Reply(t.Context(), network.Outgoing{Text: "@" + m.Post.Author.Handle + " hello", To: m.Post, Visibility: v, Key: "private-" + m.Post.ID})
		if !network.Is(err, network.Forbidden) {
			t.Errorf("%s: got %v", v, err)
		}
	}
	if mine, err := w.Bot.Replies(t.Context(), m.Post.ID, start); err != nil || len(mine) != 0 {
		t.Errorf("our replies: %+v, %v", mine, err)
	}
}

func rejectsGarbage(t *testing.T, w World) {
	if _, err := w.Bot.Upload(t.Context(), network.Upload{Data: []byte("no picture"), Type: "image/png", Name: "x.png"}); !network.Is(err, network.Rejected) {
		t.Errorf("got %v", err)
	}
}

func answersNothingGone(t *testing.T, w World) {
	m := mention(t, w, "and away before the answer", nil)
	if err := w.Person.Delete(t.Context(), m.Post.ID); err != nil {
		t.Fatal(err)
	}
	_, err := w.Bot.Reply(t.Context(), network.Outgoing{Text: "hello", To: m.Post, Visibility: network.Unlisted, Key: "gone-" + m.Post.ID})
	if !network.Is(err, network.NotFound, network.Rejected) {
		t.Errorf("got %v", err)
	}
}

func wakes(t *testing.T, w World) {
	ctx, cancel := context.WithCancel(t.Context())
	hints := w.Bot.Wake(ctx)
	select { // the connection itself is a hint
	case <-hints:
	case <-time.After(w.Wait):
		t.Fatal("no connection")
	}
	mention(t, w, "wake up", nil)
	select {
	case <-hints:
	case <-time.After(w.Wait):
		t.Error("no hint")
	}
	cancel()
	for range hints { // must be closed
	}
}
