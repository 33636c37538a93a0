package cli

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestServeWaitsForTheFirstSignIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if code, said := h.run("serve"); code == exitOK || !strings.Contains(said, "slugpuppy login") {
		t.Fatalf("without patience: exit code %d: %s", code, said)
	}
	if code, said := h.run("doctor", "--health"); code != exitDaemonDown {
		t.Errorf("without a daemon: exit code %d: %s", code, said)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var log paper
	ended := make(chan int, 1)
	c := newConsole(strings.NewReader(""), &log, &log, func(name string) (string, bool) { v, ok := h.env[name]; return v, ok })
	go func() { ended <- c.run(ctx, []string{"--config", h.file, "serve", "--wait"}) }()
	until := func(what string, done func() bool) {
		t.Helper()
		for end := time.Now().Add(time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
			select {
			case code := <-ended:
				t.Fatalf("the daemon ended with exit code %d: %s", code, log.String())
			default:
			}
			if time.Now().After(end) {
				t.Fatalf("%s: %s", what, log.String())
			}
		}
	}
	until("it does not say that it waits", func() bool { return strings.Contains(log.String(), "waiting until somebody signs in") })
	until("nobody can tell that it waits", func() bool {
		code, said := h.run("doctor", "--health")
		return code == exitOK && strings.Contains(said, "it waits until somebody signs in")
	})
	h.login(t)
	until("it does not begin", func() bool { return h.server.Streams() > 0 })
	cancel()
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d: %s", code, log.String())
	}
	for _, line := range []string{`"answers mentions" network=mastodon`, `"keeps dreams out of timelines" subscribers=0`, `"listens to operators" socket=`, `"does without" what="a page: set web.listen`} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("it does not say %s: %s", line, log.String())
		}
	}
	if strings.Count(log.String(), "waiting until") != 1 {
		t.Errorf("it says more than once that it waits: %s", log.String())
	}
}
