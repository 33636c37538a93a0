// Package lists follows antidote lists of others: it fetches and verifies them, pins their keys, finds the pictures
// of timelines on them, and keeps count of how often they are right. It hides nothing: what a match means is decided
// by the timeline.
package lists

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"slugpuppy/antidote"
	"slugpuppy/antidote/pdq"
	"slugpuppy/bot/identity"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// How a list counts for a subscriber.
const (
	Warn   = "warn"        // a picture that it knows is hidden behind a warning
	Hide   = "hide"        // and altogether
	Report = "only-report" // it is only noted
)

// Hows are all of them.
func Hows() []string { return []string{Warn, Hide, Report} }

// Options of a Desk. Log may be nil.
type Options struct {
	Store *store.Store
	// Fetch downloads a file of at most so many bytes from a stranger's address.
	Fetch func(ctx context.Context, address string, most int64) ([]byte, error)
	Now   func() time.Time
	Log   *slog.Logger
}

// Desk is where lists are followed. It is safe for concurrent use.
type Desk struct {
	Options
	mu      sync.Mutex
	loaded  map[string]*loaded // by address
	follows []store.Following
	read    time.Time        // when follows were those of the store
	counts  map[string]count // what was seen since they were last written down
}

// loaded is a list in memory.
type loaded struct {
	info  store.List
	index *antidote.Index
	known map[string]bool // what it said of pictures, by their hash
}

// count is what came of pictures.
type count struct{ pictures, hits, against int }

// New returns a desk.
func New(o Options) (*Desk, error) {
	if o.Store == nil || o.Fetch == nil || o.Now == nil {
		return nil, errors.New("lists: no store, no way to fetch or no clock")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Desk{Options: o, loaded: map[string]*loaded{}, counts: map[string]count{}}, nil
}

// mostKnown bounds what is remembered of pictures for a list.
const mostKnown = 20_000

// Match says which lists know a picture, of those that count for a subscriber. It implements timeline.Lists.
func (d *Desk) Match(who identity.Identity, s store.Sight) (found []timeline.Listed, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	follows, err := d.following()
	if err != nil {
		return nil, err
	}
	for _, f := range follows {
		if !f.Owner.IsZero() && f.Owner != who {
			continue
		}
		l, err := d.load(f.URL)
		if err != nil {
			return nil, err
		}
		if l.knows(s) {
			found = append(found, timeline.Listed{URL: f.URL, Style: f.How, Alone: f.Alone,
				Noted: f.How == Report || l.info.Quarantine != ""})
		}
	}
	return found, nil
}

// knows looks a picture up, once.
func (l *loaded) knows(s store.Sight) bool {
	known, asked := l.known[s.Picture]
	if !asked {
		if len(l.known) >= mostKnown {
			clear(l.known)
		}
		_, known = l.index.Find(lookOf(s))
		l.known[s.Picture] = known
	}
	return known
}

func lookOf(s store.Sight) antidote.Look {
	l := antidote.Look{Sketch: s.Sketch, Quality: s.Quality}
	if h, err := pdq.Parse(s.PDQ); err == nil {
		l.PDQ = h
	}
	return l
}

// remembered is how long what people follow is not read again: readers come and go with their lists.
const remembered = time.Minute

func (d *Desk) following() ([]store.Following, error) {
	if d.Now().Sub(d.read) < remembered {
		return d.follows, nil
	}
	follows, err := d.Store.Lists().Followings()
	if err != nil {
		return nil, fmt.Errorf("read which lists are followed: %w", err)
	}
	d.follows, d.read = follows, d.Now()
	return follows, nil
}

// load reads a list from the store when it is first asked for. One that cannot be read knows nothing.
func (d *Desk) load(url string) (*loaded, error) {
	if l := d.loaded[url]; l != nil {
		return l, nil
	}
	info, err := d.Store.Lists().Find(url)
	if err != nil {
		return nil, fmt.Errorf("read what is known of a list: %w", err)
	}
	pages, err := d.Store.Lists().Pages(url)
	if err != nil {
		return nil, fmt.Errorf("read a list: %w", err)
	}
	records, err := recordsOf(pages)
	if err != nil {
		d.Log.Error("a list that is followed cannot be read any more, and knows nothing", "list", url, "error", err)
	}
	l := &loaded{info: info, index: antidote.NewIndex(records), known: map[string]bool{}}
	d.loaded[url] = l
	return l, nil
}

// changed forgets what is in memory of a list.
func (d *Desk) changed(url string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.loaded, url)
	d.read = time.Time{}
}

// Saw is told what became of the pictures of a post that was looked at for the first time: the lists that knew one of
// them, and whether it is no dream as far as the eye and people can tell. It implements timeline.Lists.
func (d *Desk) Saw(who identity.Identity, known []timeline.Listed, against bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.follows {
		if !f.Owner.IsZero() && f.Owner != who {
			continue
		}
		c := d.counts[f.URL]
		c.pictures++
		for _, k := range known {
			if k.URL != f.URL {
				continue
			}
			c.hits++
			if against {
				c.against++
			}
		}
		d.counts[f.URL] = c
		if l := d.loaded[f.URL]; l != nil && l.info.Quarantine == "" { // at once: a flood lasts minutes
			l.info.Quarantine = suspicion(l.info, c)
		}
	}
}

// When a list is put into quarantine: it knows too much of what comes by, or what it knows is no dream.
const (
	fewPictures = 40
	fewHits     = 10
	fewAgainst  = 3
)

// suspicion is why a list is to hide nothing, "" where there is no reason.
func suspicion(l store.List, c count) string {
	pictures, hits, against := l.Pictures+c.pictures, l.Hits+c.hits, l.Against+c.against
	switch {
	case against >= fewAgainst && 3*against > hits:
		return fmt.Sprintf("%d of the %d posts that it knows are no dreams", against, hits)
	case pictures >= fewPictures && hits >= fewHits && 4*hits > pictures:
		return fmt.Sprintf("it knows %d of the last %d posts, more than a quarter", hits, pictures)
	}
	return ""
}

// write writes down what was counted.
func (d *Desk) write() error {
	d.mu.Lock()
	counts := d.counts
	d.counts = map[string]count{}
	d.mu.Unlock()
	for url, c := range counts {
		info, err := d.Store.Lists().Change(url, func(l *store.List) {
			if l.Quarantine == "" {
				if l.Quarantine = suspicion(*l, c); l.Quarantine != "" {
					d.Log.Warn("a list is in quarantine: nothing is hidden because of it", "list", url, "reason", l.Quarantine,
						"remedy", "`slugpuppy lists show`, and `lists add` once more if you trust it")
				}
			}
			l.Pictures, l.Hits, l.Against = l.Pictures+c.pictures, l.Hits+c.hits, l.Against+c.against
			if l.Pictures > 10*mostKnown { // what was long ago counts less
				l.Pictures, l.Hits, l.Against = l.Pictures/2, l.Hits/2, l.Against/2
			}
		})
		if err != nil && !errors.Is(err, store.ErrNoList) {
			return fmt.Errorf("write down how a list does: %w", err)
		}
		d.mu.Lock()
		if l := d.loaded[url]; l != nil && err == nil {
			l.info = info
		}
		d.mu.Unlock()
	}
	return nil
}
