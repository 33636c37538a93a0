package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// Cluster is how daemons and workers find each other: through a broker, a NATS server with JetStream. With neither
// an address of one nor one of its own, everything is done in this process.
type Cluster struct {
	NATS        string `toml:"nats" doc:"the broker, such as nats://broker.example:4222, several with commas between; empty for none"`
	Listen      string `toml:"listen" doc:"address on which the daemon itself runs a broker, such as 127.0.0.1:4222; empty for none"`
	Credentials string `toml:"credentials" doc:"file of NATS credentials that say who this is; empty for none"`
	NKey        string `toml:"nkey" doc:"file with the seed of an nkey that says who this is, such as the cluster-worker.nk that a broker of the daemon makes beside the database; empty for none"`
	CA          string `toml:"ca" doc:"file of certificates that the broker's is checked with; empty for the system's"`
	Certificate string `toml:"certificate" doc:"file with this side's certificate: of the client, or of the broker with cluster.listen; empty for none"`
	Key         string `toml:"key" doc:"file with the key of cluster.certificate"`
	Node        string `toml:"node" doc:"what this process is called among the others; empty for the host's name"`
	Readers     bool   `toml:"readers" doc:"share the filter's readers with the other daemons of the cluster that set this: one of them looks after each, and readers can be moved; while the broker cannot be reached a daemon goes on for 13 minutes and then rests"`
	Fallback    bool   `toml:"fallback" doc:"dream and look here while no worker can be had; else requests wait"`
	Orders      int    `toml:"orders" min:"1" max:"256" doc:"pictures of each bot here that others may be making at the same time"`
	Queue       int    `toml:"queue" min:"1" max:"100000" doc:"orders of all daemons together that may wait at the broker"`
}

// On says whether there is a cluster.
func (c Cluster) On() bool { return c.NATS != "" || c.Listen != "" }

// checkCluster finds what does not fit together.
func (c *Config) checkCluster() error {
	var errs []error
	fail := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: cluster.%s: %w", c.sources["cluster."+key], key, fmt.Errorf(format, args...)))
	}
	k := c.Cluster
	for address := range strings.SplitSeq(k.NATS, ",") {
		if k.NATS == "" {
			break
		}
		if why := brokerAddress(strings.TrimSpace(address)); why != "" {
			fail("nats", "%q %s; write it as nats://broker.example:4222", withoutUser(address), why)
		}
	}
	if k.Listen != "" {
		if _, _, err := net.SplitHostPort(k.Listen); err != nil {
			fail("listen", "%q is no address with a port, such as 127.0.0.1:4222", k.Listen)
		}
		if k.NATS != "" {
			fail("listen", "the daemon cannot both run a broker and use the one of cluster.nats; remove one of them")
		}
	}
	if k.Credentials != "" && k.NKey != "" {
		fail("nkey", "cluster.credentials says already who this is; remove one of them")
	}
	if (k.Certificate == "") != (k.Key == "") {
		fail("certificate", "a certificate and its key belong together; set cluster.certificate and cluster.key")
	}
	return errors.Join(errs...)
}

// brokerAddress is what is wrong with an address, "" for nothing.
func brokerAddress(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return "is not an address"
	case !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme):
		return "is none of a broker"
	case u.User != nil:
		return "has a password in it, which belongs into the file of cluster.credentials or cluster.nkey"
	case u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return "has more than a scheme, a host and a port"
	}
	return ""
}

// withoutUser is an address as an error may quote it.
func withoutUser(address string) string {
	if i := strings.LastIndex(address, "@"); i >= 0 {
		return "...@" + address[i+1:]
	}
	return address
}
