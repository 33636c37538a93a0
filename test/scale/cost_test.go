package scale_test

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// BenchmarkWrite is one transaction of a timeline that is safe on the disk.
func BenchmarkWrite(b *testing.B) {
	st, err := store.Open(filepath.Join(b.TempDir(), "db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	mine := joined(b, st)
	for i := 0; b.Loop(); i++ {
		if err := mine.Timeline().Record(fmt.Sprint(i), store.Judged{Post: fmt.Sprint(i), Fate: store.Kept}); err != nil {
			b.Fatal(err)
		}
	}
}

func joined(b *testing.B, st *store.Store) *store.Account {
	b.Helper()
	mine := st.For(identity.Identity{Server: "a.example", ID: "7"})
	if _, err := mine.Subscription().Join(store.Itself(), store.Subscriber{Network: "mastodon", Handle: "ada@a.example",
		Server: "https://a.example", Mode: store.FilterOn, How: timeline.Warn, Budget: 0.001, Digest: "off"}); err != nil {
		b.Fatal(err)
	}
	return mine
}

// quiet is a network without delay, in whose timeline there is one new post with a picture at each read.
type quiet struct {
	network.Reader
	n int
}

func (q *quiet) Facts() network.Facts { return network.Facts{Ordered: true} }

func (q *quiet) Home(_ context.Context, cursor string, _ int) (network.Page, error) {
	q.n++
	id := fmt.Sprintf("1150000000000%05d", q.n)
	if q.n%2 == 0 {
		return network.Page{Next: cursor}, nil
	}
	return network.Page{Next: id, Posts: []network.Post{{ID: id, URL: "https://a.example/" + id,
		Author: network.Account{ID: "9", Handle: "max@a.example"},
		Media:  []network.Media{{ID: "m", Kind: network.Still, URL: "https://a.example/m.png", PreviewURL: "https://a.example/s.png"}}}}}, nil
}

func (q *quiet) Recent(context.Context, int) ([]network.Page, error) {
	return []network.Page{{Next: "0"}}, nil
}

func (q *quiet) Edited() []string { return nil }

func (q *quiet) Muted(context.Context) (map[string]time.Time, error) { return nil, nil }

func (q *quiet) Fetch(context.Context, network.Media, int64) ([]byte, error) {
	return []byte("a picture"), nil
}
func (q *quiet) Hidden(context.Context) (network.Hides, error)      { return network.Hides{None: true}, nil }
func (q *quiet) Tidy(context.Context, network.Styles) (bool, error) { return false, nil }

// BenchmarkPass is the processor's time for a pass with one new post whose picture is known; its transaction is not
// waited for.
func BenchmarkPass(b *testing.B) {
	st, err := store.Open(filepath.Join(b.TempDir(), "db"), store.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	mine := joined(b, st)
	f, err := timeline.New(timeline.Options{Store: st, Check: time.Hour, Reads: 1 << 30, Eye: &timeline.Eye{Judge: blind{}, Store: st,
		FetchBytes: 1 << 20, Decode: func(context.Context, []byte) (image.Image, error) { return image.NewNRGBA(image.Rect(0, 0, 8, 8)), nil }},
		Connect: func(store.Subscriber) (network.Reader, error) { return &quiet{}, nil }})
	if err != nil {
		b.Fatal(err)
	}
	began := processor()
	n := 0
	for ; b.Loop(); n++ {
		if _, err := f.Pass(b.Context(), mine.Identity()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((processor()-began).Microseconds())/float64(n), "cpu-us/pass")
}

// processor is the time that this process had a core.
func processor() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
