package hidelist

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/network"
)

// Subscriber is somebody whose lists are kept.
type Subscriber struct{ ID, Handle string }

// Library has the lists of everybody on one network. Its errors are passed on as they are.
type Library interface {
	Subscribers() ([]Subscriber, error)
	Lists(id string) network.Notes
}

// Press makes the lists of all subscribers on one network: files in a folder, and pages.
type Press struct {
	Library Library
	Network string // what the adapter is called, as a part of addresses
	Site    Site
	Secret  []byte // makes addresses unguessable; the same for the life of the store
	Dir     string // of the files; none are written when empty
	Address string // how browsers reach the pages, such as https://lists.example.org; "" for not at all
}

// The names of the two kinds of lists.
const (
	ublockName = "dreams.txt"
	scriptName = "dreams.user.js"
)

// key is the part of an address that only the subscriber knows.
func (p *Press) key(id string) string {
	mac := hmac.New(sha256.New, p.Secret)
	fmt.Fprintf(mac, "list of posts|%s|%s", p.Network, id)
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// URLs are where a subscriber's browser finds the list and the script; empty without an address.
func (p *Press) URLs(id string) (ublock, script string) {
	if p.Address == "" {
		return "", ""
	}
	base := strings.TrimSuffix(p.Address, "/") + "/lists/" + p.key(id) + "/"
	return base + ublockName, base + scriptName
}

// Files are where a subscriber's files are; empty without a folder.
func (p *Press) Files(id string) (ublock, script string) {
	if p.Dir == "" {
		return "", ""
	}
	base := filepath.Join(p.Dir, hex.EncodeToString([]byte(id))) // ids are the network's: hostile
	if digits.MatchString(id) {
		base = filepath.Join(p.Dir, id)
	}
	return base + ".txt", base + ".user.js"
}

// Hider hides posts for a subscriber, whose files are rewritten at every change.
func (p *Press) Hider(id string) *Hider {
	return &Hider{Notes: p.Library.Lists(id), Changed: func() error { return p.Write(id) }}
}

// render makes both lists of a subscriber.
func (p *Press) render(sub Subscriber) (ublock, script []byte, err error) {
	lists, err := read(p.Library.Lists(sub.ID))
	if err != nil {
		return nil, nil, err
	}
	_, where := p.URLs(sub.ID)
	now := time.Now()
	script, err = p.Site.Script(sub.Handle, where, lists, now)
	return p.Site.UBlock(sub.Handle, lists, now), script, err
}

// Write writes a subscriber's files, or removes them when the subscriber is gone.
func (p *Press) Write(id string) error {
	ublockPath, scriptPath := p.Files(id)
	if ublockPath == "" {
		return nil
	}
	subs, err := p.Library.Subscribers()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(subs, func(s Subscriber) bool { return s.ID == id })
	if i < 0 {
		return p.Remove(id)
	}
	ublock, script, err := p.render(subs[i])
	if err != nil {
		return err
	}
	return errors.Join(replace(ublockPath, ublock), replace(scriptPath, script))
}

// Remove removes a subscriber's files.
func (p *Press) Remove(id string) error {
	ublock, script := p.Files(id)
	if ublock == "" {
		return nil
	}
	return errors.Join(ignoreMissing(os.Remove(ublock)), ignoreMissing(os.Remove(script)))
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// replace writes a file so that nobody ever sees half of it.
func replace(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the folder of lists: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".list-*")
	if err != nil {
		return fmt.Errorf("write a list of posts: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Close()); err != nil {
		return fmt.Errorf("write a list of posts: %w", err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("write a list of posts: %w", err)
	}
	return nil
}

// Handler serves the lists to browsers that know their address.
func (p *Press) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /lists/{key}/{file}", p.serve)
	return mux
}

func (p *Press) serve(w http.ResponseWriter, r *http.Request) {
	file := r.PathValue("file")
	sub, ok := p.find(r.PathValue("key"))
	if !ok || file != ublockName && file != scriptName {
		http.NotFound(w, r)
		return
	}
	ublock, script, err := p.render(sub)
	if err != nil {
		http.Error(w, "the list cannot be made now", http.StatusServiceUnavailable)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "private, max-age=300")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex")
	if file == ublockName {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(ublock)
		return
	}
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = w.Write(script)
}

// find is the subscriber whose key it is. All are compared, each in constant time.
func (p *Press) find(key string) (found Subscriber, ok bool) {
	subs, err := p.Library.Subscribers()
	if err != nil {
		return found, false
	}
	for _, sub := range subs {
		if hmac.Equal([]byte(p.key(sub.ID)), []byte(key)) {
			found, ok = sub, true
		}
	}
	return found, ok
}
