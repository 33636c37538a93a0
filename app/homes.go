package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/operator"
	"slugpuppy/cluster/homes"
	"slugpuppy/store"
)

// oddInName is what a daemon's name in the cluster cannot have.
var oddInName = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// newHomes says with the other daemons of the cluster who looks after whom; nil where readers are not shared.
func (d *daemon) newHomes() (*homes.Keeper, error) {
	cfg := d.app.cfg
	if !cfg.Cluster.Readers || !cfg.Filter.Enabled {
		return nil, nil
	}
	if !cfg.Cluster.On() {
		return nil, usage(errors.New("cluster.readers needs a broker: set cluster.nats or cluster.listen"))
	}
	c, err := d.app.cluster()
	if err != nil {
		return nil, err
	}
	salt, err := d.store.Salt()
	if err != nil {
		return nil, err
	}
	database := sha256.Sum256(append([]byte("slugpuppy database "), salt...))
	mover := d.known.mover(nil)
	mover.Halt = func(ctx context.Context, who identity.Identity) error { return d.filter.Halt(ctx, who) }
	mover.Wake = func(who identity.Identity) { d.filter.Wake(who) }
	return homes.New(homes.Options{JetStream: c.link.JetStream(), Name: d.app.node(), Mover: mover, Log: d.app.log,
		Database: hex.EncodeToString(database[:16]), URL: strings.TrimSuffix(cfg.Web.URL, "/")})
}

// node is what this process is called in the cluster.
func (a *App) node() string {
	name := a.cfg.Cluster.Node
	if name == "" {
		name, _ = os.Hostname() // "" is refused where a name is needed
	}
	return strings.Trim(oddInName.ReplaceAllString(name, "-"), "-")
}

// shared is the operators' side of homes.
type shared struct {
	known connections
	homes *homes.Keeper
}

var _ operator.Homes = shared{}

// Move implements operator.Homes.
func (s shared) Move(ctx context.Context, by store.Actor, sub store.Subscriber, to string) error {
	err := s.homes.Move(ctx, by, sub, to)
	if errors.Is(err, homes.ErrUnknown) || errors.Is(err, homes.ErrRefused) {
		err = fmt.Errorf("%w: %w", operator.ErrRefused, err)
	}
	return err
}

// Home implements operator.Homes.
func (s shared) Home(ctx context.Context, who identity.Identity) (node, url string, ok bool, err error) {
	n, ok, err := s.homes.Home(ctx, who)
	return n.Name, n.URL, ok && n.Name != s.homes.Name, err
}

// Changed implements operator.Homes.
func (s shared) Changed() { s.homes.Poke() }

// TakeOver implements operator.Homes.
func (s shared) TakeOver(ctx context.Context, by store.Actor, l operator.Lost) (t operator.TakenOver, err error) {
	for _, file := range []string{l.Backup, l.Key} {
		if _, err := os.Stat(file); err != nil { // before anything is made of a name that is wrong
			return t, fmt.Errorf("%w: %w; the daemon has to be able to read it", operator.ErrRefused, err)
		}
	}
	key, err := store.OpenKey(l.Key)
	if err != nil {
		return t, fmt.Errorf("%w: %w", operator.ErrRefused, err)
	}
	copied, err := s.open(ctx, l.Backup)
	if err != nil {
		return t, err
	}
	defer os.Remove(copied.Path())
	defer copied.Close()
	got, err := s.homes.TakeOver(ctx, by, l.Node, func(each func(store.Share) error) error {
		return copied.Vault(key).Shares(s.known.sealedAt, each)
	})
	if errors.Is(err, homes.ErrAlive) || errors.Is(err, homes.ErrUnknown) {
		err = fmt.Errorf("%w: %w", operator.ErrRefused, err)
	}
	return operator.TakenOver(got), err
}

// open opens a copy of a backup, which may be of an older schema and is not to be changed.
func (s shared) open(ctx context.Context, backup string) (*store.Store, error) {
	if err := CheckDatabase(ctx, backup); err != nil {
		return nil, fmt.Errorf("%w: %w", operator.ErrRefused, err)
	}
	to := s.known.store.Path() + ".lost"
	if err := os.Remove(to); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if _, err := store.Restore(ctx, backup, to); err != nil {
		return nil, err
	}
	return store.Open(to, store.Options{MustExist: true})
}
