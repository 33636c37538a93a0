package cli

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/picture"
)

// BenchmarkCommandsWhileTheDaemonDreams runs the program, as an operator does, while a picture is
// being made, and reports the slowest of a hundred.
func BenchmarkCommandsWhileTheDaemonDreams(b *testing.B) {
	h := newHouse(b)
	ada := h.server.AddUser("ada", mastodontest.UserOptions{})
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	run := func(args ...string) *exec.Cmd {
		cmd := exec.Command(self, append(args, "--config", h.file)...)
		cmd.Env = append(os.Environ(), "HOME="+h.dir, "XDG_STATE_HOME="+h.env["XDG_STATE_HOME"], "SLUGPUPPY_MASTODON_TOKEN="+h.robot.Token("read", "write"))
		return cmd
	}
	daemon := run("serve")
	var log bytes.Buffer
	daemon.Stderr = &log
	if err := daemon.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = daemon.Process.Kill(); _ = daemon.Wait() }()
	for end := time.Now().Add(time.Minute); run("status").Run() != nil || h.server.Count("GET /api/v1/notifications") < 2; {
		if time.Now().After(end) {
			b.Fatalf("the daemon does not start: %s", log.String())
		}
		time.Sleep(50 * time.Millisecond)
	}
	data, err := picture.EncodePNG(picture.Landscape(1600, 1200, 1), "")
	if err != nil {
		b.Fatal(err)
	}
	for range 4 {
		if _, err := ada.Mention(h.robot, "dream steps=50", mastodontest.Picture{Data: data}); err != nil {
			b.Fatal(err)
		}
	}
	time.Sleep(2 * time.Second) // it is dreaming
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if out, err := run("jobs", "ls").CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
}
