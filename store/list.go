package store

import (
	"errors"
	"time"
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

// Lists are the filters that are kept here for a subscriber whose network has none.
type Lists Account

// ErrNoList means that there is no such list of posts.
var ErrNoList = errors.New("no such list of posts")

// All are the subscriber's lists, in the order of their ids.
func (a *Lists) All() (lists []PostList, err error) {
	err = a.s.view(func(tx *tx) error {
		return eachRecord(tx, listBucket, prefix(a.who.Server, a.who.ID), func(_ []byte, v PostList) error {
			lists = append(lists, v)
			return nil
		})
	})
	return lists, err
}

// Put stores a list.
func (a *Lists) Put(l PostList) error {
	return a.s.update(func(tx *tx) error {
		if _, err := subscriberOf(tx, a.who); err != nil {
			return err
		}
		return putRecord(tx, listBucket, key(a.who.Server, a.who.ID, l.ID), l)
	})
}

// Change changes a list in one transaction, or is ErrNoList.
func (a *Lists) Change(id string, change func(*PostList) error) error {
	return a.s.update(func(tx *tx) error {
		k := key(a.who.Server, a.who.ID, id)
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

// Drop forgets a list; one that is gone is no error.
func (a *Lists) Drop(id string) error {
	return a.s.update(func(tx *tx) error {
		return tx.Bucket(listBucket).Delete(key(a.who.Server, a.who.ID, id))
	})
}
