package store

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
)

// Posts are found by what became of them and when they were seen, and by their address, without
// reading all that was ever judged. The indexes are written with the rows, in one transaction.

// seenKey is where a row is found by its fate and time.
func seenKey(who identity.Identity, j Judged) []byte {
	return slices.Concat(prefix(who.Server, who.ID, string(j.Fate)), instant(j.Seen), []byte(j.Post))
}

// linkKey is where a row is found by its address, which may be long.
func linkKey(who identity.Identity, url string) []byte {
	sum := sha256.Sum256([]byte(url))
	return append(prefix(who.Server, who.ID), sum[:]...)
}

// indexJudged makes a row found as it is now instead of as it was, both of which may be nil.
func indexJudged(tx *tx, who identity.Identity, was, now *Judged) error {
	seen, links := tx.Bucket(seenBucket), tx.Bucket(linkBucket)
	if was != nil {
		if err := seen.Delete(seenKey(who, *was)); err != nil {
			return fmt.Errorf("take a post out of the index: %w", err)
		}
		if k := linkKey(who, was.URL); was.URL != "" && string(links.Get(k)) == was.Post {
			if err := links.Delete(k); err != nil {
				return fmt.Errorf("take a post's address out of the index: %w", err)
			}
		}
	}
	if now == nil {
		return nil
	}
	if err := seen.Put(seenKey(who, *now), nil); err != nil {
		return fmt.Errorf("put a post into the index: %w", err)
	}
	if now.URL == "" {
		return nil
	}
	if err := links.Put(linkKey(who, now.URL), []byte(now.Post)); err != nil {
		return fmt.Errorf("put a post's address into the index: %w", err)
	}
	return nil
}

// allFates are those a row can have.
func allFates() []Fate { return slices.Sorted(maps.Keys(fates)) }

// judgedSince reads the rows of these fates, all when there are none, that were seen since a time and
// that pick chooses, newest first.
func judgedSince(tx *tx, who identity.Identity, since time.Time, of []Fate, pick func(Judged) bool,
) (rows []Judged, err error) {
	if len(of) == 0 {
		of = allFates()
	}
	c := tx.Bucket(seenBucket).Cursor()
	for _, fate := range of {
		p := prefix(who.Server, who.ID, string(fate))
		for k, _ := c.Seek(slices.Concat(p, instant(since))); bytes.HasPrefix(k, p); k, _ = c.Next() {
			j, err := judgedOf(tx, who, string(k[len(p)+8:]))
			if err != nil {
				return nil, fmt.Errorf("%w: a post in the index: %v", ErrDamaged, err)
			}
			if pick == nil || pick(j) {
				rows = append(rows, j)
			}
		}
	}
	slices.SortFunc(rows, func(a, b Judged) int {
		return cmp.Or(b.Seen.Compare(a.Seen), cmp.Compare(len(b.Post), len(a.Post)), strings.Compare(b.Post, a.Post))
	})
	return rows, nil
}

// ByURL reads the post at an address, or ErrNoPost.
func (a *Timeline) ByURL(url string) (j Judged, err error) {
	err = a.s.view(func(tx *tx) error {
		post := tx.Bucket(linkBucket).Get(linkKey(a.who, url))
		if post == nil {
			return ErrNoPost
		}
		j, err = judgedOf(tx, a.who, string(post))
		return err
	})
	return j, err
}

// PruneJudged forgets posts that were left alone and seen before a time, and others that came
// to an end before another.
func (s *Store) PruneJudged(kept, ended time.Time) (n int, err error) {
	err = s.update(func(tx *tx) error {
		var old [][]byte
		err := tx.Bucket(seenBucket).ForEach(func(k, _ []byte) error {
			if fate, seen, _ := cutSeen(k); fate == Kept && seen.Before(kept) || fate.ended() && seen.Before(ended) {
				old = append(old, bytes.Clone(k))
			}
			return nil
		})
		for _, k := range old {
			if err != nil {
				return err
			}
			var gone bool
			if gone, err = pruneOne(tx, k, ended); gone {
				n++
			}
		}
		return errors.Join(err, pruneMoves(tx))
	})
	return n, err
}

// ended says that nothing more happens to a post by itself.
func (f Fate) ended() bool { return f == Noted || f == Returned || f == TakenOut || f == Gone }

// ownerOf is the account that a key begins with.
func ownerOf(k []byte) identity.Identity {
	server, rest, _ := bytes.Cut(k, []byte{0})
	id, _, _ := bytes.Cut(rest, []byte{0})
	return identity.Identity{Server: string(server), ID: string(id)}
}

// cutSeen splits a key of the index behind its account.
func cutSeen(k []byte) (fate Fate, seen time.Time, post string) {
	parts := bytes.SplitN(k, []byte{0}, 4)
	return Fate(parts[2]), fromInstant(parts[3][:8]), string(parts[3][8:])
}

// pruneOne forgets a row that was seen long ago, unless it came to its end only later.
func pruneOne(tx *tx, k []byte, ended time.Time) (gone bool, err error) {
	who := ownerOf(k)
	_, _, post := cutSeen(k)
	j, err := judgedOf(tx, who, post)
	if err != nil || j.Fate != Kept && !j.Changed.Before(ended) {
		return false, err
	}
	if err := tx.Bucket(hiddenBucket).Delete(judgedKey(who, post)); err != nil {
		return false, fmt.Errorf("forget a post: %w", err)
	}
	return true, indexJudged(tx, who, &j, nil)
}

// createIndexes came with histories too long to be read whole.
func createIndexes(b *bolt.Tx) error {
	for _, name := range [][]byte{seenBucket, linkBucket} {
		if _, err := b.CreateBucketIfNotExists(name); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	tx := &tx{Tx: b}
	return eachRecord(tx, hiddenBucket, nil, func(k []byte, j Judged) error {
		return indexJudged(tx, ownerOf(k), nil, &j)
	})
}

// checkJudged says whether every post is found where it belongs, and no other.
func checkJudged(tx *tx) error {
	rows := 0
	err := eachRecord(tx, hiddenBucket, nil, func(k []byte, j Judged) error {
		rows++
		if tx.Bucket(seenBucket).Get(seenKey(ownerOf(k), j)) == nil {
			return fmt.Errorf("%w: post %q is not in the index", ErrDamaged, j.Post)
		}
		return nil
	})
	if n := tx.Bucket(seenBucket).Stats().KeyN; err == nil && n != rows {
		err = fmt.Errorf("%w: %d posts in the index, there are %d", ErrDamaged, n, rows)
	}
	return err
}
