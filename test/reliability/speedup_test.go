package reliability

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"slugpuppy/classifier"
	"slugpuppy/cluster"
	"slugpuppy/cluster/broker"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// embedded is the one network, which every worker has.
type embedded string

func (e embedded) Hash(string) (string, error)   { return string(e), nil }
func (e embedded) Bundle(string) ([]byte, error) { return nil, nil }

// BenchmarkWorkers is how many dreams of 256 pixels workers make in a second that have a core each, as far as the
// machine has any to spare: broker and daemon, which do little, share them.
func BenchmarkWorkers(b *testing.B) {
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		b.Skip("there is no taskset")
	}
	net, err := classifier.Default()
	if err != nil {
		b.Fatal(err)
	}
	for n := 1; n <= 2; n++ {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			broker, err := broker.Start(broker.Options{Listen: "127.0.0.1:0", Dir: b.TempDir()})
			if err != nil {
				b.Fatal(err)
			}
			defer broker.Close()
			link, err := cluster.Open(cluster.Options{Broker: broker.Address(), NKey: broker.Keys().Daemon, Keeper: true})
			if err != nil {
				b.Fatal(err)
			}
			defer link.Close()
			for i := range n {
				cmd := exec.Command(taskset, "-c", strconv.Itoa(i), os.Args[0], "worker")
				cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "HOME="+b.TempDir(), "SLUGPUPPY_CLUSTER_NATS="+broker.Address(),
					"SLUGPUPPY_CLUSTER_NKEY="+broker.Keys().Worker)
				if err := cmd.Start(); err != nil {
					b.Fatal(err)
				}
				defer cmd.Wait()
				defer cmd.Process.Kill()
			}
			d := cluster.NewDreamer(cluster.DreamerOptions{Link: link, Networks: embedded(net.Hash())})
			o := dream.Order{Recipe: dream.Recipe{Verb: dream.Dream, Octaves: 3, Steps: 5, Seed: 1}, Source: picture.Landscape(256, 192, 1)}
			all := func(dreams int) {
				group, ctx := errgroup.WithContext(context.Background())
				for range dreams {
					group.Go(func() error { _, err := d.Make(ctx, o, nil); return err })
				}
				if err := group.Wait(); err != nil {
					b.Fatal(err)
				}
			}
			for busy, slots := link.Status(b.Context()).Slots(); slots < n || busy > 0; busy, slots = link.Status(b.Context()).Slots() {
				link.Roll(b.Context())
				time.Sleep(50 * time.Millisecond)
			}
			all(2 * n) // plans are made
			const dreams = 8
			for b.Loop() {
				all(dreams)
			}
			b.ReportMetric(dreams*float64(b.N)/b.Elapsed().Seconds(), "dreams/s")
		})
	}
}
