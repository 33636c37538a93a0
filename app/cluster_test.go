package app

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/cluster"
	"slugpuppy/cluster/broker"
	"slugpuppy/config"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// clustered is a house whose daemon has its pictures made by others.
func clustered(t *testing.T) (h *house, worker *config.Config) {
	t.Helper()
	h = newHouse(t)
	b, err := broker.Start(broker.Options{Listen: "127.0.0.1:0", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	own := maps.Clone(h.env)
	h.env["SLUGPUPPY_CLUSTER_NATS"] = b.Address()
	h.env["SLUGPUPPY_CLUSTER_FALLBACK"] = "false"
	h.env["SLUGPUPPY_CLUSTER_NKEY"] = b.Keys().Worker
	delete(h.env, "SLUGPUPPY_MASTODON_SERVER")
	delete(h.env, "SLUGPUPPY_MASTODON_TOKEN")
	worker = h.config(t)
	maps.Copy(h.env, own)
	h.env["SLUGPUPPY_CLUSTER_NKEY"] = b.Keys().Daemon
	return h, worker
}

func TestAMentionIsAnsweredAndAPictureJudgedByAWorker(t *testing.T) {
	h, worker := clustered(t)
	var log strings.Builder
	w := New(worker, Options{Version: "test", Log: &log})
	over := make(chan struct{})
	t.Cleanup(func() {
		<-over
		if !strings.Contains(log.String(), "the order is done") {
			t.Errorf("the worker did nothing:\n%s", log.String())
		}
	})
	alone := New(h.config(t), Options{Version: "test"}).checkCluster(t.Context())
	if len(alone) != 1 || alone[0].State == network.Healthy {
		t.Errorf("without a worker doctor finds %+v", alone)
	}
	serve(t, func(ctx context.Context) error { defer close(over); return w.Work(ctx) })
	d := New(h.config(t), Options{Version: "test"})
	serve(t, func(ctx context.Context) error { return d.Serve(ctx, false) })
	soon(t, "the worker is there", func() bool { // what is asked for before that is dreamed much later
		found := New(h.config(t), Options{Version: "test"}).checkCluster(t.Context())
		return len(found) == 1 && found[0].State == network.Healthy
	})
	who := h.server.AddUser("someone", mastodontest.UserOptions{})
	var asked mastodontest.Status
	for end := time.Now().Add(hangs); ; time.Sleep(50 * time.Millisecond) { // older ones are not answered
		if asked.ID == "" && h.server.Streams() > 0 {
			var err error
			if asked, err = who.Mention(h.robot, "imagine banana octaves=1 steps=1 size=64"); err != nil {
				t.Fatal(err)
			}
		}
		if replies := h.server.RepliesTo(asked.ID); asked.ID != "" && len(replies) > 0 {
			if len(replies[0].Media) != 1 {
				t.Errorf("the answer is %q", replies[0].Text)
			}
			judgedElsewhere(t, d)
			if found := d.checkCluster(t.Context()); len(found) != 1 || found[0].State != network.Healthy {
				t.Errorf("doctor finds %+v", found)
			}
			return
		}
		if time.Now().After(end) {
			t.Fatal("nobody answered")
		}
	}
}

// judgedElsewhere compares what a worker sees in a picture with what is seen here.
func judgedElsewhere(t *testing.T, d *App) {
	t.Helper()
	png, err := picture.EncodePNG(picture.Landscape(90, 60, 2), "")
	if err != nil {
		t.Fatal(err)
	}
	v, err := d.viewer()
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.View(t.Context(), png, func(context.Context) (cluster.Seen, error) { return cluster.Seen{}, errors.New("no worker looked") })
	if err != nil {
		t.Fatal(err)
	}
	judge, err := d.Detector()
	if err != nil {
		t.Fatal(err)
	}
	want, err := judge.Judge(t.Context(), picture.Landscape(90, 60, 2))
	if err != nil || got.Score != want.Score || !slices.Equal(got.Sketch, picture.SketchOf(picture.Landscape(90, 60, 2))) {
		t.Errorf("there %g, here %g, %v", got.Score, want.Score, err)
	}
	if _, err := v.View(t.Context(), png, nil); err != nil || v.Views().Known != 1 {
		t.Errorf("it was not kept: %+v, %v", v.Views(), err)
	}
}

func TestWithoutABrokerAWorkerSaysWhatItNeeds(t *testing.T) {
	err := New(newHouse(t).config(t), Options{}).Work(t.Context())
	if err == nil || !strings.Contains(err.Error(), "cluster.nats") {
		t.Errorf("%v", err)
	}
}

func TestABuildWithoutABrokerSaysWhatToDoInstead(t *testing.T) {
	if brokerBuilt() == nil {
		t.Skip("this build has one")
	}
	h := newHouse(t)
	h.env["SLUGPUPPY_CLUSTER_LISTEN"] = "127.0.0.1:0"
	err := New(h.config(t), Options{Version: "test"}).Serve(t.Context(), false)
	if err == nil || !strings.Contains(err.Error(), "-tags broker") || !strings.Contains(err.Error(), "cluster.nats") {
		t.Errorf("%v", err)
	}
}

// A field of a sight that does not cross would be missing of every picture that a worker looked at.
func TestASightCrossesWhole(t *testing.T) {
	full := store.Sight{Score: 0.5, Sketch: []byte{1, 2}, PDQ: strings.Repeat("a", 64), Quality: 80, Unread: "why"}
	v := reflect.ValueOf(full)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		// Two are the receiver's to say, and what is so on one machine only stays there.
		if v.Field(i).IsZero() && name != "Picture" && name != "At" && name != "Here" {
			t.Errorf("%s is not tried here", name)
		}
	}
	if diff := cmp.Diff(full, sightOf(seenIn(full))); diff != "" {
		t.Error(diff)
	}
}

func TestWhatOneMachineCannotReadIsNotToldToTheCluster(t *testing.T) {
	h, _ := clustered(t)
	h.env["SLUGPUPPY_CLUSTER_FALLBACK"] = "true" // no worker looks, so this machine does
	a := New(h.config(t), Options{Version: "test"})
	t.Cleanup(a.leaveCluster)
	v, err := a.viewer()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		sight store.Sight
		looks int // of two
	}{
		"a file that only this machine cannot read": {store.Sight{Unread: "it takes too long", Here: true}, 2},
		"a file that nobody can read":               {store.Sight{Unread: "it is cut off"}, 1},
	} {
		looks := 0
		look := elsewhere(v)
		for range 2 {
			got, err := look(t.Context(), []byte(name), func(context.Context) (store.Sight, error) {
				looks++
				return c.sight, nil
			})
			if err != nil || got.Unread != c.sight.Unread || got.Here != c.sight.Here {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
		if looks != c.looks {
			t.Errorf("%s: looked at %d times", name, looks)
		}
	}
}
