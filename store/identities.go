package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
)

// Until schema 5 an account was a platform and an id: "x", "mastodon:" and a host for subscribers, and
// "mastodon" for a bot, whatever its server. Rules, allowances and audited actors were a handle's.

// scope is an account of those days.
type scope struct{ Platform, Account string }

// network is what the adapter of a platform is called.
func (s scope) network() string {
	name, _, _ := strings.Cut(s.Platform, ":")
	return name
}

// host is that of a subscriber's server, as it was written.
func (s scope) host() string {
	_, host, _ := strings.Cut(s.Platform, ":")
	return host
}

// toIdentities gives everything to identities. What is sealed stays where it is: it opens nowhere else.
func toIdentities(tx *bolt.Tx) error {
	if _, err := tx.CreateBucketIfNotExists(orderBucket); err != nil {
		return fmt.Errorf("create bucket %s: %w", orderBucket, err)
	}
	if err := dropKeys(tx.Bucket(countBucket), nil); err != nil { // by state alone: counted again below
		return fmt.Errorf("forget the counts of jobs: %w", err)
	}
	names, err := renamed(tx)
	if err != nil {
		return err
	}
	if err := rekey(tx, names.of); err != nil {
		return err
	}
	for _, change := range []struct {
		bucket []byte
		edit   func(record) error
	}{
		{subscriberBucket, names.subscriber}, {jobBucket, names.job}, {sessionBucket, names.session},
		{spendBucket, names.spending},
		{ruleBucket, names.rule}, {auditBucket, names.entry}, // rules are whose the subscribers' handles were
	} {
		if err := editRecords(tx, change.bucket, change.edit); err != nil {
			return err
		}
	}
	return orderJobs(tx)
}

// owned are the buckets whose keys begin with an account, after so many other fields.
var owned = []struct {
	bucket []byte
	before int
}{
	{cursorBucket, 0}, {sourceBucket, 0}, {postBucket, 0}, {dueBucket, 1}, {orderBucket, 0}, {countBucket, 0},
	{limitBucket, 0}, {consentBucket, 0}, {subscriberBucket, 0}, {hiddenBucket, 0}, {workBucket, 0}, {shelfBucket, 0},
	{muteBucket, 0}, {lessonBucket, 0}, {spendBucket, 0}, {listBucket, 0},
}

// cutKey splits a key at its account; ok is false when it has none.
func cutKey(bucket, k []byte, before int) (front, rest []byte, s scope, ok bool) {
	if bytes.Equal(bucket, cursorBucket) && bytes.HasPrefix(k, prefix("home")) {
		before = 1
	}
	parts := bytes.SplitAfterN(k, []byte{0}, before+3)
	if len(parts) < before+2 {
		return nil, nil, s, false
	}
	front = bytes.Join(parts[:before], nil)
	s = scope{strings.TrimSuffix(string(parts[before]), "\x00"), strings.TrimSuffix(string(parts[before+1]), "\x00")}
	return front, k[len(front)+len(s.Platform)+1+len(s.Account):], s, true
}

// eachOwned calls f for every key of an account.
func eachOwned(tx *bolt.Tx, f func(bucket, k []byte, s scope)) error {
	for _, o := range owned {
		err := tx.Bucket(o.bucket).ForEach(func(k, _ []byte) error {
			if _, _, s, ok := cutKey(o.bucket, k, o.before); ok {
				f(o.bucket, k, s)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// botServer is the server that the bot on Mastodon has its token from, as far as the names of what is
// sealed tell; "mastodon" stands for it otherwise, until the bot has introduced itself, see Adopt.
func botServer(tx *bolt.Tx) string {
	var hosts []string
	p := []byte("mastodon:")
	c := tx.Bucket(credentialsBkt).Cursor()
	for k, _ := c.Seek(p); bytes.HasPrefix(k, p); k, _ = c.Next() {
		if record, field, ok := strings.Cut(string(k), "\x00"); ok && field == "token" {
			hosts = append(hosts, strings.TrimPrefix(record, "mastodon:"))
		}
	}
	if len(hosts) != 1 {
		return "mastodon"
	}
	host, err := identity.Host(hosts[0])
	if err != nil {
		return hosts[0]
	}
	return host
}

// renaming says which identity an account of those days has.
type renaming struct {
	bot     string                         // server of the bot on Mastodon
	apart   map[scope]identity.Identity    // those that keep their own spelling of a host
	claimed map[string][]identity.Identity // handle -> subscribers who went by it
}

// of is the identity of an account.
func (n *renaming) of(s scope) identity.Identity {
	if who, ok := n.apart[s]; ok {
		return who
	}
	switch _, host, subscribes := strings.Cut(s.Platform, ":"); {
	case subscribes:
		if normal, err := identity.Host(host); err == nil {
			host = normal
		}
		return identity.Identity{Server: host, ID: s.Account}
	case s.Platform == "mastodon":
		return identity.Identity{Server: n.bot, ID: s.Account}
	case s.Platform == "x":
		return identity.Identity{Server: "x.com", ID: s.Account}
	}
	return identity.Identity{Server: s.Platform, ID: s.Account}
}

// renamed finds the identities of all accounts in a file. Where several subscribers would be one,
// because a host was written in several ways, the one that wrote it as it is written now is that one and
// the others are kept apart.
func renamed(tx *bolt.Tx) (*renaming, error) {
	n := &renaming{bot: botServer(tx), apart: map[scope]identity.Identity{}, claimed: map[string][]identity.Identity{}}
	same := map[identity.Identity][]scope{}
	err := eachOwned(tx, func(_, _ []byte, s scope) {
		if who := n.of(s); strings.Contains(s.Platform, ":") && !slices.Contains(same[who], s) {
			same[who] = append(same[who], s)
		}
	})
	for who, scopes := range same {
		slices.SortFunc(scopes, func(a, b scope) int {
			if plain := a.host() == who.Server; plain != (b.host() == who.Server) {
				return map[bool]int{true: -1, false: 1}[plain]
			}
			return strings.Compare(a.Platform, b.Platform)
		})
		for _, s := range scopes[1:] {
			n.apart[s] = identity.Identity{Server: s.host(), ID: s.Account}
		}
	}
	return n, err
}

// rekey gives records to the accounts that they are of from now on.
func rekey(tx *bolt.Tx, now func(scope) identity.Identity) error {
	for _, o := range owned {
		b := tx.Bucket(o.bucket)
		var moves []struct{ from, to, value []byte }
		err := b.ForEach(func(k, v []byte) error {
			front, rest, was, ok := cutKey(o.bucket, k, o.before)
			if !ok {
				return nil
			}
			who := now(was)
			to := slices.Concat(front, key(who.Server, who.ID), rest)
			if !bytes.Equal(to, k) {
				moves = append(moves, struct{ from, to, value []byte }{bytes.Clone(k), to, bytes.Clone(v)})
			}
			return nil
		})
		for i := 0; err == nil && i < len(moves); i++ {
			err = b.Delete(moves[i].from)
		}
		for i := 0; err == nil && i < len(moves); i++ {
			err = b.Put(moves[i].to, moves[i].value)
		}
		if err != nil {
			return fmt.Errorf("move the records of %s: %w", o.bucket, err)
		}
	}
	return nil
}

// Adopt gives a bot what was written down for it before its server was known, under the name of its
// network, and says whether there was anything. A bot that has begun already keeps to its own.
func (s *Store) Adopt(network string, who identity.Identity) (adopted bool, err error) {
	was := identity.Identity{Server: network, ID: who.ID}
	err = s.update(func(tx *tx) error {
		cursors := tx.Bucket(cursorBucket)
		if was == who || cursors.Get(key(was.Server, was.ID)) == nil || cursors.Get(key(who.Server, who.ID)) != nil {
			return errIdle
		}
		adopted = true
		err := rekey(tx.Tx, func(s scope) identity.Identity {
			if s == (scope{was.Server, was.ID}) {
				return who
			}
			return identity.Identity{Server: s.Platform, ID: s.Account}
		})
		if err != nil {
			return err
		}
		var theirs []Job
		err = eachRecord(tx, jobBucket, nil, func(_ []byte, j Job) error {
			if j.Bot == was {
				theirs = append(theirs, j)
			}
			return nil
		})
		for i := 0; err == nil && i < len(theirs); i++ {
			theirs[i].Bot = who
			err = putRecord(tx, jobBucket, []byte(theirs[i].ID), theirs[i])
		}
		return err
	})
	if errors.Is(err, errIdle) {
		err = nil
	}
	return adopted, err
}

// record is a record of any shape.
type record map[string]json.RawMessage

// text is a field that is a string; "" where there is none.
func (r record) text(field string) (s string) {
	_ = json.Unmarshal(r[field], &s) // of another kind: none
	return s
}

// set puts a field; nothing that is put here cannot be encoded.
func (r record) set(field string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: encode %s: %v", field, err))
	}
	r[field] = data
}

// take reads the scope that two fields hold and removes them.
func (r record) take(platform, account string) scope {
	s := scope{r.text(platform), r.text(account)}
	delete(r, platform)
	delete(r, account)
	return s
}

// editRecords changes all records of a bucket.
func editRecords(tx *bolt.Tx, bucket []byte, edit func(record) error) error {
	changed := map[string]record{}
	b := tx.Bucket(bucket)
	err := b.ForEach(func(k, data []byte) error {
		r := record{}
		if err := json.Unmarshal(data, &r); err != nil {
			return fmt.Errorf("%w: a record of %s: %v", ErrDamaged, bucket, err)
		}
		changed[string(k)] = r
		return edit(r)
	})
	for k, r := range changed {
		if err == nil {
			err = putJSON(b, []byte(k), r)
		}
	}
	return err
}

func putJSON(b *bolt.Bucket, k []byte, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return b.Put(k, data)
}
