package app

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/mastodon"
)

func TestADemoWithWorkersHasThemDream(t *testing.T) {
	stage, err := NewStage(mastodon.Name, "", 1, Options{Version: "test"})
	if brokerBuilt() != nil {
		if err == nil || !strings.Contains(err.Error(), "-tags broker") {
			t.Errorf("%v", err)
		}
		t.Skip("this build has no broker: `go test -tags broker` tries the rest")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer stage.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err = stage.Run(ctx, func(ctx context.Context) error {
		id, err := stage.Demo.Mention(ctx, nil, "", "swirl octaves=1 steps=1 size=64")
		if err != nil {
			return err
		}
		r, err := stage.Demo.Await(ctx, id)
		if err == nil && len(r.Pictures) != 1 {
			err = errors.New("no picture: " + r.Text)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	c, err := stage.daemon.app.cluster()
	if err != nil {
		t.Fatal(err)
	}
	if done := c.link.Status(t.Context()); len(stage.Workers) != 1 || stage.Workers[0].PID == os.Getpid() || len(done.Nodes) == 0 {
		t.Errorf("%+v", done)
	}
}
