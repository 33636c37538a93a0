// Package feed is what the daemon publishes of the dreams it made: the antidote list, signed, by which others keep
// them out of their timelines, and a gallery of those whose people said yes. Everybody may read it; it knows nothing
// of who does.
package feed

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"slugpuppy/antidote"
	"slugpuppy/store"
)

// Album is what may be published; store.Album is one.
type Album interface {
	Open() ([]store.Dream, error)
	Shown(limit int) ([]store.Dream, error)
	Thumb(n uint64) (data []byte, ok bool, err error)
	State() (posted, withdrawn uint64, err error)
}

// Keys signs the list.
type Keys interface {
	// Signer is the key that signs now, with those before it vouching for the next each.
	Signer() (antidote.Key, []antidote.Succession, error)
}

// Options of a Feed. All but Log are needed.
type Options struct {
	Album  Album
	Keys   Keys
	Origin string // the address that the list has, such as https://dreams.example/antidote.json
	Now    func() time.Time
	Log    *slog.Logger // nil: nothing is logged
}

// Feed publishes. It is safe for concurrent use.
type Feed struct {
	Options
	mu    sync.Mutex
	issue *Issue
	of    [2]uint64 // the album's state that was issued
}

// New returns a feed.
func New(o Options) (*Feed, error) {
	if o.Album == nil || o.Keys == nil || o.Origin == "" || o.Now == nil {
		return nil, errors.New("feed: no album, no key, no address or no clock")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Feed{Options: o}, nil
}

// Issue is a list as it is published at one time.
type Issue struct {
	List      []byte
	Signature []byte
	Public    string
	Pages     map[string][]byte // by name
	Records   []antidote.Record
	At        time.Time
}

// oftenest is how often the list is made anew at most, however fast dreams are posted.
const oftenest = time.Minute

// Latest is the list as it is now, give or take a minute.
func (f *Feed) Latest() (*Issue, error) {
	posted, withdrawn, err := f.Album.State()
	if err != nil {
		return nil, fmt.Errorf("look for new dreams: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := [2]uint64{posted, withdrawn}
	fresh := f.issue != nil && f.of == now
	soon := f.issue != nil && f.of[1] == withdrawn && f.Now().Sub(f.issue.At) < oftenest // what is withdrawn goes at once
	if fresh || soon {
		return f.issue, nil
	}
	dreams, err := f.Album.Open()
	if err != nil {
		return nil, fmt.Errorf("read the dreams to publish: %w", err)
	}
	issue, err := Make(Records(dreams), f.Keys, f.Origin, f.Now())
	if err != nil {
		return nil, err
	}
	f.issue, f.of = issue, now
	return issue, nil
}

// Forget has the list made anew, with the keys as they are now.
func (f *Feed) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.issue = nil
}

// Records are those of dreams; what cannot be read is left out. The address of a post is named only where it is
// shown.
func Records(dreams []store.Dream) (records []antidote.Record) {
	for _, d := range dreams {
		var r antidote.Record
		if json.Unmarshal(d.Record, &r) != nil {
			continue
		}
		r.Post = d.URL
		records = append(records, r)
	}
	return records
}

// Make signs a list: its latest records are in itself, all before in pages.
func Make(records []antidote.Record, keys Keys, origin string, now time.Time) (*Issue, error) {
	key, before, err := keys.Signer()
	if err != nil {
		return nil, fmt.Errorf("sign the antidote list: %w", err)
	}
	issue := &Issue{Public: key.Public(), Pages: map[string][]byte{}, Records: records, At: now}
	l := antidote.List{Maker: "slugpuppy", Origin: origin, Serial: uint64(max(now.Unix(), 1)),
		Issued: now.UTC().Truncate(time.Second), Keys: before}
	for len(records) > antidote.PerPage {
		page := antidote.List{Maker: l.Maker, Issued: records[antidote.PerPage-1].Made, Records: records[:antidote.PerPage]}
		data, err := page.Encode()
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(data)
		name := fmt.Sprintf("antidote-%x.json", sum[:8]) // by what is in it: a page that changed is another
		l.Pages = append(l.Pages, antidote.Page{Name: name, SHA256: hex.EncodeToString(sum[:]), Records: antidote.PerPage})
		issue.Pages[name] = data
		records = records[antidote.PerPage:]
	}
	l.Records = records
	if issue.List, err = l.Encode(); err != nil {
		return nil, err
	}
	issue.Signature = key.Sign(issue.List, fmt.Sprintf("antidote list %d, %s", l.Serial, l.Issued.Format(time.RFC3339)))
	return issue, nil
}

// Handler serves the list at /antidote.json with its signature, pages and key beside it, and the gallery.
func (f *Feed) Handler() http.Handler {
	mux := http.NewServeMux()
	serve := func(pattern, kind string, of func(*Issue) []byte) {
		mux.HandleFunc("GET "+pattern, func(w http.ResponseWriter, r *http.Request) {
			issue, err := f.Latest()
			if err != nil {
				f.unable(w, err)
				return
			}
			f.send(w, r, kind, of(issue))
		})
	}
	serve("/antidote.json", jsonType, func(i *Issue) []byte { return i.List })
	serve("/antidote.json.minisig", textType, func(i *Issue) []byte { return i.Signature })
	serve("/antidote.pub", textType, func(i *Issue) []byte { return []byte(antidote.PublicFile(i.Public)) })
	serve("/antidote.csv", "text/csv; charset=utf-8", func(i *Issue) []byte {
		var out bytes.Buffer
		_ = antidote.WriteCSV(&out, i.Records) // into memory: it cannot fail
		return out.Bytes()
	})
	mux.HandleFunc("GET /antidote/{page}", func(w http.ResponseWriter, r *http.Request) {
		issue, err := f.Latest()
		if err != nil {
			f.unable(w, err)
			return
		}
		data, ok := issue.Pages[r.PathValue("page")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		f.send(w, r, jsonType, data)
	})
	f.gallery(mux)
	return mux
}

const (
	jsonType = "application/json"
	textType = "text/plain; charset=utf-8"
)

// send answers with something that may be asked for again: who has it is told so, and nothing else.
func (f *Feed) send(w http.ResponseWriter, r *http.Request, kind string, data []byte) {
	sum := sha256.Sum256(data)
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	h.Set("Cache-Control", "public, max-age=60")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*") // it is for everybody
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

func (f *Feed) unable(w http.ResponseWriter, err error) {
	f.Log.Error("the antidote list cannot be published now", "error", err)
	http.Error(w, "not now", http.StatusServiceUnavailable)
}
