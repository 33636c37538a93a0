package store

import (
	"fmt"
	"time"
)

// Sights are what is known of pictures, whoever's timeline they came by. They name nobody.
type Sights struct{ s *Store }

// Sights are what is known of pictures.
func (s *Store) Sights() Sights { return Sights{s} }

// SharedLessons are the pictures that so many subscribers, of the same bytes, call no dream.
func (v Sights) SharedLessons(agreeing int) (lessons []Lesson, err error) {
	count := map[string]int{}
	err = v.s.view(func(tx *tx) error {
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
	PDQ     string    `json:"pdq,omitempty"`     // its hash; none of what was seen before lists were compared
	Quality int       `json:"quality,omitempty"` // of the hash
	Unread  string    `json:"unread,omitempty"`  // why it could not be judged
	Here    bool      `json:"here,omitempty"`    // that is so on this machine, as it is now: another may be able to
	At      time.Time `json:"at"`
}

// Put stores a sight under names, such as the picture's address and its hash.
func (v Sights) Put(model string, seen Sight, names ...string) error {
	return v.s.update(func(tx *tx) error {
		seen.At = tx.now
		for _, name := range names {
			if err := putRecord(tx, sightBucket, key(model, name), seen); err != nil {
				return err
			}
		}
		return nil
	})
}

// Find finds one by a name; ok is false when the model has not seen it.
func (v Sights) Find(model, name string) (seen Sight, ok bool, err error) {
	err = v.s.view(func(tx *tx) error {
		seen, ok, err = getRecord[Sight](tx, sightBucket, key(model, name))
		return err
	})
	return seen, ok, err
}

// Prune forgets what was seen before a time, by whatever model.
func (v Sights) Prune(before time.Time) (n int, err error) {
	err = v.s.update(func(tx *tx) error {
		old := func(seen Sight) bool { return seen.At.Before(before) }
		if n, err = dropRecords(tx, sightBucket, nil, old); err != nil {
			return fmt.Errorf("forget old sights: %w", err)
		}
		return nil
	})
	return n, err
}
