package store

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/identity"
)

// Fate is what becomes of a judged post.
type Fate string

// The fates. Wanted and Unwanted are work for the filer: what the server has does not yet
// agree with what was decided.
const (
	Kept     Fate = "kept"      // not hidden
	Noted    Fate = "noted"     // would be hidden; the filter only reports
	Wanted   Fate = "wanted"    // to be put into a filter
	Filed    Fate = "filed"     // in a filter of ours on the server
	Unwanted Fate = "unwanted"  // to be taken out of it
	Returned Fate = "returned"  // taken out by us; never hidden again
	TakenOut Fate = "taken out" // by the subscriber: not a dream
	Gone     Fate = "gone"      // the post, or the month's filter, is no more
)

// fates says which fate may follow which. A post is judged once: what was kept or returned is
// hidden again only when the subscriber says so.
var fates = map[Fate][]Fate{
	"":       {Kept, Noted, Wanted, Filed},
	Kept:     {Noted, Wanted, Filed, Returned},
	Noted:    {Wanted, Filed, Returned},
	Wanted:   {Filed, Unwanted, Returned, Gone},
	Filed:    {Wanted, Unwanted, TakenOut, Gone},
	Unwanted: {Returned, Gone, Wanted},
	Returned: {Wanted, Filed},
	TakenOut: {Wanted, Filed},
	Gone:     {Wanted, Filed},
}

// Timeline is what the filter knows of a subscriber's home timeline, and has done there.
type Timeline Account

// Judged is a post as the filter saw it for one subscriber.
type Judged struct {
	Post     string    `json:"post"` // id of the original, whoever boosted or quoted it
	URL      string    `json:"url,omitempty"`
	Author   string    `json:"author"` // name@host
	AuthorID string    `json:"author_id,omitempty"`
	Booster  string    `json:"booster,omitempty"` // who boosted or quoted it into the timeline
	Posted   time.Time `json:"posted,omitzero"`
	Said     bool      `json:"said,omitempty"`     // the author calls it a dream
	Pictures []string  `json:"pictures,omitempty"` // hashes of the pictures judged
	Previews []string  `json:"previews,omitempty"` // their addresses, as small as the server has them
	Score    float64   `json:"score"`              // of the dreamiest one
	Band     string    `json:"band"`
	Limit    float64   `json:"limit"` // the score from which it is hidden
	Model    string    `json:"model"`
	Why      string    `json:"why"`
	Rule     string    `json:"rule,omitempty"`
	Kind     string    `json:"kind,omitempty"` // why it is hidden, as the title of its filter says it
	Fate     Fate      `json:"fate"`
	Place    string    `json:"shelf,omitempty"` // where it is hidden, in the words of the network's adapter
	Seen     time.Time `json:"seen"`
	FiledAt  time.Time `json:"filed,omitzero"`
	Changed  time.Time `json:"changed"`
}

func homeKey(who identity.Identity) []byte { return key("home", who.Server, who.ID) }

// Cursor is how far a subscriber's timeline was judged; known is false at the beginning.
func (a *Timeline) Cursor() (cursor string, known bool, err error) {
	err = a.s.view(func(tx *tx) error {
		v := tx.Bucket(cursorBucket).Get(homeKey(a.who))
		cursor, known = string(v), v != nil
		return nil
	})
	return cursor, known, err
}

// Record stores what was judged of a page of a timeline together with the cursor after
// it. A post that is known already keeps its verdict.
func (a *Timeline) Record(cursor string, rows ...Judged) error {
	return a.s.update(func(tx *tx) error {
		if _, err := subscriberOf(tx, a.who); err != nil {
			return err
		}
		if err := tx.Bucket(cursorBucket).Put(homeKey(a.who), []byte(cursor)); err != nil {
			return fmt.Errorf("move the cursor of a timeline: %w", err)
		}
		for _, j := range rows {
			k := judgedKey(a.who, j.Post)
			if tx.Bucket(hiddenBucket).Get(k) != nil {
				continue
			}
			j.Seen = tx.now
			if err := putJudged(tx, a.who, "", j); err != nil {
				return err
			}
		}
		return nil
	})
}

func judgedKey(who identity.Identity, post string) []byte { return key(who.Server, who.ID, post) }

// putJudged stores a row and keeps the list of work with it.
func putJudged(tx *tx, who identity.Identity, was Fate, j Judged) error {
	if was != j.Fate && !slices.Contains(fates[was], j.Fate) {
		return fmt.Errorf("%w: a post that is %q cannot become %q", ErrState, was, j.Fate)
	}
	j.Changed = tx.now
	k := judgedKey(who, j.Post)
	if err := putRecord(tx, hiddenBucket, k, j); err != nil {
		return err
	}
	work := tx.Bucket(workBucket)
	if j.Fate == Wanted || j.Fate == Unwanted {
		return work.Put(k, nil)
	}
	return work.Delete(k)
}

// dropWork forgets the list of work of a subscriber.
func dropWork(tx *tx, who identity.Identity) error {
	work, p := tx.Bucket(workBucket), prefix(who.Server, who.ID)
	c := work.Cursor()
	for k, _ := c.Seek(p); k != nil && strings.HasPrefix(string(k), string(p)); k, _ = c.Seek(p) {
		if err := work.Delete(k); err != nil {
			return fmt.Errorf("forget a subscriber's work: %w", err)
		}
	}
	return nil
}

// Judged reads one post, or ErrNotFound.
func (a *Timeline) Judged(post string) (j Judged, err error) {
	err = a.s.view(func(tx *tx) error {
		j, err = judgedOf(tx, a.who, post)
		return err
	})
	return j, err
}

// ErrNoPost means that the filter never judged a post.
var ErrNoPost = errors.New("no such post was judged")

func judgedOf(tx *tx, who identity.Identity, post string) (Judged, error) {
	j, ok, err := getRecord[Judged](tx, hiddenBucket, judgedKey(who, post))
	if err == nil && !ok {
		err = ErrNoPost
	}
	return j, err
}

// Work lists the posts whose filters are behind what was decided.
func (a *Timeline) Work() (rows []Judged, err error) {
	err = a.s.view(func(tx *tx) error {
		p := prefix(a.who.Server, a.who.ID)
		c := tx.Bucket(workBucket).Cursor()
		for k, _ := c.Seek(p); k != nil && strings.HasPrefix(string(k), string(p)); k, _ = c.Next() {
			j, ok, err := getRecord[Judged](tx, hiddenBucket, k)
			if err != nil {
				return err
			}
			if ok {
				rows = append(rows, j)
			}
		}
		return nil
	})
	return rows, err
}

// Since lists what was seen since a time and pick chooses, newest first.
func (a *Timeline) Since(since time.Time, pick func(Judged) bool) (rows []Judged, err error) {
	err = a.s.view(func(tx *tx) error {
		rows, err = judgedSince(tx, a.who, since, pick)
		return err
	})
	return rows, err
}

func judgedSince(tx *tx, who identity.Identity, since time.Time, pick func(Judged) bool) (rows []Judged, err error) {
	err = eachRecord(tx, hiddenBucket, prefix(who.Server, who.ID), func(_ []byte, j Judged) error {
		if !j.Seen.Before(since) && (pick == nil || pick(j)) {
			rows = append(rows, j)
		}
		return nil
	})
	slices.SortFunc(rows, func(a, b Judged) int {
		return cmp.Or(b.Seen.Compare(a.Seen), cmp.Compare(len(b.Post), len(a.Post)), strings.Compare(b.Post, a.Post))
	})
	return rows, err
}

// Change changes what is known of a post, or of one that is new, in one transaction. The
// fate may change only as fates allows, else ErrState.
func (a *Timeline) Change(post string, change func(*Judged)) (j Judged, err error) {
	err = a.s.update(func(tx *tx) error {
		old, err := judgedOf(tx, a.who, post)
		if errors.Is(err, ErrNoPost) {
			old, err = Judged{}, nil
		}
		if err != nil {
			return err
		}
		j = old
		j.Post = post
		if old.Post == "" {
			j.Seen = tx.now
		}
		change(&j)
		return putJudged(tx, a.who, old.Fate, j)
	})
	return j, err
}

// Return takes posts out again: everything hidden or noted that pick chooses and that was seen
// since a time. The token brings them back.
func (a *Timeline) Return(by Actor, since time.Time, reason string, pick func(Judged) bool) (rows []Judged, undo string, err error) {
	err = a.s.update(func(tx *tx) error {
		sub, err := subscriberOf(tx, a.who)
		if err != nil {
			return err
		}
		rows, err = judgedSince(tx, a.who, since, func(j Judged) bool {
			return (j.Fate == Filed || j.Fate == Wanted || j.Fate == Noted) && (pick == nil || pick(j))
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		list := moved{Identity: a.who}
		for i, j := range rows {
			list.Posts = append(list.Posts, fated{j.Post, j.Fate})
			was := j.Fate
			j.Fate = Unwanted
			if was == Noted {
				j.Fate = Returned
			}
			if err := putJudged(tx, a.who, was, j); err != nil {
				return err
			}
			rows[i] = j
		}
		e := Entry{Actor: by, Action: postsReturned, Subject: fmt.Sprintf("%d posts of %s", len(rows), sub.Handle), Reason: reason}
		if e.Before, err = encoded(list); err != nil {
			return err
		}
		undo, err = undoable(tx, e)
		return err
	})
	return rows, undo, err
}

// moved is a list of posts whose fate an audited action changed, with what it was.
type moved struct {
	Identity identity.Identity
	Posts    []fated
}

type fated struct {
	Post string
	Fate Fate
}

// undoMoved hides again what was returned, or returns what was hidden again; what the
// subscriber said of a post meanwhile stays.
func undoMoved(tx *tx, e Entry) (n int, err error) {
	var list moved
	if err := json.Unmarshal([]byte(e.Before), &list); err != nil {
		return 0, fmt.Errorf("read an audited list of posts: %w", err)
	}
	from, to := []Fate{Returned, Unwanted}, Wanted
	if e.Action == postsHidden {
		from, to = []Fate{Wanted, Filed}, Unwanted
	}
	for _, f := range list.Posts {
		j, err := judgedOf(tx, list.Identity, f.Post)
		switch {
		case errors.Is(err, ErrNoPost), err == nil && !slices.Contains(from, j.Fate):
			continue
		case err != nil:
			return n, err
		}
		was := j.Fate
		j.Fate = to
		if f.Fate == Noted && to == Wanted { // it was only noted before
			continue
		}
		if err := putJudged(tx, list.Identity, was, j); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// PruneJudged forgets posts that were left alone and seen before a time, and others that came
// to an end before another.
func (s *Store) PruneJudged(kept, ended time.Time) (n int, err error) {
	err = s.update(func(tx *tx) error {
		n, err = dropRecords(tx, hiddenBucket, nil, func(j Judged) bool {
			switch j.Fate {
			case Kept:
				return j.Seen.Before(kept)
			case Noted, Returned, TakenOut, Gone:
				return j.Changed.Before(ended)
			}
			return false
		})
		return err
	})
	return n, err
}
