package store

import (
	"encoding/json"
	"slices"
)

// Notes are what the adapter of an account's network keeps about it: records in JSON, each under a name.
// What is in them is not the store's business.
type Notes struct {
	a      *Account
	bucket []byte
	under  []string // what the keys begin with, behind the account
}

// The parts of notes that have a bucket of their own, from when there were no others.
var noteBuckets = map[string][]byte{"filters": shelfBucket, "lists": listBucket}

// Notes are one part of what is kept, such as "filters".
func (a *Account) Notes(part string) *Notes {
	if bucket, ok := noteBuckets[part]; ok {
		return &Notes{a, bucket, nil}
	}
	return &Notes{a, noteBucket, []string{part}}
}

func (n *Notes) key(name string) []byte {
	return key(slices.Concat([]string{n.a.who.Server, n.a.who.ID}, n.under, []string{name})...)
}

// All are the records by name.
func (n *Notes) All() (records map[string][]byte, err error) {
	records = map[string][]byte{}
	err = n.a.s.view(func(tx *tx) error {
		from := n.key("")
		return eachRecord(tx, n.bucket, from, func(k []byte, v json.RawMessage) error {
			records[string(k[len(from):])] = v
			return nil
		})
	})
	return records, err
}

// Put stores a record of a subscriber in place of the one of that name.
func (n *Notes) Put(name string, record []byte) error {
	return n.a.s.update(func(tx *tx) error {
		if _, err := here(tx, n.a.who); err != nil {
			return err
		}
		return putRecord(tx, n.bucket, n.key(name), json.RawMessage(record))
	})
}

// Drop forgets a record; one that is not there is no error.
func (n *Notes) Drop(name string) error {
	return n.a.s.update(func(tx *tx) error {
		if err := notAway(tx, n.a.who); err != nil {
			return err
		}
		return tx.Bucket(n.bucket).Delete(n.key(name))
	})
}

// Kept are all records that the adapter keeps about the account.
func (a *Account) Kept() (records []json.RawMessage, err error) {
	err = a.s.view(func(tx *tx) error {
		for _, bucket := range [][]byte{shelfBucket, listBucket, noteBucket} {
			err := eachRecord(tx, bucket, prefix(a.who.Server, a.who.ID), func(_ []byte, v json.RawMessage) error {
				records = append(records, v)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return records, err
}
