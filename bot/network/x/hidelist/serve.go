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
	"strings"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/store"
)

// Press makes the lists of all subscribers on one network: files in a folder, and pages.
type Press struct {
	Store   *store.Store
	Network string // what the adapter is called
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
func (p *Press) key(who identity.Identity) string {
	mac := hmac.New(sha256.New, p.Secret)
	fmt.Fprintf(mac, "list of posts|%s|%s", p.Network, who.ID)
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// URLs are where a subscriber's browser finds the list and the script; empty without an address.
func (p *Press) URLs(who identity.Identity) (ublock, script string) {
	if p.Address == "" {
		return "", ""
	}
	base := strings.TrimSuffix(p.Address, "/") + "/lists/" + p.key(who) + "/"
	return base + ublockName, base + scriptName
}

// Files are where a subscriber's files are; empty without a folder.
func (p *Press) Files(who identity.Identity) (ublock, script string) {
	if p.Dir == "" {
		return "", ""
	}
	base := filepath.Join(p.Dir, hex.EncodeToString([]byte(who.ID))) // ids are the network's: hostile
	if digits.MatchString(who.ID) {
		base = filepath.Join(p.Dir, who.ID)
	}
	return base + ".txt", base + ".user.js"
}

// Keeper is the cabinet of a subscriber, whose files are rewritten at every change.
func (p *Press) Keeper(who identity.Identity) *Keeper {
	return &Keeper{Lists: p.Store.For(who).Lists(), Changed: func() error { return p.Write(who) }}
}

// render makes both lists of a subscriber.
func (p *Press) render(who identity.Identity) (ublock, script []byte, err error) {
	sub, err := p.Store.For(who).Subscription().Subscriber()
	if err != nil {
		return nil, nil, err
	}
	lists, err := p.Store.For(who).Lists().All()
	if err != nil {
		return nil, nil, err
	}
	_, where := p.URLs(who)
	now := time.Now()
	script, err = p.Site.Script(sub.Handle, where, lists, now)
	return p.Site.UBlock(sub.Handle, lists, now), script, err
}

// Write writes a subscriber's files, or removes them when the subscriber is gone.
func (p *Press) Write(who identity.Identity) error {
	ublockPath, scriptPath := p.Files(who)
	if ublockPath == "" {
		return nil
	}
	ublock, script, err := p.render(who)
	if errors.Is(err, store.ErrNoSubscriber) {
		return p.Remove(who)
	}
	if err != nil {
		return err
	}
	return errors.Join(replace(ublockPath, ublock), replace(scriptPath, script))
}

// Remove removes a subscriber's files.
func (p *Press) Remove(who identity.Identity) error {
	ublock, script := p.Files(who)
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
	who, ok := p.find(r.PathValue("key"))
	if !ok || file != ublockName && file != scriptName {
		http.NotFound(w, r)
		return
	}
	ublock, script, err := p.render(who)
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
func (p *Press) find(key string) (found identity.Identity, ok bool) {
	subs, err := p.Store.Operator().Subscribers()
	if err != nil {
		return found, false
	}
	for _, sub := range subs {
		if sub.Network == p.Network && hmac.Equal([]byte(p.key(sub.Identity)), []byte(key)) {
			found, ok = sub.Identity, true
		}
	}
	return found, ok
}
