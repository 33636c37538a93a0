package store

import (
	"errors"
	"time"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
)

// PostList is a filter of posts that we keep ourselves, for a network that has none: a browser hides
// what is in it.
type PostList struct {
	ID      string               `json:"id"`
	Title   string               `json:"title"`
	How     string               `json:"how"`
	Expires time.Time            `json:"expires"`
	Posts   map[string]time.Time `json:"posts"` // id -> when it was filed
}

// ErrNoList means that there is no such list of posts.
var ErrNoList = errors.New("no such list of posts")

// PostLists are those of a subscriber, in the order of their ids.
func (s *Store) PostLists(who identity.Identity) (lists []PostList, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		return eachRecord(tx, listBucket, prefix(who.Server, who.ID), func(_ []byte, v PostList) error {
			lists = append(lists, v)
			return nil
		})
	})
	return lists, err
}

// PutPostList stores a list.
func (s *Store) PutPostList(who identity.Identity, l PostList) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		if _, err := subscriberOf(tx, who); err != nil {
			return err
		}
		return putRecord(tx, listBucket, key(who.Server, who.ID, l.ID), l)
	})
}

// ChangePostList changes a list in one transaction, or is ErrNoList.
func (s *Store) ChangePostList(who identity.Identity, id string, change func(*PostList) error) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		k := key(who.Server, who.ID, id)
		l, ok, err := getRecord[PostList](tx, listBucket, k)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNoList
		}
		if l.Posts == nil {
			l.Posts = map[string]time.Time{}
		}
		if err := change(&l); err != nil {
			return err
		}
		return putRecord(tx, listBucket, k, l)
	})
}

// DropPostList forgets a list; one that is gone is no error.
func (s *Store) DropPostList(who identity.Identity, id string) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket(listBucket).Delete(key(who.Server, who.ID, id))
	})
}
