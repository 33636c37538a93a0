package lists

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"slugpuppy/antidote"
	"slugpuppy/bot/pulse"
	"slugpuppy/store"
)

// Errors of lists.
var (
	ErrAddress = errors.New("a list has an address such as https://dreams.example/antidote.json")
	// ErrOld means that a list is an issue before the one that is in use.
	ErrOld = errors.New("it is older than what was fetched before")
)

// headName is what the list itself is stored as, beside its pages.
const headName = "list"

// smallFile bounds signatures and keys.
const smallFile = 1 << 12

// checked is an address as it may be fetched.
func checked(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || len(address) > 300 || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil ||
		u.RawQuery != "" || u.Fragment != "" || !strings.HasSuffix(u.Path, ".json") {
		return "", ErrAddress
	}
	return u.String(), nil
}

// issue is a list as it was fetched.
type issue struct {
	info    store.List
	pages   map[string][]byte // nil for those that are stored already
	records []antidote.Record
}

// fetch gets a list and verifies it, by the key that is pinned; without one, by what is published beside it, which is
// trusted this once.
func (d *Desk) fetch(ctx context.Context, known store.List) (*issue, error) {
	base := strings.TrimSuffix(known.URL, ".json")
	if known.Key == "" {
		text, err := d.Fetch(ctx, base+".pub", smallFile)
		if err != nil {
			return nil, fmt.Errorf("fetch the key of a list: %w", err)
		}
		if known.Key, err = antidote.ParsePublic(string(text)); err != nil {
			return nil, err
		}
	}
	l, head, public, err := d.head(ctx, known)
	if errors.Is(err, antidote.ErrOtherKey) { // it may have been issued anew between list and signature
		l, head, public, err = d.head(ctx, known)
	}
	if err != nil {
		return nil, err
	}
	if l.Serial < known.Serial {
		return nil, fmt.Errorf("%w: issue %d, not %d", ErrOld, l.Serial, known.Serial)
	}
	stored, err := d.Store.Lists().Pages(known.URL)
	if err != nil {
		return nil, err
	}
	i := &issue{info: known, pages: map[string][]byte{headName: head}}
	total := int64(len(head))
	for _, p := range l.Pages {
		records, data, err := d.page(ctx, base, p, stored[p.Name])
		if err != nil {
			return nil, err
		}
		if total += int64(len(stored[p.Name]) + len(data)); total > antidote.MostWhole {
			return nil, fmt.Errorf("%w: it has more than %d bytes", antidote.ErrNoList, antidote.MostWhole)
		}
		i.pages[p.Name] = data
		i.records = append(i.records, records...)
	}
	i.records = append(i.records, l.Records...)
	i.info.Key, i.info.Maker, i.info.Serial, i.info.Records = public, l.Maker, l.Serial, len(i.records)
	i.info.Fetched, i.info.Tried, i.info.Trouble = d.Now(), d.Now(), ""
	return i, nil
}

// head gets the list itself with its signature.
func (d *Desk) head(ctx context.Context, known store.List) (l antidote.List, head []byte, public string, err error) {
	if head, err = d.Fetch(ctx, known.URL, antidote.MostBytes); err != nil {
		return l, nil, "", fmt.Errorf("fetch a list: %w", err)
	}
	signature, err := d.Fetch(ctx, known.URL+".minisig", smallFile)
	if err != nil {
		return l, nil, "", fmt.Errorf("fetch the signature of a list: %w", err)
	}
	if l, err = antidote.Read(bytes.NewReader(head), antidote.MostBytes); err != nil {
		return l, nil, "", err
	}
	public, err = antidote.Follow(known.Key, l, head, signature)
	return l, head, public, err
}

// page gets a page, unless it is stored: then data is nil.
func (d *Desk) page(ctx context.Context, base string, p antidote.Page, stored []byte) (records []antidote.Record, data []byte, err error) {
	whole := stored
	if whole == nil {
		if data, err = d.Fetch(ctx, base+"/"+p.Name, antidote.MostBytes); err != nil {
			return nil, nil, fmt.Errorf("fetch a page of a list: %w", err)
		}
		whole = data
	}
	if sum := sha256.Sum256(whole); hex.EncodeToString(sum[:]) != p.SHA256 {
		return nil, nil, fmt.Errorf("%w: page %s is another", antidote.ErrSignature, p.Name)
	}
	l, err := antidote.Read(bytes.NewReader(whole), antidote.MostBytes)
	if err == nil && (len(l.Records) != p.Records || len(l.Pages) > 0) {
		err = fmt.Errorf("%w: page %s has %d records, not %d", antidote.ErrNoList, p.Name, len(l.Records), p.Records)
	}
	return l.Records, data, err
}

// recordsOf reads what is stored of a list, which was verified before.
func recordsOf(pages map[string][]byte) (records []antidote.Record, err error) {
	head, err := antidote.Read(bytes.NewReader(pages[headName]), antidote.MostWhole)
	if err != nil {
		return nil, err
	}
	for _, p := range head.Pages {
		l, err := antidote.Read(bytes.NewReader(pages[p.Name]), antidote.MostBytes)
		if err != nil {
			return nil, err
		}
		records = append(records, l.Records...)
	}
	return append(records, head.Records...), nil
}

// How often lists are looked at, and how fast one may grow: a bot may upload 1,440 pictures a day.
const (
	refreshEvery = time.Hour
	turnEvery    = time.Minute
	fastest      = 3_000 // records a day
)

// Run looks at the lists that are followed until ctx ends, and writes down how they do.
func (d *Desk) Run(ctx context.Context, pulses *pulse.Monitor) error {
	turn := pulses.Loop("antidote lists")
	defer turn.End()
	tick := time.NewTicker(turnEvery)
	defer tick.Stop()
	for {
		turn.Within(refreshEvery)
		if err := d.write(); err != nil {
			d.Log.Error("how lists do cannot be written down; it is tried again", "error", err)
		}
		if err := d.refreshDue(ctx); err != nil && ctx.Err() == nil {
			d.Log.Error("lists cannot be looked at; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return d.write()
		case <-tick.C:
		}
	}
}

// refreshDue looks at the list that was looked at longest ago, if that is due: one a turn.
func (d *Desk) refreshDue(ctx context.Context) error {
	all, err := d.Store.Lists().All()
	if err != nil {
		return err
	}
	for _, l := range all {
		if d.Now().Sub(l.Tried) < refreshEvery || !l.Fetchable() {
			continue
		}
		within, cancel := context.WithTimeout(ctx, 10*time.Minute)
		defer cancel()
		return d.Refresh(within, l.URL)
	}
	return nil
}

// Refresh looks at a list. What is wrong with it is written down: the issue before stays in use.
func (d *Desk) Refresh(ctx context.Context, address string) error {
	known, err := d.Store.Lists().Find(address)
	if err != nil {
		return err
	}
	i, err := d.fetch(ctx, known)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		d.Log.Warn("a list cannot be had; what was fetched before stays in use", "list", address, "error", err)
		_, err = d.Store.Lists().Change(address, func(l *store.List) { l.Tried, l.Trouble = d.Now(), err.Error() })
		return err
	}
	days := max(1, i.info.Fetched.Sub(known.Fetched).Hours()/24)
	if grown := i.info.Records - known.Records; i.info.Quarantine == "" && float64(grown) > fastest*days {
		i.info.Quarantine = fmt.Sprintf("it grew by %d dreams within %.0f days", grown, days)
		d.Log.Warn("a list is in quarantine: nothing is hidden because of it", "list", address, "reason", i.info.Quarantine)
	}
	if err := d.Store.Lists().Put(i.info, i.pages); err != nil {
		return fmt.Errorf("store a list: %w", err)
	}
	d.changed(address)
	return nil
}
