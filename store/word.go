package store

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"slugpuppy/bot/identity"
)

// Word is what a subscriber says of a post: whether it is a dream.
type Word struct {
	Post    string
	URL     string // of a post that was not judged
	Dream   bool
	Lessons []Lesson // what that says of its pictures
}

// PostsCalled is the action of words in the audit trail.
const PostsCalled Action = "call posts"

// heard is an audited list of words: how things were before.
type heard struct {
	Identity identity.Identity
	Posts    []unsaid
}

// unsaid is a post and its pictures as they were before somebody said something of them.
type unsaid struct {
	Post, Why, Kind, Rule string
	Word                  string // that was said of it, "" for none
	Fate                  Fate
	Lessons               []untaught
}

// untaught is what was known of a picture, nil for nothing.
type untaught struct {
	Picture string
	Lesson  *Lesson
}

// Say takes the subscriber's words on posts, in one transaction: each row becomes what change makes of it, and
// each picture is remembered. The token takes all of it back.
func (a *Timeline) Say(by Actor, reason string, said []Word, change func(*Judged, Word)) (undo string, err error) {
	err = a.s.update(func(tx *tx) error {
		if _, err := here(tx, a.who); err != nil {
			return err
		}
		before := heard{Identity: a.who}
		for _, w := range said {
			was, err := saidOne(tx, a.who, w, change)
			if err != nil {
				return err
			}
			before.Posts = append(before.Posts, was)
		}
		e := Entry{Actor: by, Of: a.who, Action: PostsCalled, Subject: countOf(len(said)), Reason: reason}
		if e.Before, err = encoded(before); err != nil {
			return err
		}
		undo, err = undoable(tx, e)
		return err
	})
	return undo, err
}

// saidOne takes one word, and returns how things were before.
func saidOne(tx *tx, who identity.Identity, w Word, change func(*Judged, Word)) (was unsaid, err error) {
	row, err := judgedOf(tx, who, w.Post)
	old := &row
	if errors.Is(err, ErrNoPost) {
		old, err = nil, nil
	}
	if err != nil {
		return was, err
	}
	pictures := make([]string, len(w.Lessons))
	for i, l := range w.Lessons {
		pictures[i] = l.Picture
	}
	if was, err = unsaidOf(tx, who, row, w.Post, pictures); err != nil {
		return was, err
	}
	for _, l := range w.Lessons {
		l.At = tx.now
		if err := putRecord(tx, lessonBucket, lessonKey(who, l.Picture), l); err != nil {
			return was, err
		}
	}
	j := row
	if old == nil {
		j.Post, j.URL, j.Seen = w.Post, w.URL, tx.now
	}
	change(&j, w)
	if old != nil {
		j.Events = old.History()
	}
	j.happened(tx.now, wordOf(w.Dream))
	return was, putJudged(tx, who, old, j)
}

func lessonKey(who identity.Identity, picture string) []byte { return key(who.Server, who.ID, picture) }

// unsaidOf is how a post and these pictures are now.
func unsaidOf(tx *tx, who identity.Identity, row Judged, post string, pictures []string) (unsaid, error) {
	u := unsaid{Post: post, Why: row.Why, Kind: row.Kind, Rule: row.Rule, Fate: row.Fate}
	u.Word, _ = row.Called()
	for _, p := range pictures {
		l, known, err := getRecord[Lesson](tx, lessonBucket, lessonKey(who, p))
		if err != nil {
			return u, err
		}
		t := untaught{Picture: p}
		if known {
			t.Lesson = &l
		}
		u.Lessons = append(u.Lessons, t)
	}
	return u, nil
}

// undoSaid puts posts and lessons back as an audited entry says, and returns how they were until now.
func undoSaid(tx *tx, e Entry) (now heard, err error) {
	var before heard
	if err := json.Unmarshal([]byte(e.Before), &before); err != nil {
		return now, fmt.Errorf("read audited words: %w", err)
	}
	if err := notAway(tx, before.Identity); err != nil {
		return now, err
	}
	now.Identity = before.Identity
	for _, u := range before.Posts {
		is, err := unsay(tx, before.Identity, u)
		if errors.Is(err, ErrNoPost) { // forgotten since
			continue
		}
		if err != nil {
			return now, err
		}
		now.Posts = append(now.Posts, is)
	}
	return now, nil
}

// unsay puts one post and what was known of its pictures back, and returns how they were until now.
func unsay(tx *tx, who identity.Identity, u unsaid) (is unsaid, err error) {
	row, err := judgedOf(tx, who, u.Post)
	if err != nil {
		return is, err
	}
	var pictures []string
	for _, l := range u.Lessons {
		pictures = append(pictures, l.Picture)
	}
	if is, err = unsaidOf(tx, who, row, u.Post, pictures); err != nil {
		return is, err
	}
	for _, l := range u.Lessons {
		k := lessonKey(who, l.Picture)
		if l.Lesson == nil {
			err = tx.Bucket(lessonBucket).Delete(k)
		} else {
			err = putRecord(tx, lessonBucket, k, *l.Lesson)
		}
		if err != nil {
			return is, fmt.Errorf("put a lesson back: %w", err)
		}
	}
	j := row
	j.Why, j.Kind, j.Rule, j.Fate = u.Why, u.Kind, u.Rule, row.Fate.back(u.Fate)
	j.Events = row.History()
	j.happened(tx.now, cmp.Or(u.Word, WordBack))
	return is, putJudged(tx, who, &row, j)
}

// back is the fate that leads from one to another that was before: what the server has cannot be changed here.
func (f Fate) back(to Fate) Fate {
	switch to {
	case Filed, Wanted:
		if f != Filed {
			return Wanted
		}
	case Noted:
		switch f {
		case Filed:
			return Unwanted
		case Wanted, Returned, TakenOut, Kept, Gone:
			return Noted
		}
	default:
		switch f {
		case Filed, Wanted:
			return Unwanted
		case Noted:
			return Returned
		}
	}
	return f
}

// countOf says how many posts.
func countOf(n int) string {
	if n == 1 {
		return "1 post"
	}
	return fmt.Sprintf("%d posts", n)
}
