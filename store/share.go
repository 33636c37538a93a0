package store

import (
	"bytes"
	"compress/flate"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"slugpuppy/bot/identity"
)

// shareVersion is the form of a Share. One of a newer form is refused.
const shareVersion = 1

// Share is all that is known of one subscriber, as it moves from one installation to another. It holds their
// access tokens: whoever writes one anywhere seals it first.
type Share struct {
	Version    int        `json:"version"`
	From       string     `json:"from"` // the giver, as it calls itself
	At         time.Time  `json:"at"`
	Subscriber Subscriber `json:"subscriber"` // with the move
	Cursor     string     `json:"cursor,omitempty"`
	Known      bool       `json:"known"` // there is a cursor
	Judged     []Judged   `json:"judged,omitempty"`
	Notes      []Note     `json:"notes,omitempty"`
	Mutes      []Mute     `json:"mutes,omitempty"`
	Lessons    []Lesson   `json:"lessons,omitempty"`
	Rules      []Rule     `json:"rules,omitempty"`
	Spent      []Spending `json:"spent,omitempty"`
	Lists      []Followed `json:"lists,omitempty"`
	Secrets    []SecretOf `json:"secrets,omitempty"`
}

// Followed is a list that a subscriber follows for themselves, with the key that it has to be signed with; its
// records are fetched anew.
type Followed struct {
	Following
	Key   string `json:"key"`
	Maker string `json:"maker,omitempty"`
}

// Note is one record of an adapter's.
type Note struct {
	Part   string          `json:"part"`
	Name   string          `json:"name"`
	Record json.RawMessage `json:"record"`
}

// SecretName is where a secret is sealed, which differs from installation to installation in nothing but the
// key.
type SecretName struct {
	Record string `json:"record"`
	Field  string `json:"field"`
}

// SecretOf is an opened secret.
type SecretOf struct {
	SecretName
	Value []byte `json:"value"`
}

// HandOver gives away all that is known of a subscriber who is leaving. Again it is the same.
func (v *Vault) HandOver(by Actor, who identity.Identity, move, from string, secrets []SecretName) (s Share, err error) {
	err = v.s.update(func(tx *tx) error {
		sub, err := underway(tx, who, move, Leaving, Handed)
		if err != nil {
			return err
		}
		m := sub.Move
		m.Stage = Handed
		if sub, err = stage(tx, sub, m, by, MoveHanded); err != nil {
			return err
		}
		s, err = v.share(tx, sub, from, secrets)
		return err
	})
	return s, err
}

// Shares reads what a copy of a lost installation's database knows of its subscribers and calls each with it.
// Those who were on their way from or to there are left out: where they are, others decide. A secret that
// cannot be opened is left out as well: whoever it is of connects again.
func (v *Vault) Shares(names func(Subscriber) ([]SecretName, error), each func(Share) error) error {
	subs, err := v.s.Operator().Subscribers()
	if err != nil {
		return err
	}
	for _, sub := range subs {
		if sub.Leaving || sub.Away() {
			continue
		}
		secrets, err := names(sub)
		if err != nil {
			return err
		}
		var s Share
		err = v.s.view(func(tx *tx) error {
			if s, err = v.share(tx, sub, "", secrets); errors.Is(err, ErrSealed) || errors.Is(err, ErrNoSecret) {
				s, err = v.share(tx, sub, "", nil)
			}
			return err
		})
		if err != nil {
			return err
		}
		if err := each(s); err != nil {
			return err
		}
	}
	return nil
}

// Found is a share as if the installation that is lost had handed it over, so that Arrive takes it.
func (s Share) Found(from string) Share {
	s.From, s.Subscriber.Move = from, Move{ID: rand.Text(), Stage: Handed, Secret: rand.Text()}
	return s
}

// share reads all that is known of a subscriber.
func (v *Vault) share(tx *tx, sub Subscriber, from string, secrets []SecretName) (Share, error) {
	who := sub.Identity
	s := Share{Version: shareVersion, From: from, At: tx.now, Subscriber: sub}
	if c := tx.Bucket(cursorBucket).Get(homeKey(who)); c != nil {
		s.Cursor, s.Known = string(c), true
	}
	own := prefix(who.Server, who.ID)
	errs := []error{collect(tx, hiddenBucket, own, &s.Judged), collect(tx, muteBucket, own, &s.Mutes),
		collect(tx, lessonBucket, own, &s.Lessons), collect(tx, spendBucket, own, &s.Spent), s.takeNotes(tx, who), s.takeLists(tx, who)}
	rules, err := rulesOf(tx)
	errs = append(errs, err)
	for _, r := range rules {
		if r.Owner == who {
			s.Rules = append(s.Rules, r)
		}
	}
	for _, name := range secrets {
		value, err := v.open(tx, name.Record, name.Field)
		errs = append(errs, err)
		s.Secrets = append(s.Secrets, SecretOf{name, value})
	}
	return s, errors.Join(errs...)
}

// collect reads all records below a prefix.
func collect[T any](tx *tx, bucket, prefix []byte, into *[]T) error {
	return eachRecord(tx, bucket, prefix, func(_ []byte, v T) error {
		*into = append(*into, v)
		return nil
	})
}

// takeNotes reads what adapters noted.
func (s *Share) takeNotes(tx *tx, who identity.Identity) error {
	own := prefix(who.Server, who.ID)
	for part, bucket := range noteBuckets {
		err := eachRecord(tx, bucket, own, func(k []byte, v json.RawMessage) error {
			s.Notes = append(s.Notes, Note{part, string(k[len(own):]), bytes.Clone(v)})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return eachRecord(tx, noteBucket, own, func(k []byte, v json.RawMessage) error {
		part, name, _ := strings.Cut(string(k[len(own):]), "\x00")
		s.Notes = append(s.Notes, Note{part, name, bytes.Clone(v)})
		return nil
	})
}

// takeLists reads which lists the subscriber follows. One that came as a file stays: nobody could fetch it.
func (s *Share) takeLists(tx *tx, who identity.Identity) error {
	return eachRecord(tx, followBucket, prefix(who.Server, who.ID), func(_ []byte, f Following) error {
		list, ok, err := getRecord[List](tx, antidoteListBucket, key(f.URL))
		if ok && list.Fetchable() {
			s.Lists = append(s.Lists, Followed{f, list.Key, list.Maker})
		}
		return err
	})
}

// valid is an error for what no installation gives away.
func (s Share) valid(now time.Time) error {
	sub, m := s.Subscriber, s.Subscriber.Move
	who, err := identity.New(sub.Identity.Server, sub.Identity.ID)
	switch {
	case s.Version < 1 || s.Version > shareVersion:
		return fmt.Errorf("%w: a share of form %d, this program knows %d", ErrNewer, s.Version, shareVersion)
	case err != nil:
		return fmt.Errorf("%w: a share of nobody: %v", ErrDamaged, err)
	case who != sub.Identity, sub.Network == "", sub.Handle == "", sub.Server == "":
		return fmt.Errorf("%w: a share of nobody", ErrDamaged)
	case len(m.ID) != len("26 letters that are random") || len(m.Secret) < 26 || m.Stage != Handed:
		return fmt.Errorf("%w: a share without a move", ErrDamaged)
	case now.Sub(s.At) > MoveLife:
		return ErrOldMove
	}
	if len(s.Lists) > mostFollowed {
		return fmt.Errorf("%w: a share with %d lists", ErrDamaged, len(s.Lists))
	}
	for _, f := range s.Lists {
		if f.Key == "" || f.How == "" || len(f.URL) > mostAddress || !(List{URL: f.URL}).Fetchable() {
			return fmt.Errorf("%w: a list that nobody can fetch", ErrDamaged)
		}
	}
	for _, j := range s.Judged {
		if _, ok := fates[j.Fate]; !ok || j.Fate == "" || j.Post == "" {
			return fmt.Errorf("%w: a post that is %q", ErrDamaged, j.Fate)
		}
	}
	return nil
}

// Arrive takes in what another installation gave away. Nothing is done with it before Settle; again it is no
// error. The secrets are sealed with this installation's key under the names that it has for them.
func (v *Vault) Arrive(by Actor, s Share, secrets []SecretOf) (sub Subscriber, err error) {
	if err := s.valid(v.s.now()); err != nil {
		return Subscriber{}, err
	}
	who, move := s.Subscriber.Identity, s.Subscriber.Move
	err = v.s.update(func(tx *tx) error {
		d, known, err := decided(tx, move.ID)
		if err != nil {
			return err
		}
		if known && !d.Taken {
			return ErrDecided
		}
		old, err := subscriberOf(tx, who)
		switch {
		case known: // and they may have gone on since
			sub = old
			return errIdle
		case errors.Is(err, ErrNoSubscriber):
		case err != nil:
			return err
		case !old.Away():
			return fmt.Errorf("%w: @%s", ErrHere, old.Handle)
		case old.Move.ID != move.ID || old.Move.Stage != Arriving:
			return fmt.Errorf("%w: @%s is %s", ErrMoving, old.Handle, old.Move.Stage)
		default: // once more
			if err := removeShare(tx, who, nil); err != nil {
				return err
			}
		}
		sub = s.Subscriber
		sub.Move.Stage, sub.Move.Peer, sub.Move.Since = Arriving, s.From, tx.now
		if err := putRecord(tx, subscriberBucket, subscriberKey(who), sub); err != nil {
			return err
		}
		if err := s.put(tx); err != nil {
			return err
		}
		for _, secret := range secrets {
			if err := v.put(tx, secret.Record, secret.Field, secret.Value); err != nil {
				return err
			}
		}
		return audit(tx, Entry{Actor: by, Action: MoveArrived, Subject: sub.Handle, After: stageWord(Arriving),
			Reason: s.From})
	})
	return sub, unlessIdle(err)
}

// put writes what belongs to a subscriber.
func (s Share) put(tx *tx) error {
	who := s.Subscriber.Identity
	if s.Known {
		if err := tx.Bucket(cursorBucket).Put(homeKey(who), []byte(s.Cursor)); err != nil {
			return fmt.Errorf("move the cursor of a timeline: %w", err)
		}
	}
	ids, err := s.putRules(tx)
	if err != nil {
		return err
	}
	for _, j := range s.Judged {
		j.Rule = ids[j.Rule] // those for everybody are the other installation's
		if err := arriveJudged(tx, who, j); err != nil {
			return err
		}
	}
	for _, n := range s.Notes {
		bucket, under := noteBucket, []string{who.Server, who.ID, n.Part, n.Name}
		if own, ok := noteBuckets[n.Part]; ok {
			bucket, under = own, []string{who.Server, who.ID, n.Name}
		}
		if err := putRecord(tx, bucket, key(under...), n.Record); err != nil {
			return err
		}
	}
	for _, m := range s.Mutes {
		if err := putRecord(tx, muteBucket, key(who.Server, who.ID, m.ID), m); err != nil {
			return err
		}
	}
	for _, l := range s.Lessons {
		if err := putRecord(tx, lessonBucket, key(who.Server, who.ID, l.Picture), l); err != nil {
			return err
		}
	}
	for _, v := range s.Spent {
		v.Identity = who
		if err := putRecord(tx, spendBucket, key(who.Server, who.ID, v.Month, v.Item), v); err != nil {
			return err
		}
	}
	return s.putLists(tx)
}

// putLists has the subscriber's lists count for them here. The key that is pinned here stays: it is this operator's.
func (s Share) putLists(tx *tx) error {
	for _, f := range s.Lists {
		f.Owner = s.Subscriber.Identity
		if err := putRecord(tx, followBucket, followKey(f.Owner, f.URL), f.Following); err != nil {
			return err
		}
		if _, ok, err := getRecord[List](tx, antidoteListBucket, key(f.URL)); ok || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		if err := putRecord(tx, antidoteListBucket, key(f.URL), List{URL: f.URL, Key: f.Key, Maker: f.Maker}); err != nil {
			return err
		}
	}
	return nil
}

// putRules gives the subscriber's rules ids of this installation and says which they had before.
func (s Share) putRules(tx *tx) (ids map[string]string, err error) {
	ids = map[string]string{}
	for _, r := range s.Rules {
		n, err := tx.Bucket(ruleBucket).NextSequence()
		if err != nil {
			return nil, fmt.Errorf("number a rule: %w", err)
		}
		was := r.ID
		r.ID, r.Owner = fmt.Sprintf("r%d", n), s.Subscriber.Identity
		ids[was] = r.ID
		if err := putRecord(tx, ruleBucket, []byte(r.ID), r); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// arriveJudged stores a row as it was elsewhere, with its indexes.
func arriveJudged(tx *tx, who identity.Identity, j Judged) error {
	k := judgedKey(who, j.Post)
	if err := putRecord(tx, hiddenBucket, k, j); err != nil {
		return err
	}
	if err := indexJudged(tx, who, nil, &j); err != nil {
		return err
	}
	if j.Fate == Wanted || j.Fate == Unwanted {
		return tx.Bucket(workBucket).Put(k, nil)
	}
	return nil
}

// Encode writes a share in few bytes.
func (s Share) Encode() ([]byte, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		return nil, fmt.Errorf("encode a share: %w", err)
	}
	if err := errors.Join(json.NewEncoder(w).Encode(s), w.Close()); err != nil {
		return nil, fmt.Errorf("encode a share: %w", err)
	}
	return b.Bytes(), nil
}

// Nobody follows more lists than this, or one with a longer address.
const (
	mostFollowed = 1000
	mostAddress  = 300
)

// MaxShare is more bytes than all that is known of anybody has.
const MaxShare = 256 << 20

// DecodeShare reads what Encode wrote.
func DecodeShare(data []byte) (s Share, err error) {
	r := flate.NewReader(bytes.NewReader(data))
	defer r.Close()
	if err := json.NewDecoder(io.LimitReader(r, MaxShare)).Decode(&s); err != nil {
		return Share{}, fmt.Errorf("%w: a share cannot be read: %v", ErrDamaged, err)
	}
	return s, nil
}
