package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
)

// The records of schema 5, field by field.

// subscriber is remembered by the handle they went by.
func (n *renaming) subscriber(r record) error {
	claim, who := strings.ToLower(r.text("account")), n.of(scope{r.text("platform"), r.text("id")})
	n.claimed[claim] = append(n.claimed[claim], who)
	return n.person(r)
}

// person is a subscriber, who gets an identity, and a handle that their own server may give: any other
// they get again when the daemon has asked whose it is.
func (n *renaming) person(r record) error {
	was := r.take("platform", "id")
	who := n.of(was)
	r.set("identity", who)
	r.set("network", was.network())
	if name, domain, ok := strings.Cut(strings.ToLower(r.text("account")), "@"); ok && domain != who.Server {
		r.set("account", name+"@"+who.Server)
	}
	return nil
}

// owner is whose rules a handle's are: the only subscriber's who went by it, or of several the one
// whose server the handle names. Rules of nobody's count for nobody, and are to be seen.
func (n *renaming) owner(handle string) identity.Identity {
	handle = strings.ToLower(handle)
	all := n.claimed[handle]
	if len(all) > 1 {
		_, domain, _ := strings.Cut(handle, "@")
		all = slices.DeleteFunc(slices.Clone(all), func(who identity.Identity) bool { return who.Server != domain })
	}
	if len(all) != 1 {
		return identity.Identity{Server: "handle", ID: handle}
	}
	return all[0]
}

func (n *renaming) job(r record) error {
	was := r.take("Platform", "Account")
	r.set("Network", was.network())
	r.set("Bot", n.of(was))
	return nil
}

func (n *renaming) session(r record) error {
	var was scope
	if err := json.Unmarshal(r["scope"], &was); err != nil {
		return fmt.Errorf("%w: a session: %v", ErrDamaged, err)
	}
	delete(r, "scope")
	r.set("identity", n.of(was))
	return nil
}

func (n *renaming) spending(r record) error {
	r.set("identity", n.of(r.take("platform", "id")))
	return nil
}

func (n *renaming) rule(r record) error {
	if user := r.text("user"); user != "" {
		r.set("owner", n.owner(user))
	}
	delete(r, "user")
	r.set("by", Actor{Name: r.text("by")})
	return nil
}

// moved is a list of posts whose fate was changed.
func (n *renaming) moved(r record) error {
	var was scope
	if err := json.Unmarshal(r["Scope"], &was); err != nil {
		return fmt.Errorf("%w: an audited list of posts: %v", ErrDamaged, err)
	}
	delete(r, "Scope")
	r.set("Identity", n.of(was))
	return nil
}

// entry of the audit trail: who it was, and what it takes to undo it.
func (n *renaming) entry(r record) error {
	r.set("Actor", Actor{Name: r.text("Actor")})
	edit := map[Action]func(record) error{
		RuleAdded: n.rule, RuleRemoved: n.rule, FilterChanged: n.person, PostsReturned: n.moved, PostsHidden: n.moved,
	}[Action(r.text("Action"))]
	if edit == nil {
		return nil
	}
	for _, field := range []string{"Before", "After"} {
		text := r.text(field)
		if text == "" {
			continue
		}
		kept := record{}
		if err := json.Unmarshal([]byte(text), &kept); err != nil {
			return fmt.Errorf("%w: an audited record: %v", ErrDamaged, err)
		}
		if err := edit(kept); err != nil {
			return err
		}
		data, err := json.Marshal(kept)
		if err != nil {
			return err
		}
		r.set(field, string(data))
	}
	return nil
}

// orderJobs writes down whose the jobs are, and counts them.
func orderJobs(b *bolt.Tx) error {
	tx := &tx{Tx: b}
	return tx.Bucket(jobBucket).ForEach(func(id, data []byte) error {
		j, err := decodeJob(id, data)
		if err != nil {
			return err
		}
		if err := tx.Bucket(orderBucket).Put(orderKey(j.Bot, j.ID), nil); err != nil {
			return err
		}
		return count(tx, j.Bot, j.State, 1)
	})
}
