package app

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"slugpuppy/classifier"
	"slugpuppy/classifier/networks"
	"slugpuppy/cluster"
	"slugpuppy/dream"
)

// Work makes what others order, until ctx ends and what is begun is done. It opens no database and needs no
// token: all it knows comes with its orders.
func (a *App) Work(ctx context.Context) error {
	if a.cfg.Cluster.NATS == "" {
		return usage(errors.New("a worker needs a broker: set cluster.nats, such as nats://broker.example:4222, and " +
			"cluster.nkey to the worker's file that the broker of a daemon made"))
	}
	limitMemory(a.cfg, a.cfg.Dream.Workers, int64(a.cfg.Picture.Memory)+classifier.IdleBytes)
	engine, err := a.engine()
	if err != nil {
		return err
	}
	c, err := a.joinCluster(cluster.Options{})
	if err != nil {
		return err
	}
	defer c.close()
	decoders, err := a.newDecoders()
	if err != nil {
		return err
	}
	defer decoders.Close()
	eyes, err := a.newEyes(decoders)
	if err != nil {
		return err
	}
	gallery := &gallery{app: a, usual: engine}
	w := cluster.NewWorker(cluster.WorkerOptions{Link: c.link, Maker: gallery.maker, Networks: []string{engine.Network.Hash()},
		Slots: a.cfg.Dream.Workers, Eyes: eyes})
	a.log.Info("working", "broker", c.link.Broker(), "at_the_same_time", a.cfg.Dream.Workers, "arithmetic", classifier.Arithmetic())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return underSystemd(a.log).supervise(ctx, a.loops, a.log) })
	group.Go(func() error { return w.Run(ctx) })
	return group.Wait()
}

// gallery has makers for the networks of orders. Of those that come with orders it keeps the last.
type gallery struct {
	app   *App
	usual *Engine

	mu   sync.Mutex
	last *classifier.Network
	made *dream.Maker
}

// maker finds the maker for a network, and has it fetched where it is not at hand.
func (g *gallery) maker(ctx context.Context, hash string, fetch func(context.Context) ([]byte, error)) (cluster.Maker, error) {
	if g.usual.Network.Hash() == hash {
		return g.usual.Maker, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last != nil && g.last.Hash() == hash {
		return g.made, nil
	}
	n, err := g.load(ctx, hash, fetch)
	if err != nil {
		return nil, err
	}
	g.last, g.made = n, dream.New(n, g.app.makerOptions())
	return g.made, nil
}

func (g *gallery) load(ctx context.Context, hash string, fetch func(context.Context) ([]byte, error)) (*classifier.Network, error) {
	if n, err := g.app.embedded(); err == nil && n.Hash() == hash {
		return n, nil
	}
	if fetch == nil {
		return nil, fmt.Errorf("%w: network %.8s is not here", dream.ErrElsewhere, hash)
	}
	bundle, err := fetch(ctx)
	if err != nil {
		return nil, err
	}
	n, err := networks.Unpack(bundle, "")
	if err != nil {
		return nil, err
	}
	if n.Hash() != hash {
		return nil, fmt.Errorf("%w: the bundle is of network %.8s, the order of %.8s", dream.ErrElsewhere, n.Hash(), hash)
	}
	return n, nil
}
