package store

import (
	"fmt"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
)

// Spending is what an account used of something that costs money in a month.
type Spending struct {
	Identity identity.Identity `json:"identity"`
	Handle   string            `json:"handle,omitempty"` // as of the last time, without @; none of who left
	Month    string            `json:"month"`            // such as 2026-08
	Item     string            `json:"item"`
	N        int               `json:"n"`
	Cost     int64             `json:"cost"` // in millionths of a US dollar, at the prices of the time
}

// Ledger is what an account costs.
type Ledger Account

// Spend adds to what was spent.
func (a *Ledger) Spend(add Spending) error {
	add.Identity = a.who
	return a.s.update(func(tx *tx) error {
		k := key(a.who.Server, a.who.ID, add.Month, add.Item)
		was, _, err := getRecord[Spending](tx, spendBucket, k)
		if err != nil {
			return err
		}
		sum := add
		if sum.Handle == "" {
			sum.Handle = was.Handle
		}
		sum.N, sum.Cost = was.N+add.N, was.Cost+add.Cost
		return putRecord(tx, spendBucket, k, sum)
	})
}

// Spent is the sum of an account's month.
func (a *Ledger) Spent(month string) (cost int64, err error) {
	err = a.s.view(func(tx *tx) error {
		return eachRecord(tx, spendBucket, prefix(a.who.Server, a.who.ID, month), func(_ []byte, v Spending) error {
			cost += v.Cost
			return nil
		})
	})
	return cost, err
}

// unnameSpending takes the name of somebody who leaves off what they cost, which must stay counted.
func unnameSpending(tx *tx, who identity.Identity) error {
	var theirs []Spending
	err := eachRecord(tx, spendBucket, prefix(who.Server, who.ID), func(_ []byte, v Spending) error {
		theirs = append(theirs, v)
		return nil
	})
	for i := 0; err == nil && i < len(theirs); i++ {
		v := theirs[i]
		v.Handle = ""
		err = putRecord(tx, spendBucket, key(v.Identity.Server, v.Identity.ID, v.Month, v.Item), v)
	}
	return err
}

// createSpending came with networks that cost money and have no filters.
func createSpending(tx *bolt.Tx) error {
	for _, name := range [][]byte{spendBucket, listBucket} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	return nil
}
