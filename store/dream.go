package store

import (
	"encoding/binary"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
)

// Gallery is the topic of a consent to dreams being shown on the page, with the address of their post.
const Gallery = "*gallery"

// mostDreams is how many are remembered; the oldest go first.
const mostDreams = 100_000

// Dream is a picture that a bot posted, as it is found again by how it looks. Bot, Job and Post are filled in when
// it is stored.
type Dream struct {
	Number    uint64            `json:"-"` // in the order of posting
	Bot       identity.Identity `json:"bot"`
	Job       string            `json:"job"`
	Post      string            `json:"post"`
	Requester string            `json:"requester"`        // account id, on the bot's server
	Author    string            `json:"author,omitempty"` // whose picture was dreamed, likewise; "" for one out of noise
	Record    []byte            `json:"record"`           // for the antidote list, as JSON, owned by the bot
	Sketch    []byte            `json:"sketch,omitempty"`
	// Open says that everybody may see the post: only then is the record published.
	Open bool `json:"open,omitempty"`
	// URL is the post's address, and Alt describes the picture, where those whom it concerns said yes to the gallery.
	URL   string    `json:"url,omitempty"`
	Alt   string    `json:"alt,omitempty"`
	Shown bool      `json:"shown,omitempty"` // in the gallery
	Made  time.Time `json:"made"`

	Thumb []byte `json:"-"` // what the gallery shows, a JPEG; none is kept of a dream that is not shown
}

// Dreams are what a bot posted.
type Dreams Account

// createDreams came with the antidote.
func createDreams(b *bolt.Tx) error {
	for _, name := range [][]byte{dreamBucket, thumbBucket} {
		if _, err := b.CreateBucketIfNotExists(name); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	return nil
}

func dreamKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// putDream stores a new one of a job. Whether it is shown is decided here, by what the people it concerns have said.
func putDream(tx *tx, j *Job, d Dream) (err error) {
	b := tx.Bucket(dreamBucket)
	if d.Number, err = b.NextSequence(); err != nil {
		return fmt.Errorf("number a dream: %w", err)
	}
	d.Bot, d.Job, d.Post, d.Requester, d.Made = j.Bot, j.ID, j.PostID, j.Requester, tx.now
	if d.Shown = d.Shown && d.Open && len(d.Thumb) > 0; d.Shown {
		if d.Shown, err = allShow(tx, d); err != nil {
			return err
		}
	}
	if !d.Shown {
		d.URL, d.Alt, d.Thumb = "", "", nil
	} else if err := tx.Bucket(thumbBucket).Put(dreamKey(d.Number), d.Thumb); err != nil {
		return fmt.Errorf("store a picture of the gallery: %w", err)
	}
	if d.Number > mostDreams {
		if err := dropDream(tx, d.Number-mostDreams); err != nil {
			return err
		}
	}
	return putRecord(tx, dreamBucket, dreamKey(d.Number), d)
}

// allShow says whether all whom a dream concerns said yes to the gallery, and none of them stop.
func allShow(tx *tx, d Dream) (bool, error) {
	for _, person := range []string{d.Requester, d.Author} {
		if person == "" {
			continue
		}
		for topic, usual := range map[string]bool{Gallery: false, Everything: true} {
			c, said, err := getRecord[Consent](tx, consentBucket, key(d.Bot.Server, d.Bot.ID, person, topic))
			if err != nil || said && !c.Yes || !said && !usual {
				return false, err
			}
		}
	}
	return true, nil
}

func dropDream(tx *tx, n uint64) error {
	for _, bucket := range [][]byte{thumbBucket, dreamBucket} {
		if err := tx.Bucket(bucket).Delete(dreamKey(n)); err != nil {
			return fmt.Errorf("forget a dream: %w", err)
		}
	}
	return nil
}

// unshow takes the dreams that pick chooses out of the gallery, and their addresses out of the list.
func unshow(tx *tx, bot identity.Identity, pick func(Dream) bool) error {
	var found []Dream
	err := eachRecord(tx, dreamBucket, nil, func(k []byte, d Dream) error {
		if d.Number = binary.BigEndian.Uint64(k); d.Shown && d.Bot == bot && pick(d) {
			found = append(found, d)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return nil
	}
	if _, err := tx.Bucket(thumbBucket).NextSequence(); err != nil {
		return fmt.Errorf("count what was taken out of the gallery: %w", err)
	}
	for _, d := range found {
		d.Shown, d.URL, d.Alt = false, "", ""
		if err := tx.Bucket(thumbBucket).Delete(dreamKey(d.Number)); err != nil {
			return fmt.Errorf("take a picture out of the gallery: %w", err)
		}
		if err := putRecord(tx, dreamBucket, dreamKey(d.Number), d); err != nil {
			return err
		}
	}
	return nil
}

// Of are the dreams that somebody asked the bot for, newest first.
func (a *Dreams) Of(person string) (all []Dream, err error) {
	err = a.s.view(func(tx *tx) error {
		return eachDream(tx, func(d Dream) (bool, error) {
			if d.Bot == a.who && d.Requester == person {
				all = append(all, d)
			}
			return true, nil
		})
	})
	return all, err
}

// eachDream goes through them, newest first, until f has enough.
func eachDream(tx *tx, f func(Dream) (more bool, err error)) error {
	c := tx.Bucket(dreamBucket).Cursor()
	for k, _ := c.Last(); k != nil; k, _ = c.Prev() {
		d, _, err := getRecord[Dream](tx, dreamBucket, k)
		if err != nil {
			return err
		}
		d.Number = binary.BigEndian.Uint64(k)
		if more, err := f(d); err != nil || !more {
			return err
		}
	}
	return nil
}

// Album is what may be published of all bots' dreams.
type Album struct{ s *Store }

// Album is what may be published of all bots' dreams.
func (s *Store) Album() Album { return Album{s} }

// Open are the dreams whose records may be published, oldest first.
func (l Album) Open() (all []Dream, err error) {
	err = l.s.view(func(tx *tx) error {
		return eachRecord(tx, dreamBucket, nil, func(k []byte, d Dream) error {
			if d.Number = binary.BigEndian.Uint64(k); d.Open {
				d.Sketch = nil
				all = append(all, d)
			}
			return nil
		})
	})
	return all, err
}

// Shown are the latest dreams of the gallery, newest first, without their pictures.
func (l Album) Shown(limit int) (all []Dream, err error) {
	err = l.s.view(func(tx *tx) error {
		return eachDream(tx, func(d Dream) (bool, error) {
			if d.Shown {
				all = append(all, d)
			}
			return len(all) < limit, nil
		})
	})
	return all, err
}

// Thumb is the picture of one that is shown; ok is false for any other.
func (l Album) Thumb(n uint64) (data []byte, ok bool, err error) {
	err = l.s.view(func(tx *tx) error {
		data = append(data, tx.Bucket(thumbBucket).Get(dreamKey(n))...)
		return nil
	})
	return data, len(data) > 0, err
}

// State changes whenever anything of the album does: how many dreams there were, and how often one was taken back.
func (l Album) State() (posted, withdrawn uint64, err error) {
	err = l.s.view(func(tx *tx) error {
		posted, withdrawn = tx.Bucket(dreamBucket).Sequence(), tx.Bucket(thumbBucket).Sequence()
		return nil
	})
	return posted, withdrawn, err
}
