package store

import "time"

// Mute is an account we muted for a subscriber, and until when.
type Mute struct {
	ID     string    `json:"account"` // of the account, on the subscriber's server
	Handle string    `json:"handle"`
	Until  time.Time `json:"until"`
	Done   bool      `json:"done"` // the server has it; before, it may or may not
	// Theirs says that the subscriber ended it, or had muted the account before us: whatever mute is
	// there is theirs. Until then we begin none.
	Theirs bool `json:"theirs,omitempty"`
	// Over says that it ended, at Until: what the account posted before counts no more.
	Over bool `json:"over,omitempty"`
}

// Ours says whether the mute is there because of us, as far as we know.
func (m Mute) Ours() bool { return !m.Theirs && !m.Over }

// PutMute stores a mute.
func (a *Timeline) PutMute(m Mute) error {
	return a.s.update(func(tx *tx) error {
		if _, err := here(tx, a.who); err != nil {
			return err
		}
		return putRecord(tx, muteBucket, key(a.who.Server, a.who.ID, m.ID), m)
	})
}

// DropMute forgets a mute.
func (a *Timeline) DropMute(account string) error {
	return a.s.update(func(tx *tx) error {
		if err := notAway(tx, a.who); err != nil {
			return err
		}
		return tx.Bucket(muteBucket).Delete(key(a.who.Server, a.who.ID, account))
	})
}

// Mutes lists a subscriber's mutes.
func (a *Timeline) Mutes() (mutes []Mute, err error) {
	err = a.s.view(func(tx *tx) error {
		return eachRecord(tx, muteBucket, prefix(a.who.Server, a.who.ID), func(_ []byte, v Mute) error {
			mutes = append(mutes, v)
			return nil
		})
	})
	return mutes, err
}
