// Package demo runs the whole product on one machine: a fake server of a network, the real bot
// talking to it over HTTP, artists who fill a timeline, and a page where a person posts a picture,
// watches the reply, and sees their timeline as a client shows it while the filter is at work.
package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// landscapeW and landscapeH are the size of the picture the demo paints for itself.
const landscapeW, landscapeH = 384, 288

// Watcher tells how far the bot is with the request in a post.
type Watcher interface {
	Progress(source string) (dream.Progress, bool)
}

// Demo is a running demo.
type Demo struct {
	visitor Visitor
	botName string
	watch   Watcher
	program Program
	seed    uint64
	first   chan string // the first mention's id
	begin   sync.Once
}

// Program is the rest of the program, whose pages stand beside the demo's.
type Program struct {
	// Pages serves every address that is none of the demo's, the style of all pages among them.
	Pages http.Handler
	// Links lead to those pages; the demo's own is not one of them.
	Links []Link
	// Enter lets the visitor into them; nil where nobody has to be let in.
	Enter func(w http.ResponseWriter, r *http.Request) error
	// Filter is the visitor's, nil for none; Home is the timeline that it looks after.
	Filter Filter
	Home   Home
}

// Link leads to another page.
type Link struct{ To, Title string }

// Filter is what keeps dreams out of the visitor's timeline.
type Filter interface {
	// State is the mode it is in (on, shadow or off), and the same in words.
	State(ctx context.Context) (mode, about string, err error)
	// Switch changes the mode, of what was seen before, too.
	Switch(ctx context.Context, mode string) error
}

// Visitor is somebody on a network who talks to the bot there.
type Visitor interface {
	// Post posts words, and a picture unless data is nil, and returns the post's id.
	Post(ctx context.Context, words string, data []byte, alt string) (id string, err error)
	// Look reads a post back: its text, picture, and whether the bot marked it.
	Look(ctx context.Context, id string) (Round, error)
	// Reply is the bot's answer to a post, nil as long as there is none.
	Reply(ctx context.Context, id string) (*Reply, error)
	// Network is its name and the address of its server, from which pictures come.
	Network() (name, address string)
}

// New returns a demo in which a visitor talks to the bot called botName.
func New(v Visitor, botName string, watch Watcher, rest Program) *Demo {
	return &Demo{visitor: v, botName: botName, watch: watch, program: rest, first: make(chan string, 1)}
}

// Begun waits until the first mention was answered, which is the first dream that somebody waits for, or
// for so long, or until ctx ends.
func (d *Demo) Begun(ctx context.Context, most time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	select {
	case <-ctx.Done():
	case id := <-d.first:
		_, _ = d.Await(ctx, id) // whoever asked is told what went wrong
	}
}

// BotName is the bot's user name.
func (d *Demo) BotName() string { return d.botName }

// Picture is a picture on the page, or a short film.
type Picture struct {
	Src, Alt string
	Film     bool
}

// Reply is what the bot answered.
type Reply struct {
	Text     string
	Warning  string
	Pictures []Picture
}

// Round is one mention and what became of it.
type Round struct {
	ID      string // of the mention
	Text    string
	Picture *Picture
	Seen    bool // the bot marked the post
	Reply   *Reply
	Stage   string
	Percent int
}

// Mention posts words and a picture at the bot and returns the post's id. Without a picture,
// the demo paints a landscape, unless the words need none.
func (d *Demo) Mention(ctx context.Context, data []byte, alt, words string) (string, error) {
	if data == nil && needsPicture(words) {
		var err error
		if data, err = picture.EncodePNG(picture.Landscape(landscapeW, landscapeH, d.seed), ""); err != nil {
			return "", fmt.Errorf("paint a landscape: %w", err)
		}
		if alt == "" {
			alt = "A painted landscape with clouds over hills."
		}
	}
	id, err := d.visitor.Post(ctx, strings.TrimSpace("@"+d.botName+" "+words), data, alt)
	if err != nil {
		return "", err
	}
	d.begin.Do(func() { d.first <- id })
	return id, nil
}

// needsPicture tells whether a request is about a picture that must come with it.
func needsPicture(words string) bool {
	req, err := mention.Parse(words, "")
	if err != nil {
		return true
	}
	switch req.Verb {
	case mention.Bare, mention.Dream, mention.Surprise, mention.Dive, mention.Wander, mention.See:
		return true
	}
	return false
}

// Round reads one mention and its reply back from the server.
func (d *Demo) Round(ctx context.Context, id string) (Round, error) {
	r, err := d.visitor.Look(ctx, id)
	if err != nil {
		return Round{}, fmt.Errorf("read the mention: %w", err)
	}
	r.ID, r.Stage = id, "waiting for the bot"
	if r.Reply, err = d.visitor.Reply(ctx, id); err != nil {
		return Round{}, err
	}
	if r.Reply == nil {
		d.describe(&r, id)
	}
	return r, nil
}

func (d *Demo) describe(r *Round, id string) {
	if r.Seen {
		r.Stage = "the bot is at work"
	}
	p, ok := d.watch.Progress(id)
	if !ok || p.Octaves == 0 { // nothing has been planned yet
		return
	}
	r.Percent = int(100 * p.Fraction)
	r.Stage = fmt.Sprintf("octave %d of %d, step %d of %d", p.Octave, p.Octaves, p.Step, p.Steps)
	if p.Frames > 1 {
		r.Stage = fmt.Sprintf("frame %d of %d, %s", p.Frame, p.Frames, r.Stage)
	}
}

// Await waits for the reply to a mention.
func (d *Demo) Await(ctx context.Context, id string) (*Reply, error) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		reply, err := d.visitor.Reply(ctx, id)
		if err != nil || reply != nil {
			return reply, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the reply: %w", context.Cause(ctx))
		case <-tick.C:
		}
	}
}

// Serve shows the page until ctx ends; ids are rounds it starts with.
func (d *Demo) Serve(ctx context.Context, l net.Listener, ids ...string) error {
	srv := &http.Server{Handler: (&pages{demo: d, ids: ids}).handler(), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the demo page: %w", err)
	}
	return nil
}
