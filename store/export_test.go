package store

import bolt "go.etcd.io/bbolt"

// OpenNext opens a file with a program that knows further steps of the schema.
func OpenNext(path string, further ...func(*bolt.Tx) error) (*Store, error) {
	steps := append([]step(nil), schema...)
	for _, s := range further {
		steps = append(steps, s)
	}
	return open(path, Options{NoSync: true}, steps)
}

// Schema is the version this program knows.
func Schema() int { return len(schema) }
