package store

import (
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

// The fates. What is known of a post can change while somebody waits for a server: ErrState then says that
// it did. Wanted and Unwanted are work for the filer: what the server has does not yet
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
	Wanted:   {Filed, Unwanted, Returned, Gone, Noted},
	Filed:    {Wanted, Unwanted, TakenOut, Gone, Returned},
	Unwanted: {Returned, Gone, Wanted},
	Returned: {Wanted, Filed, Noted, TakenOut},
	TakenOut: {Wanted, Filed, Noted},
	Gone:     {Wanted, Filed, Noted},
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
	Edited   time.Time `json:"edited,omitzero"`    // the version that was judged; zero for the first
	Said     bool      `json:"said,omitempty"`     // the author calls it a dream
	Pictures []string  `json:"pictures,omitempty"` // hashes of the pictures judged
	Previews []string  `json:"previews,omitempty"` // their addresses, as small as the server has them
	Score    float64   `json:"score"`              // of the dreamiest one
	Band     string    `json:"band"`
	Limit    float64   `json:"limit"` // the score from which it is hidden
	Model    string    `json:"model"`
	Why      string    `json:"why"`
	Rule     string    `json:"rule,omitempty"`
	List     string    `json:"list,omitempty"` // address of the antidote list that knows one of the pictures
	Kind     string    `json:"kind,omitempty"` // why it is hidden, as the title of its filter says it
	Fate     Fate      `json:"fate"`
	Place    string    `json:"shelf,omitempty"` // where it is hidden, in the words of the network's adapter
	Seen     time.Time `json:"seen"`
	FiledAt  time.Time `json:"filed,omitzero"`
	Changed  time.Time `json:"changed"`
	Events   []Event   `json:"events,omitempty"` // see History
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
		if _, err := here(tx, a.who); err != nil {
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
			if err := putJudged(tx, a.who, nil, j); err != nil {
				return err
			}
		}
		return nil
	})
}

func judgedKey(who identity.Identity, post string) []byte { return key(who.Server, who.ID, post) }

// putJudged stores a row in place of what it was, nil for a new one, and keeps the indexes and the list
// of work with it.
func putJudged(tx *tx, who identity.Identity, old *Judged, j Judged) error {
	var was Fate
	if old != nil {
		was = old.Fate
	}
	if was != j.Fate && !slices.Contains(fates[was], j.Fate) {
		return fmt.Errorf("%w: a post that is %q cannot become %q", ErrState, was, j.Fate)
	}
	j.Changed = tx.now
	if old != nil && len(j.Events) == 0 {
		j.Events = old.History() // from before they were written down
	}
	if was != j.Fate && j.Fate != Kept {
		j.happened(tx.now, string(j.Fate))
	}
	k := judgedKey(who, j.Post)
	if err := putRecord(tx, hiddenBucket, k, j); err != nil {
		return err
	}
	if err := indexJudged(tx, who, old, &j); err != nil {
		return err
	}
	work := tx.Bucket(workBucket)
	if j.Fate == Wanted || j.Fate == Unwanted {
		return work.Put(k, nil)
	}
	return work.Delete(k)
}

// Judged reads one post, or ErrNoPost.
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

// Since lists what was seen since a time, of these fates or of all when none is named, newest first.
func (a *Timeline) Since(since time.Time, of ...Fate) (rows []Judged, err error) {
	err = a.s.view(func(tx *tx) error {
		rows, err = judgedSince(tx, a.who, since, of, nil)
		return err
	})
	return rows, err
}

// Change changes what is known of a post, or of one that is new, in one transaction. The
// fate may change only as fates allows, else ErrState.
func (a *Timeline) Change(post string, change func(*Judged)) (j Judged, err error) {
	err = a.s.update(func(tx *tx) error {
		if err := notAway(tx, a.who); err != nil {
			return err
		}
		was, err := judgedOf(tx, a.who, post)
		old := &was
		if errors.Is(err, ErrNoPost) {
			old, err = nil, nil
		}
		if err != nil {
			return err
		}
		j = was
		if old == nil {
			j.Post, j.Seen = post, tx.now
		}
		change(&j)
		return putJudged(tx, a.who, old, j)
	})
	return j, err
}

// Return takes posts out again: everything hidden or noted that pick chooses and that was seen
// since a time. The token brings them back.
func (a *Timeline) Return(by Actor, since time.Time, reason string, pick func(Judged) bool,
) (rows []Judged, undo string, err error) {
	err = a.s.update(func(tx *tx) error {
		sub, err := here(tx, a.who)
		if err != nil {
			return err
		}
		rows, err = judgedSince(tx, a.who, since, []Fate{Filed, Wanted, Noted}, pick)
		if err != nil || len(rows) == 0 {
			return err
		}
		list := moved{Identity: a.who}
		for i, j := range rows {
			list.Posts = append(list.Posts, fated{j.Post, j.Fate})
			was := j
			j.Fate = Unwanted
			if was.Fate == Noted {
				j.Fate = Returned
			}
			if err := putJudged(tx, a.who, &was, j); err != nil {
				return err
			}
			rows[i] = j
		}
		e := Entry{Actor: by, Of: a.who, Action: PostsReturned, Subject: countOf(len(rows)) + " of " + sub.Handle, Reason: reason}
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
	if err := notAway(tx, list.Identity); err != nil {
		return 0, err
	}
	again := e.Action == PostsReturned // hidden, or noted
	for _, f := range list.Posts {
		j, err := judgedOf(tx, list.Identity, f.Post)
		if errors.Is(err, ErrNoPost) {
			continue
		}
		if err != nil {
			return n, err
		}
		was := j
		switch returned := j.Fate == Returned || j.Fate == Unwanted; {
		case again && returned && f.Fate == Noted:
			j.Fate = j.Fate.back(Noted)
		case again && returned:
			j.Fate = Wanted
		case !again && !returned && j.Fate != TakenOut:
			j.Fate = j.Fate.back(Returned)
		}
		if j.Fate == was.Fate {
			continue
		}
		if err := putJudged(tx, list.Identity, &was, j); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
