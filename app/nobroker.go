//go:build !broker

package app

import (
	"errors"
	"log/slog"
)

type brokerPlan struct {
	listen, dir, certificate, key string
	log                           *slog.Logger
}

// brokerBuilt is an error: the server is a quarter of a program that has it, and few need it.
func brokerBuilt() error {
	return errors.New("this build has no broker: run nats-server with JetStream and set cluster.nats " +
		"instead of cluster.listen, use the container image, or build with `go build -tags broker .`")
}

func startBroker(brokerPlan) (ownBroker, string, error) { return nil, "", usage(brokerBuilt()) }
