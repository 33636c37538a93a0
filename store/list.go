package store

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
)

// ErrNoList means that no such antidote list is followed.
var ErrNoList = errors.New("no such antidote list is followed")

// List is somebody else's antidote list, as it was fetched last.
type List struct {
	URL     string    `json:"url"`
	Key     string    `json:"key"` // pinned: what it is signed with next has to be this, or vouched for by it
	Maker   string    `json:"maker,omitempty"`
	Serial  uint64    `json:"serial"`
	Records int       `json:"records"`
	Fetched time.Time `json:"fetched"`           // the issue that is in use
	Tried   time.Time `json:"tried,omitzero"`    // the last look
	Trouble string    `json:"trouble,omitempty"` // of the last look, "" when it went well
	// Quarantine is why nothing is hidden because of the list, "" while it may be.
	Quarantine string `json:"quarantine,omitempty"`
	// Pictures are how many were looked at since it is followed, Hits how many of those it knew, and Against how many of
	// these were no dreams in the eye's view or in people's words.
	Pictures int `json:"pictures,omitempty"`
	Hits     int `json:"hits,omitempty"`
	Against  int `json:"against,omitempty"`
}

// Fetchable says whether the list has an address, and did not come as a file.
func (l List) Fetchable() bool {
	return strings.HasPrefix(l.URL, "https://") || strings.HasPrefix(l.URL, "http://")
}

// Following is somebody's wish that a list counts for them.
type Following struct {
	URL   string            `json:"url"`
	Owner identity.Identity `json:"owner,omitzero"` // none: for all subscribers
	How   string            `json:"how"`
	// Alone lets the list hide even what the eye clearly takes for no dream.
	Alone bool      `json:"alone,omitempty"`
	Since time.Time `json:"since"`
}

// Lists are the antidote lists that are followed.
type Lists struct{ s *Store }

// Lists are the antidote lists that are followed.
func (s *Store) Lists() Lists { return Lists{s} }

// createLists came with antidote lists of others.
func createLists(b *bolt.Tx) error {
	for _, name := range [][]byte{antidoteListBucket, antidotePageBucket, followBucket} {
		if _, err := b.CreateBucketIfNotExists(name); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	return nil
}

func followKey(owner identity.Identity, url string) []byte { return key(owner.Server, owner.ID, url) }

// Put stores an issue of a list with its pages by name, in place of the one before; a page whose bytes are nil stays as
// it is, and others are dropped.
func (l Lists) Put(list List, pages map[string][]byte) error {
	return l.s.update(func(tx *tx) error {
		b, p := tx.Bucket(antidotePageBucket), prefix(list.URL)
		var old [][]byte
		c := b.Cursor()
		for k, _ := c.Seek(p); k != nil && bytes.HasPrefix(k, p); k, _ = c.Next() {
			if _, stays := pages[string(k[len(p):])]; !stays {
				old = append(old, bytes.Clone(k))
			}
		}
		for _, k := range old {
			if err := b.Delete(k); err != nil {
				return fmt.Errorf("drop a page of a list: %w", err)
			}
		}
		for name, data := range pages {
			if data == nil {
				continue
			}
			if err := b.Put(append(prefix(list.URL), name...), data); err != nil {
				return fmt.Errorf("store a page of a list: %w", err)
			}
		}
		return putRecord(tx, antidoteListBucket, key(list.URL), list)
	})
}

// Change changes what is known of a list.
func (l Lists) Change(url string, change func(*List)) (list List, err error) {
	err = l.s.update(func(tx *tx) error {
		var ok bool
		if list, ok, err = getRecord[List](tx, antidoteListBucket, key(url)); err != nil || !ok {
			return errors.Join(err, missing(ok, ErrNoList))
		}
		change(&list)
		return putRecord(tx, antidoteListBucket, key(url), list)
	})
	return list, err
}

func missing(ok bool, err error) error {
	if ok {
		return nil
	}
	return err
}

// Find reads what is known of a list, or ErrNoList.
func (l Lists) Find(url string) (list List, err error) {
	err = l.s.view(func(tx *tx) error {
		var ok bool
		list, ok, err = getRecord[List](tx, antidoteListBucket, key(url))
		return errors.Join(err, missing(ok, ErrNoList))
	})
	return list, err
}

// All are the lists that are followed, in the order of their addresses.
func (l Lists) All() (all []List, err error) {
	err = l.s.view(func(tx *tx) error {
		return eachRecord(tx, antidoteListBucket, nil, func(_ []byte, v List) error {
			all = append(all, v)
			return nil
		})
	})
	return all, err
}

// Pages are what was stored with a list, by name.
func (l Lists) Pages(url string) (pages map[string][]byte, err error) {
	pages = map[string][]byte{}
	err = l.s.view(func(tx *tx) error {
		p := prefix(url)
		c := tx.Bucket(antidotePageBucket).Cursor()
		for k, v := c.Seek(p); k != nil && bytes.HasPrefix(k, p); k, v = c.Next() {
			pages[string(k[len(p):])] = bytes.Clone(v)
		}
		return nil
	})
	return pages, err
}

// Follow has a list count for somebody, or for all, from now on.
func (l Lists) Follow(by Actor, f Following) error {
	return l.s.update(func(tx *tx) error {
		f.Since = tx.now
		if err := putRecord(tx, followBucket, followKey(f.Owner, f.URL), f); err != nil {
			return err
		}
		return audit(tx, Entry{Actor: by, Action: ListFollowed, Subject: f.URL, After: f.How})
	})
}

// Unfollow ends that, or says ErrNoList; a list that nobody follows any more is forgotten.
func (l Lists) Unfollow(by Actor, owner identity.Identity, url string) error {
	return l.s.update(func(tx *tx) error {
		b, k := tx.Bucket(followBucket), followKey(owner, url)
		if b.Get(k) == nil {
			return ErrNoList
		}
		if err := b.Delete(k); err != nil {
			return fmt.Errorf("unfollow a list: %w", err)
		}
		if err := audit(tx, Entry{Actor: by, Action: ListLeft, Subject: url}); err != nil {
			return err
		}
		return forgetUnfollowed(tx, url)
	})
}

// forgetUnfollowed forgets a list unless somebody follows it.
func forgetUnfollowed(tx *tx, url string) error {
	followed := false
	err := eachRecord(tx, followBucket, nil, func(_ []byte, f Following) error {
		followed = followed || f.URL == url
		return nil
	})
	if err != nil || followed {
		return err
	}
	if err := dropKeys(tx.Bucket(antidotePageBucket), prefix(url)); err != nil {
		return fmt.Errorf("forget a list: %w", err)
	}
	return tx.Bucket(antidoteListBucket).Delete(key(url))
}

// Followings are all wishes, of all lists.
func (l Lists) Followings() (all []Following, err error) {
	err = l.s.view(func(tx *tx) error {
		return eachRecord(tx, followBucket, nil, func(_ []byte, f Following) error {
			all = append(all, f)
			return nil
		})
	})
	return all, err
}
