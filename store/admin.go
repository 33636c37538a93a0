package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
)

// Admin is somebody who may see what operators see. They are configured by handle; whose handle that was
// when it was first asked for is decided once, and only that account counts.
type Admin struct {
	Handle   string            `json:"handle"` // name@host, lower case
	Identity identity.Identity `json:"identity"`
	At       time.Time         `json:"at"`
}

// AdminPinned is the action of it in the audit trail.
const AdminPinned Action = "pin admin"

// Admins are those whose accounts are known, by handle.
func (o *Operator) Admins() (admins []Admin, err error) {
	err = o.s.view(func(tx *tx) error {
		return eachRecord(tx, adminBucket, nil, func(_ []byte, v Admin) error {
			admins = append(admins, v)
			return nil
		})
	})
	return admins, err
}

// PinAdmin decides whose a configured handle is, unless that is decided already, and returns who it is.
func (o *Operator) PinAdmin(handle string, who identity.Identity) (admin Admin, err error) {
	handle = strings.ToLower(handle)
	err = o.s.update(func(tx *tx) error {
		old, known, err := getRecord[Admin](tx, adminBucket, key(handle))
		if err != nil || known {
			admin = old
			if err == nil {
				err = errIdle
			}
			return err
		}
		admin = Admin{handle, who, tx.now}
		if err := putRecord(tx, adminBucket, key(handle), admin); err != nil {
			return err
		}
		return audit(tx, Entry{Actor: Itself(), Action: AdminPinned, Subject: handle, After: who.String()})
	})
	if errors.Is(err, errIdle) {
		err = nil
	}
	return admin, err
}

// KeepAdmins forgets whose the handles were that are no longer configured. One that comes back is asked
// for anew.
func (o *Operator) KeepAdmins(handles []string) error {
	return o.s.update(func(tx *tx) error {
		_, err := dropRecords(tx, adminBucket, nil, func(v Admin) bool { return !slices.Contains(handles, v.Handle) })
		return err
	})
}

// createAdmins came with admins who are accounts.
func createAdmins(tx *bolt.Tx) error {
	if _, err := tx.CreateBucketIfNotExists(adminBucket); err != nil {
		return fmt.Errorf("create bucket %s: %w", adminBucket, err)
	}
	return nil
}
