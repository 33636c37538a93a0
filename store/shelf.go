package store

import (
	"slices"
	"time"
)

// Shelf is a filter on a subscriber's server that we own: one for each title and month. It is
// written down before it is created, so that none of ours is ever unknown.
type Shelf struct {
	Name    string    `json:"name"`         // such as certain/2026-11
	ID      string    `json:"id,omitempty"` // the server's; "" until its creation is known
	Title   string    `json:"title"`
	How     string    `json:"how"`
	Expires time.Time `json:"expires"`
	// Before are the filters that were there before we asked for this one: what has our title
	// and is not among them is ours, though the answer got lost.
	Before  []string  `json:"before,omitempty"`
	Created time.Time `json:"created"`
	// Removing says that its deletion was asked for; it is forgotten once the server lacks it.
	Removing bool `json:"removing,omitempty"`
}

// PutShelf stores a shelf.
func (a *Timeline) PutShelf(shelf Shelf) error {
	return a.s.update(func(tx *tx) error {
		if _, err := subscriberOf(tx, a.who); err != nil {
			return err
		}
		return putRecord(tx, shelfBucket, key(a.who.Server, a.who.ID, shelf.Name), shelf)
	})
}

// DropShelf forgets a shelf.
func (a *Timeline) DropShelf(name string) error {
	return a.s.update(func(tx *tx) error {
		return tx.Bucket(shelfBucket).Delete(key(a.who.Server, a.who.ID, name))
	})
}

// Shelves lists a subscriber's, oldest first.
func (a *Timeline) Shelves() (shelves []Shelf, err error) {
	err = a.s.view(func(tx *tx) error {
		return eachRecord(tx, shelfBucket, prefix(a.who.Server, a.who.ID), func(_ []byte, v Shelf) error {
			shelves = append(shelves, v)
			return nil
		})
	})
	slices.SortStableFunc(shelves, func(a, b Shelf) int { return a.Created.Compare(b.Created) })
	return shelves, err
}

// Mute is an account we muted for a subscriber, and until when.
type Mute struct {
	Account string    `json:"account"` // id
	Handle  string    `json:"handle"`
	Until   time.Time `json:"until"`
	Done    bool      `json:"done"` // the server has it; before, it may or may not
	// Theirs says that the subscriber ended it, or had muted the account before us: whatever mute is
	// there is theirs. Until then we begin none.
	Theirs bool `json:"theirs,omitempty"`
	// Over says that it ended, at Until: what the account posted before counts no more.
	Over bool `json:"over,omitempty"`
}

// Ours says whether the mute is there because of us, as far as we know.
func (m Mute) Ours() bool { return !m.Theirs && !m.Over }

// PutMute stores a mute.
func (a *Timeline) PutMute(m Mute) error {
	return a.s.update(func(tx *tx) error {
		if _, err := subscriberOf(tx, a.who); err != nil {
			return err
		}
		return putRecord(tx, muteBucket, key(a.who.Server, a.who.ID, m.Account), m)
	})
}

// DropMute forgets a mute.
func (a *Timeline) DropMute(account string) error {
	return a.s.update(func(tx *tx) error {
		return tx.Bucket(muteBucket).Delete(key(a.who.Server, a.who.ID, account))
	})
}

// Mutes lists a subscriber's mutes.
func (a *Timeline) Mutes() (mutes []Mute, err error) {
	err = a.s.view(func(tx *tx) error {
		return eachRecord(tx, muteBucket, prefix(a.who.Server, a.who.ID), func(_ []byte, v Mute) error {
			mutes = append(mutes, v)
			return nil
		})
	})
	return mutes, err
}

// Lesson is what a subscriber said of a picture. The sketch is what it looked like, so that the
// lesson outlives re-encoding, crops and networks.
type Lesson struct {
	Picture string    `json:"picture"` // hash
	Post    string    `json:"post"`
	Dream   bool      `json:"dream"`
	Sketch  []byte    `json:"sketch,omitempty"`
	Score   float64   `json:"score"`
	At      time.Time `json:"at"`
}

// PutLesson stores what a subscriber said of a picture; the last word counts.
func (a *Timeline) PutLesson(l Lesson) error {
	return a.s.update(func(tx *tx) error {
		l.At = tx.now
		if _, err := subscriberOf(tx, a.who); err != nil {
			return err
		}
		return putRecord(tx, lessonBucket, key(a.who.Server, a.who.ID, l.Picture), l)
	})
}

// Lessons lists what a subscriber said.
func (a *Timeline) Lessons() (lessons []Lesson, err error) {
	err = a.s.view(func(tx *tx) error {
		return eachRecord(tx, lessonBucket, prefix(a.who.Server, a.who.ID), func(_ []byte, v Lesson) error {
			lessons = append(lessons, v)
			return nil
		})
	})
	return lessons, err
}
