package store

import (
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
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
func (s *Store) PutShelf(who identity.Identity, shelf Shelf) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		if _, err := subscriberOf(tx, who); err != nil {
			return err
		}
		return putRecord(tx, shelfBucket, key(who.Server, who.ID, shelf.Name), shelf)
	})
}

// DropShelf forgets a shelf.
func (s *Store) DropShelf(who identity.Identity, name string) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket(shelfBucket).Delete(key(who.Server, who.ID, name))
	})
}

// Shelves lists a subscriber's, oldest first.
func (s *Store) Shelves(who identity.Identity) (shelves []Shelf, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		return eachRecord(tx, shelfBucket, prefix(who.Server, who.ID), func(_ []byte, v Shelf) error {
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
func (s *Store) PutMute(who identity.Identity, m Mute) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		if _, err := subscriberOf(tx, who); err != nil {
			return err
		}
		return putRecord(tx, muteBucket, key(who.Server, who.ID, m.Account), m)
	})
}

// DropMute forgets a mute.
func (s *Store) DropMute(who identity.Identity, account string) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket(muteBucket).Delete(key(who.Server, who.ID, account))
	})
}

// Mutes lists a subscriber's mutes.
func (s *Store) Mutes(who identity.Identity) (mutes []Mute, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		return eachRecord(tx, muteBucket, prefix(who.Server, who.ID), func(_ []byte, v Mute) error {
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
func (s *Store) PutLesson(who identity.Identity, l Lesson) error {
	l.At = time.Now()
	return s.db.Update(func(tx *bolt.Tx) error {
		if _, err := subscriberOf(tx, who); err != nil {
			return err
		}
		return putRecord(tx, lessonBucket, key(who.Server, who.ID, l.Picture), l)
	})
}

// Lessons lists what a subscriber said.
func (s *Store) Lessons(who identity.Identity) (lessons []Lesson, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		return eachRecord(tx, lessonBucket, prefix(who.Server, who.ID), func(_ []byte, v Lesson) error {
			lessons = append(lessons, v)
			return nil
		})
	})
	return lessons, err
}

// SharedLessons are the pictures that so many subscribers, of the same bytes, call no dream.
func (s *Store) SharedLessons(agreeing int) (lessons []Lesson, err error) {
	count := map[string]int{}
	err = s.db.View(func(tx *bolt.Tx) error {
		return eachRecord(tx, lessonBucket, nil, func(_ []byte, l Lesson) error {
			if l.Dream {
				return nil
			}
			if count[l.Picture]++; count[l.Picture] == agreeing {
				lessons = append(lessons, l)
			}
			return nil
		})
	})
	return lessons, err
}

// Sight is what the network sees in one picture, for all subscribers.
type Sight struct {
	Picture string    `json:"picture"` // hash of its bytes
	Score   float64   `json:"score"`
	Sketch  []byte    `json:"sketch,omitempty"`
	Unread  string    `json:"unread,omitempty"` // why it could not be judged
	At      time.Time `json:"at"`
}

// PutSight stores a sight under names, such as the picture's address and its hash.
func (s *Store) PutSight(model string, v Sight, names ...string) error {
	v.At = time.Now()
	return s.db.Update(func(tx *bolt.Tx) error {
		for _, name := range names {
			if err := putRecord(tx, sightBucket, key(model, name), v); err != nil {
				return err
			}
		}
		return nil
	})
}

// Sight finds one by a name; ok is false when the model has not seen it.
func (s *Store) Sight(model, name string) (v Sight, ok bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		v, ok, err = getRecord[Sight](tx, sightBucket, key(model, name))
		return err
	})
	return v, ok, err
}

// PruneSights forgets what was seen before a time, by whatever model.
func (s *Store) PruneSights(before time.Time) (n int, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		if n, err = dropRecords(tx, sightBucket, nil, func(v Sight) bool { return v.At.Before(before) }); err != nil {
			return fmt.Errorf("forget old sights: %w", err)
		}
		return nil
	})
	return n, err
}
