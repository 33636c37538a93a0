package store

import (
	"io"
	"path/filepath"
	"slices"

	bolt "go.etcd.io/bbolt"
)

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

// Back is the fate by which a word that is taken back leads from one to another; Follows says whether that
// is a way.
func Back(from, to Fate) (back Fate, follows bool) {
	back = from.back(to)
	return back, back == from || slices.Contains(fates[from], back)
}

// Fates are all that a post can have.
func Fates() []Fate { return allFates() }

// SyncStep is how far a copy may be ahead of the disk.
const SyncStep = syncStep

// Steady writes to a file no faster than the disk takes it.
func Steady(file interface {
	io.Writer
	Sync() error
}) io.Writer {
	return &steady{file: file}
}

// Begin makes an empty database, as a process does that is about to create one at path.
func Begin(path string) (string, error) {
	return begin(filepath.Dir(path), filepath.Base(path)+newSuffix)
}
