package broker

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
)

// The broker that is a process of its own lets people do what the one in a daemon does.
func TestTheConfigurationOfABrokerAllowsWhatOursDoes(t *testing.T) {
	for _, who := range []string{"DAEMON_NKEY", "WORKER_NKEY"} {
		pair, err := nkeys.CreateUser()
		if err != nil {
			t.Fatal(err)
		}
		public, err := pair.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv(who, public)
	}
	conf, err := server.ProcessConfigFile("../../packaging/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	own, err := Options{Listen: "127.0.0.1:0", Dir: t.TempDir()}.settings()
	if err != nil {
		t.Fatal(err)
	}
	if len(conf.Nkeys) != len(own.Nkeys) {
		t.Fatalf("%d users, we have %d", len(conf.Nkeys), len(own.Nkeys))
	}
	for i, theirs := range conf.Nkeys {
		if diff := cmp.Diff(own.Nkeys[i].Permissions, theirs.Permissions); diff != "" {
			t.Errorf("user %d: %s", i, diff)
		}
	}
	if conf.JetStreamMaxStore != own.JetStreamMaxStore || conf.JetStreamMaxMemory != own.JetStreamMaxMemory {
		t.Errorf("it keeps %d and %d bytes, ours %d and %d", conf.JetStreamMaxStore, conf.JetStreamMaxMemory,
			own.JetStreamMaxStore, own.JetStreamMaxMemory)
	}
}
