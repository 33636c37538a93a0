package apptest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"testing"
)

// FreeAddress is an address of this machine at which nobody listens, for a program that is about to. A port that is
// given back is soon somebody else's: where this machine has more addresses of its own than one, as Linux does, it is
// at one that other tests do not use.
func FreeAddress(t testing.TB) string {
	t.Helper()
	pid := os.Getpid()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", fmt.Sprintf("127.%d.%d.%d:0", 1+rand.IntN(250), pid>>8&0xff, pid&0xff))
	if err != nil {
		l, err = lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
