package store

import (
	"encoding/binary"
	"fmt"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
)

// The buckets.
var (
	metaBucket     = []byte("meta")     // schema, secrets of the file's own
	cursorBucket   = []byte("cursors")  // server, account -> cursor
	jobBucket      = []byte("jobs")     // id -> Job
	orderBucket    = []byte("order")    // server, account, id of a job: whose it is
	sourceBucket   = []byte("sources")  // server, account, post -> id of the job it became
	postBucket     = []byte("posts")    // server, account, reply -> id of its job
	dueBucket      = []byte("due")      // phase, server, account, lane, time, id: who is next
	countBucket    = []byte("counts")   // server, account, state -> number of jobs
	blobBucket     = []byte("blobs")    // id, name -> bytes of an unposted picture
	limitBucket    = []byte("limits")   // name, time, token: what was used of a limit
	consentBucket  = []byte("consents") // server, account, topic -> Consent
	auditBucket    = []byte("audit")    // sequence -> Entry
	credentialsBkt = []byte("sealed")   // record, field -> ciphertext
	ruleBucket     = []byte("rules")    // id -> Rule

	subscriberBucket = []byte("subscribers") // server, account -> Subscriber
	hiddenBucket     = []byte("judged")      // server, account, post -> Judged
	seenBucket       = []byte("seen")        // server, account, fate, time, post: for hiddenBucket
	linkBucket       = []byte("links")       // server, account, hash of an address -> post
	workBucket       = []byte("filterwork")  // server, account, post of what the filer has to do
	shelfBucket      = []byte("shelves")     // server, account, name -> notes on filters on the server
	muteBucket       = []byte("mutes")       // server, account, muted account -> Mute
	lessonBucket     = []byte("lessons")     // server, account, picture -> Lesson
	allowanceBucket  = []byte("allowances")  // handle -> Allowance
	sessionBucket    = []byte("sessions")    // hash of an id -> Session
	sightBucket      = []byte("sights")      // model, address or hash of a picture -> Sight
	spendBucket      = []byte("spending")    // server, account, month, item -> Spending
	listBucket       = []byte("postlists")   // server, account, name -> notes on lists of posts
	noteBucket       = []byte("notes")       // server, account, part, name -> other notes of adapters
	adminBucket      = []byte("admins")      // handle -> Admin
	dreamBucket      = []byte("dreams")      // sequence -> Dream
	thumbBucket      = []byte("thumbs")      // sequence of a dream -> its picture in the gallery

	antidoteListBucket = []byte("antidotelists") // address -> List
	antidotePageBucket = []byte("antidotepages") // address, name -> bytes of somebody else's list
	followBucket       = []byte("followings")    // server, account, address -> Following
	departedBucket     = []byte("departed")      // server, account -> Departed
	decisionBucket     = []byte("decisions")     // id of a move -> decision
)

// step brings the schema from one version to the next.
type step func(*bolt.Tx) error

// schema is every step since the empty file; the version is how many were taken. Steps are
// only ever appended.
var schema = []step{createBuckets, createRules, createFilter, createSessions, createSpending, toIdentities,
	createNotes, createAdmins, createIndexes, createMoves, createDreams, createLists}

func createBuckets(tx *bolt.Tx) error {
	for _, name := range [][]byte{cursorBucket, jobBucket, sourceBucket, postBucket, dueBucket, countBucket,
		blobBucket, limitBucket, consentBucket, auditBucket, credentialsBkt} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	return nil
}

// createRules came with the allow and deny lists.
func createRules(tx *bolt.Tx) error {
	if _, err := tx.CreateBucketIfNotExists(ruleBucket); err != nil {
		return fmt.Errorf("create bucket %s: %w", ruleBucket, err)
	}
	return nil
}

// createFilter came with the timeline filter.
func createFilter(tx *bolt.Tx) error {
	for _, name := range [][]byte{subscriberBucket, hiddenBucket, workBucket, shelfBucket, muteBucket, lessonBucket,
		sightBucket, allowanceBucket} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	return nil
}

// createSessions came with the web page.
func createSessions(tx *bolt.Tx) error {
	if _, err := tx.CreateBucketIfNotExists(sessionBucket); err != nil {
		return fmt.Errorf("create bucket %s: %w", sessionBucket, err)
	}
	return nil
}

// createNotes came with adapters that keep what they like.
func createNotes(tx *bolt.Tx) error {
	if _, err := tx.CreateBucketIfNotExists(noteBucket); err != nil {
		return fmt.Errorf("create bucket %s: %w", noteBucket, err)
	}
	return nil
}

var schemaKey = []byte("schema")

// version is how many steps a file has behind it; 0 for a fresh one.
func version(tx *bolt.Tx) int {
	meta := tx.Bucket(metaBucket)
	if meta == nil {
		return 0
	}
	v := meta.Get(schemaKey)
	if len(v) != 8 {
		return 0
	}
	return int(binary.BigEndian.Uint64(v))
}

// migrate takes the missing steps in one transaction. A file that holds something is copied
// beside itself first.
func migrate(db *bolt.DB, steps []step, now time.Time) error {
	var have int
	if err := db.View(func(tx *bolt.Tx) error { have = version(tx); return nil }); err != nil {
		return fmt.Errorf("read the schema version: %w", err)
	}
	switch {
	case have == len(steps):
		return nil
	case have > len(steps):
		return fmt.Errorf("%w (schema %d, this program knows %d): start the newer slugpuppy again, or restore the backup it made before it changed the file", ErrNewer, have, len(steps))
	}
	if have > 0 {
		if err := backupBefore(db, have, now); err != nil {
			return fmt.Errorf("back up schema %d before changing it: %w", have, err)
		}
	}
	return db.Update(func(tx *bolt.Tx) error { return takeSteps(tx, steps, have) })
}

func takeSteps(tx *bolt.Tx, steps []step, have int) error {
	for i := have; i < len(steps); i++ {
		if err := steps[i](tx); err != nil {
			return fmt.Errorf("migrate to schema %d: %w", i+1, err)
		}
	}
	meta, err := tx.CreateBucketIfNotExists(metaBucket)
	if err != nil {
		return fmt.Errorf("create bucket %s: %w", metaBucket, err)
	}
	return meta.Put(schemaKey, binary.BigEndian.AppendUint64(nil, uint64(len(steps))))
}

// backupBefore copies the file to FILE.schemaN-TIME.bak.
func backupBefore(db *bolt.DB, have int, now time.Time) error {
	to := fmt.Sprintf("%s.schema%d-%s.bak", db.Path(), have, now.UTC().Format("20060102T150405Z"))
	if _, err := os.Stat(to); err == nil {
		return nil // a migration cut short within this second wrote the same bytes
	}
	return copyTo(db, to)
}
