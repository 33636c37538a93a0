package store

import (
	"bytes"
	"encoding/json"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// putRecord stores v as JSON.
func putRecord(tx *tx, bucket, k []byte, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode a record of %s: %w", bucket, err)
	}
	if err := tx.Bucket(bucket).Put(k, data); err != nil {
		return fmt.Errorf("store a record of %s: %w", bucket, err)
	}
	return nil
}

// getRecord reads what putRecord stored; ok is false when there is nothing.
func getRecord[T any](tx *tx, bucket, k []byte) (v T, ok bool, err error) {
	data := tx.Bucket(bucket).Get(k)
	if data == nil {
		return v, false, nil
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return v, false, fmt.Errorf("%w: a record of %s: %v", ErrDamaged, bucket, err)
	}
	return v, true, nil
}

// eachRecord calls f for all records whose key begins with prefix, in the order of their keys.
func eachRecord[T any](tx *tx, bucket, prefix []byte, f func(k []byte, v T) error) error {
	c := tx.Bucket(bucket).Cursor()
	for k, data := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, data = c.Next() {
		var v T
		if err := json.Unmarshal(data, &v); err != nil {
			return fmt.Errorf("%w: a record of %s: %v", ErrDamaged, bucket, err)
		}
		if err := f(k, v); err != nil {
			return err
		}
	}
	return nil
}

// dropRecords removes all records under prefix that pick chooses and says how many those were.
func dropRecords[T any](tx *tx, bucket, prefix []byte, pick func(v T) bool) (n int, err error) {
	var keys [][]byte
	err = eachRecord(tx, bucket, prefix, func(k []byte, v T) error {
		if pick(v) {
			keys = append(keys, bytes.Clone(k))
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, k := range keys {
		if err := tx.Bucket(bucket).Delete(k); err != nil {
			return n, fmt.Errorf("drop a record of %s: %w", bucket, err)
		}
		n++
	}
	return n, nil
}

// prefix is the start of all keys below parts.
func prefix(parts ...string) []byte { return append(key(parts...), 0) }

// dropKeys removes everything whose key begins with prefix.
func dropKeys(b *bolt.Bucket, prefix []byte) error {
	c := b.Cursor()
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Seek(prefix) {
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return nil
}
