package store

import "time"

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
		if _, err := here(tx, a.who); err != nil {
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
