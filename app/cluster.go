package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"

	"slugpuppy/bot/reply"
	"slugpuppy/bot/timeline"
	"slugpuppy/cluster"
	"slugpuppy/dream"
	"slugpuppy/picture/child"
	"slugpuppy/store"
)

// ownBroker is a NATS server in this process.
type ownBroker interface {
	InProcessConn() (net.Conn, error)
	Address() string   // where other processes reach it
	WorkerKey() string // file of the nkey that they use it with
	Close()
}

// colleagues are the other machines of a cluster, and the way to them.
type colleagues struct {
	link   *cluster.Link
	broker ownBroker // nil where it is another process
}

// openCluster begins to look for the broker that the configuration names, or runs it.
func (a *App) openCluster() (*colleagues, error) {
	return a.joinCluster(cluster.Options{Keeper: true})
}

func (a *App) joinCluster(o cluster.Options) (*colleagues, error) {
	cfg, c := a.cfg.Cluster, &colleagues{}
	o.Credentials, o.NKey, o.CA, o.Certificate, o.Key = cfg.Credentials, cfg.NKey, cfg.CA, cfg.Certificate, cfg.Key
	o.Broker, o.Name, o.Queue, o.Version = strings.ReplaceAll(cfg.NATS, " ", ""), cfg.Node, cfg.Queue, a.version
	o.Log = a.log
	if cfg.Listen != "" {
		b, key, err := startBroker(brokerPlan{listen: cfg.Listen, dir: filepath.Dir(a.cfg.Store.Path),
			certificate: cfg.Certificate, key: cfg.Key, log: a.log})
		if err != nil {
			return nil, err
		}
		c.broker, o.InProcess, o.NKey = b, b, key
		o.Credentials, o.CA, o.Certificate, o.Key = "", "", "", ""
	}
	link, err := cluster.Open(o)
	if err != nil {
		c.close()
		return nil, usage(fmt.Errorf("cluster: %w", err))
	}
	c.link = link
	return c, nil
}

func (c *colleagues) close() {
	if c.link != nil {
		c.link.Close()
	}
	if c.broker != nil {
		c.broker.Close()
	}
}

// leaveCluster ends what cluster opened.
func (a *App) leaveCluster() {
	if a.joined != nil {
		a.joined.close()
	}
}

// announce says every now and then that a daemon is there.
func (a *App) announce(ctx context.Context) error {
	c, err := a.cluster()
	if err != nil {
		return err
	}
	v, err := a.viewer()
	if err != nil {
		return err
	}
	return c.link.Announce(ctx, func() cluster.Node {
		seen := v.Views()
		return cluster.Node{Kind: cluster.DaemonNode, Asked: seen.Asked, Known: seen.Known}
	})
}

// newViewer has the pictures of timelines looked at by whoever is free.
func (a *App) newViewer() (*cluster.Viewer, error) {
	c, err := a.cluster()
	if err != nil {
		return nil, err
	}
	d, err := a.detector()
	if err != nil {
		return nil, err
	}
	return cluster.NewViewer(cluster.ViewerOptions{Link: c.link, Model: d.Model(), Fallback: a.cfg.Cluster.Fallback}), nil
}

// fetchesForOthers is how many pictures a daemon holds that others look at.
const fetchesForOthers = 64

// elsewhere has a file looked at through a viewer.
func elsewhere(v *cluster.Viewer) func(context.Context, []byte, func(context.Context) (store.Sight, error)) (store.Sight, error) {
	return func(ctx context.Context, data []byte, here func(context.Context) (store.Sight, error)) (store.Sight, error) {
		var own store.Sight
		seen, err := v.View(ctx, data, func(ctx context.Context) (cluster.Seen, error) {
			s, err := here(ctx)
			if err == nil && s.Here {
				own = s
				return cluster.Seen{}, errOnlyHere
			}
			return seenIn(s), err
		})
		if errors.Is(err, errOnlyHere) {
			return own, nil
		}
		if err != nil {
			return store.Sight{}, err
		}
		s := sightOf(seen)
		s.At = time.Now()
		return s, nil
	}
}

// errOnlyHere keeps what one machine cannot read from being told to all.
var errOnlyHere = errors.New("this machine cannot read the file; another may")

// seenIn is what others may know of a sight.
func seenIn(s store.Sight) cluster.Seen {
	return cluster.Seen{Score: s.Score, Sketch: s.Sketch, PDQ: s.PDQ, Quality: s.Quality, Unread: s.Unread}
}

// sightOf is the sight of a picture that somebody saw.
func sightOf(s cluster.Seen) store.Sight {
	return store.Sight{Score: s.Score, Sketch: s.Sketch, PDQ: s.PDQ, Quality: s.Quality, Unread: s.Unread}
}

// lookTime is how long a worker looks at one file at most.
const lookTime = 15 * time.Second

// newEyes look at pictures for daemons, in processes of their own.
func (a *App) newEyes(decoders *child.Pool) (*cluster.Eyes, error) {
	d, err := a.detector()
	if err != nil {
		return nil, err
	}
	eye := &timeline.Eye{Judge: d, Decode: a.apart(decoders), Frames: a.frames(decoders)}
	return cluster.NewEyes(cluster.EyesOptions{Model: d.Model(), Look: func(ctx context.Context, file []byte) (cluster.Seen, error) {
		ctx, cancel := context.WithTimeout(ctx, lookTime)
		defer cancel()
		s, err := eye.Examine(ctx, file)
		if err == nil && s.Here {
			err = fmt.Errorf("%w: %s", errOnlyHere, s.Unread)
		}
		return seenIn(s), err
	}}), nil
}

// dreamers make pieces for bots, and for the page, which shows them on their way.
type dreamers struct {
	bots, page reply.Dreamer
	reckoner   reply.Reckoner // nil where others make them, on machines that this one does not know
}

// newDreamers are the line in this process or, with a cluster, what has workers make pieces.
func (a *App) newDreamers() (*dreamers, error) {
	engine, err := a.engine()
	if err != nil {
		return nil, err
	}
	if !a.cfg.Cluster.On() {
		return &dreamers{engine.Queue, engine.Queue, engine.Queue}, nil
	}
	c, err := a.cluster()
	if err != nil {
		return nil, err
	}
	o := cluster.DreamerOptions{Link: c.link, Networks: atHand{a, engine.Studio}}
	if a.cfg.Cluster.Fallback {
		o.Here = engine.Queue
	}
	seen := o
	seen.Looks = true
	return &dreamers{bots: cluster.NewDreamer(o), page: cluster.NewDreamer(seen)}, nil
}

// atHand are the networks that recipes can name here.
type atHand struct {
	app    *App
	studio *dream.Studio
}

func (h atHand) Hash(model string) (string, error) { return h.studio.Hash(model) }

func (h atHand) Bundle(model string) ([]byte, error) {
	name, err := h.studio.Name(model)
	if err != nil {
		return nil, err
	}
	if usual, err := h.studio.Name(""); err == nil && name == usual {
		name = h.app.chosen // which may be a file
	}
	return h.app.Networks().Pack(name)
}

// dreamsAtATime is how many pictures a bot has made at the same time.
func (a *App) dreamsAtATime() int {
	if a.cfg.Cluster.On() {
		return max(a.cfg.Dream.Workers, a.cfg.Cluster.Orders)
	}
	return a.cfg.Dream.Workers
}
