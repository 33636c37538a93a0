package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"slugpuppy/bot/network"
	"slugpuppy/cluster"
)

// checkCluster asks the broker who else is there; without a cluster it finds nothing.
func (a *App) checkCluster(ctx context.Context) []network.Finding {
	c := a.cfg.Cluster
	if !c.On() {
		return nil
	}
	var found []network.Finding
	for _, file := range []string{c.NKey, c.Credentials, c.Key} {
		if info, err := os.Stat(file); file != "" && err == nil && info.Mode().Perm()&0o007 != 0 {
			found = append(found, doubt("cluster", fmt.Sprintf("%s has mode %04o: everybody on this machine can read it", file,
				info.Mode().Perm()), "chmod 600 "+file))
		}
	}
	if c.Listen != "" {
		return append(found, a.checkBroker()...)
	}
	return append(found, a.checkColleagues(ctx))
}

// checkBroker looks at what the daemon runs itself: it is not asked, for it runs only while the daemon does.
func (a *App) checkBroker() (found []network.Finding) {
	host, _, err := net.SplitHostPort(a.cfg.Cluster.Listen)
	if ip := net.ParseIP(host); err == nil && a.cfg.Cluster.Certificate == "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		found = append(found, doubt("cluster", "the broker listens on "+a.cfg.Cluster.Listen+
			" without encryption: whoever is on the way sees pictures", "set cluster.certificate and cluster.key, or let it listen on "+
			"the address of a private network only"))
	}
	if err := brokerBuilt(); err != nil {
		return append(found, sick("cluster", err.Error(), "do one of these"))
	}
	return append(found, well("cluster", "the daemon runs a broker on "+a.cfg.Cluster.Listen+"; `slugpuppy status` says who uses it"))
}

// checkColleagues asks the broker for workers.
func (a *App) checkColleagues(ctx context.Context) network.Finding {
	joined, err := a.joinCluster(cluster.Options{Name: "doctor"})
	if err != nil {
		return sickOf("cluster", err, "correct the section [cluster]")
	}
	defer joined.close()
	s, err := joined.link.Await(ctx)
	switch busy, slots := s.Slots(); {
	case err != nil:
		return sick("cluster", err.Error(), "start the broker (nats-server -js), or correct cluster.nats, cluster.nkey or cluster.ca")
	case errors.Is(s.Err, cluster.ErrNoKeeper):
		return doubt("cluster", s.Why, "start a daemon that uses the broker")
	case s.Why != "":
		return sick("cluster", s.Why, "look at the broker's log")
	case slots == 0 && !a.cfg.Cluster.Fallback:
		return sick("cluster", "no worker is there, so requests wait", "start `slugpuppy worker` somewhere, or set cluster.fallback")
	case slots == 0:
		return doubt("cluster", "no worker is there, so everything is done here", "start `slugpuppy worker` somewhere")
	default:
		return well("cluster", fmt.Sprintf("%s; %d of %d places of workers are busy, %d orders wait", s.Broker, busy, slots, s.Waiting))
	}
}
