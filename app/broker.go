//go:build broker

package app

import (
	"log/slog"

	server "slugpuppy/cluster/broker"
)

// brokerPlan is how a broker is to be run.
type brokerPlan struct {
	listen, dir, certificate, key string
	log                           *slog.Logger
}

// brokerBuilt says whether this build has one.
func brokerBuilt() error { return nil }

// startBroker runs a broker, and names the file of the nkey that a daemon uses it with.
func startBroker(p brokerPlan) (ownBroker, string, error) {
	b, err := server.Start(server.Options{Listen: p.listen, Dir: p.dir, Certificate: p.certificate, Key: p.key, Log: p.log})
	if err != nil {
		return nil, "", err
	}
	p.log.Info("the broker runs", "address", b.Address(), "nkey_of_workers", b.Keys().Worker)
	return own{b}, b.Keys().Daemon, nil
}

// own is the broker of this process.
type own struct{ *server.Broker }

func (o own) WorkerKey() string { return o.Keys().Worker }
