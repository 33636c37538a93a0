package lists

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"slugpuppy/antidote"
	"slugpuppy/bot/identity"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// ErrHow means that a list cannot count so.
var ErrHow = errors.New("a list can warn, hide or only-report")

// fileScheme begins the address of a list that came in a file.
const fileScheme = "file:"

// Wish is a list that somebody wants to follow.
type Wish struct {
	URL   string
	Owner identity.Identity // none: for all subscribers
	How   string
	Alone bool
	Key   string // that it has to be signed with, or one that this vouches for; "" to trust what is published beside it
	// Whole is a list that came as a file, verified by whoever read it; nil for one to fetch.
	Whole []byte
}

// Prospect is what following a list would mean, before anything is changed.
type Prospect struct {
	List store.List
	// Pinned says that the key was known before, or was named; otherwise it is believed now for the first time.
	Pinned   bool
	Looked   int // posts of the last weeks whose pictures were compared
	Known    int // of those, with a picture that the list knows
	Hidden   int // of those, not hidden yet, that would have been
	Clear    int // of the known, which the eye clearly takes for no dream
	Said     int // of the known, which somebody said is no dream
	People   int // whose posts would have been hidden
	Followed int // of those, people whom the subscriber follows
	issue    *issue
	wish     Wish
}

// Look fetches a list and compares it with what subscribers saw; nothing is changed. An error is the list's, the
// server's or the store's.
func (d *Desk) Look(ctx context.Context, w Wish, eye *timeline.Eye) (p Prospect, err error) {
	if w.How == "" {
		w.How = Warn
	}
	if !slices.Contains(Hows(), w.How) {
		return p, ErrHow
	}
	p.wish = w
	if w.Whole != nil {
		p.issue, err = d.fromFile(w)
		p.Pinned = true // whoever read the file has verified it
	} else {
		p.issue, p.Pinned, err = d.fresh(ctx, w)
	}
	if err != nil {
		return p, err
	}
	p.List = p.issue.info
	subs, err := d.audience(w.Owner)
	if err != nil {
		return p, err
	}
	index := antidote.NewIndex(p.issue.records)
	for _, sub := range subs {
		if err := d.preview(&p, sub, index, eye); err != nil {
			return p, err
		}
	}
	return p, nil
}

// fresh fetches a list that may be followed already.
func (d *Desk) fresh(ctx context.Context, w Wish) (i *issue, pinned bool, err error) {
	address, err := checked(w.URL)
	if err != nil {
		return nil, false, err
	}
	known, err := d.Store.Lists().Find(address)
	if err != nil && !errors.Is(err, store.ErrNoList) {
		return nil, false, err
	}
	known.URL = address
	if w.Key != "" { // the operator's word goes before what was pinned
		if known.Key, err = antidote.ParsePublic(w.Key); err != nil {
			return nil, false, err
		}
		known.Serial = 0
	}
	pinned = known.Key != ""
	if i, err = d.fetch(ctx, known); err != nil {
		return nil, pinned, err
	}
	i.info.Quarantine, i.info.Pictures, i.info.Hits, i.info.Against = "", 0, 0, 0
	return i, pinned, nil
}

// fromFile takes a list that was verified before.
func (d *Desk) fromFile(w Wish) (*issue, error) {
	l, err := antidote.Read(bytes.NewReader(w.Whole), antidote.MostWhole)
	if err != nil {
		return nil, err
	}
	if len(l.Pages) > 0 {
		return nil, fmt.Errorf("%w: a file has to have all records in itself", antidote.ErrNoList)
	}
	info := store.List{URL: fileScheme + w.URL, Key: w.Key, Maker: l.Maker, Serial: l.Serial, Records: len(l.Records),
		Fetched: d.Now(), Tried: d.Now()}
	return &issue{info: info, pages: map[string][]byte{headName: w.Whole}, records: l.Records}, nil
}

func (d *Desk) audience(owner identity.Identity) ([]store.Subscriber, error) {
	subs, err := d.Store.Operator().Subscribers()
	if err != nil || owner.IsZero() {
		return subs, err
	}
	return slices.DeleteFunc(subs, func(s store.Subscriber) bool { return s.Identity != owner }), nil
}

// How much of the past a preview looks at.
const (
	previewDays  = 30
	previewPosts = 250
)

// preview compares a list with what a subscriber saw.
func (d *Desk) preview(p *Prospect, sub store.Subscriber, index *antidote.Index, eye *timeline.Eye) error {
	rows, err := d.Store.For(sub.Identity).Timeline().Since(d.Now().AddDate(0, 0, -previewDays))
	if err != nil {
		return fmt.Errorf("read what a subscriber saw: %w", err)
	}
	lessons, err := d.Store.For(sub.Identity).Timeline().Lessons()
	if err != nil {
		return fmt.Errorf("read what a subscriber said: %w", err)
	}
	people, followed := map[string]bool{}, map[string]bool{}
	for _, row := range rows[:min(len(rows), previewPosts)] {
		sights, err := eye.Sights(row)
		if err != nil || len(sights) == 0 {
			continue
		}
		p.Looked++
		if !slices.ContainsFunc(sights, func(s store.Sight) bool { _, ok := index.Find(lookOf(s)); return ok }) {
			continue
		}
		p.Known++
		unclear := eye.Possible(row.Score)
		said := slices.ContainsFunc(lessons, func(l store.Lesson) bool { return !l.Dream && slices.Contains(row.Pictures, l.Picture) })
		if !unclear {
			p.Clear++
		}
		if said || row.Fate == store.TakenOut {
			p.Said++
			continue
		}
		if row.Kind == "" && (unclear || p.wish.Alone) {
			p.Hidden++
			people[row.Author] = true
			if row.Booster == "" {
				followed[row.Author] = true
			}
		}
	}
	p.People, p.Followed = p.People+len(people), p.Followed+len(followed)
	return nil
}

// Doubt is why a list is in quarantine from the beginning, "" where nothing speaks against it.
func (p Prospect) Doubt() string {
	return suspicion(store.List{Pictures: p.Looked, Hits: p.Known, Against: max(p.Said, min(p.Clear, p.Known))}, count{})
}

// Follow has a list that was looked at count from now on. One that there is a doubt about only reports, unless it is
// followed anyway.
func (d *Desk) Follow(by store.Actor, p Prospect, anyway bool) (store.List, error) {
	info := p.issue.info
	if !anyway {
		info.Quarantine = p.Doubt()
	}
	if err := d.Store.Lists().Put(info, p.issue.pages); err != nil {
		return info, fmt.Errorf("store a list: %w", err)
	}
	f := store.Following{URL: info.URL, Owner: p.wish.Owner, How: p.wish.How, Alone: p.wish.Alone}
	if err := d.Store.Lists().Follow(by, f); err != nil {
		return info, fmt.Errorf("follow a list: %w", err)
	}
	d.changed(info.URL)
	return info, nil
}

// Unfollow ends it for an owner, or says store.ErrNoList.
func (d *Desk) Unfollow(by store.Actor, owner identity.Identity, address string) error {
	err := d.Store.Lists().Unfollow(by, owner, address)
	d.changed(address)
	return err
}

var _ timeline.Lists = (*Desk)(nil)
