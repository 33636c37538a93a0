package store

import (
	"fmt"
	"time"
)

// Everything is the topic of a consent to all of a person's posts.
const Everything = "*"

// Consents are what people said to a bot about being dreamed.
type Consents Account

// Consent is a person's word on being dreamed. The latest word on a topic counts.
type Consent struct {
	Person string // account id, on the bot's server
	Topic  string // a post's id, Everything or Gallery
	Yes    bool
	At     time.Time
	By     string // the post that said so
}

// Set stores the word of the person who speaks, in one transaction with its audit entry. A no to everything or to the
// gallery takes their dreams out of it.
func (a *Consents) Set(by Actor, c Consent) error {
	c.Person = by.Identity.ID
	return a.s.update(func(tx *tx) error {
		c.At = tx.now
		if err := putRecord(tx, consentBucket, key(a.who.Server, a.who.ID, c.Person, c.Topic), c); err != nil {
			return err
		}
		if !c.Yes && (c.Topic == Gallery || c.Topic == Everything) {
			theirs := func(d Dream) bool { return d.Requester == c.Person || d.Author == c.Person }
			if err := unshow(tx, a.who, theirs); err != nil {
				return err
			}
		}
		return audit(tx, Entry{Actor: by, Action: ConsentGiven, Subject: c.Topic, After: fmt.Sprint(c.Yes),
			Reason: "post " + c.By})
	})
}

// Said reads a person's word on a topic; ok is false when there is none.
func (a *Consents) Said(person, topic string) (c Consent, ok bool, err error) {
	err = a.s.view(func(tx *tx) error {
		c, ok, err = getRecord[Consent](tx, consentBucket, key(a.who.Server, a.who.ID, person, topic))
		return err
	})
	return c, ok, err
}
