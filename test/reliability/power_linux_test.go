package reliability

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/operator"
	"slugpuppy/picture"
)

// sector is what a disk writes whole, in bytes.
const sector = 512

// Whatever a power failure takes away of what was not synced, torn at sectors: the database opens, is whole,
// and has all that anybody outside knows of. The same images without the syncs must be bad, else the test
// would see nothing.
func TestAPowerFailureLosesNothingThatAnybodySaw(t *testing.T) {
	images, control, work := 60, 20, 3*time.Second
	if long() {
		images, control, work = 1000, 300, 12*time.Second
	}
	events, asked, db := record(t, work)
	syncs, writes, seen := 0, 0, 0
	for _, e := range events {
		switch {
		case e.kind == synced && e.file == db:
			syncs++
		case e.kind == written && e.file == db:
			writes++
		case e.kind == witnessed:
			seen++
		}
	}
	t.Logf("%d writes and %d syncs of the database, %d things seen outside", writes, syncs, seen)
	if writes < 100 || syncs < 50 || seen < 10 {
		t.Fatal("too little was recorded: does the kernel go to the files by itself?")
	}
	c := crashes{t: t, events: events, asked: asked, db: db, dir: t.TempDir(), random: rand.New(rand.NewPCG(1, uint64(len(events))))}
	start := time.Now()
	bad := c.try(images, true)
	for _, why := range bad[:min(len(bad), 5)] {
		t.Error(why)
	}
	t.Logf("%d bad of %d images, verified in %v", len(bad), images, time.Since(start).Round(time.Millisecond))
	bad = c.try(control, false)
	t.Logf("without syncs %d bad of %d", len(bad), control)
	if len(bad) < control*9/10 {
		t.Errorf("only %d of %d images are bad without syncs: the images are too kind, or the check is", len(bad), control)
	}
}

// record runs the daemon on a volume while people ask and an operator changes rules.
func record(t *testing.T, work time.Duration) (events []event, asked []string, db uint64) {
	t.Helper()
	v := newVolume(t)
	w := newTown(t, filepath.Join(v.dir, "state"), mastodontest.Options{Processing: time.Millisecond})
	var mu sync.Mutex
	var kept []string // rules that an operator was told are kept, and nobody noted yet
	answered := map[string]bool{}
	v.watch(func() (seen []string) {
		mu.Lock()
		defer mu.Unlock()
		for _, s := range w.server.Statuses() {
			if s.Author == "dreambot" && !answered[s.InReplyTo] {
				answered[s.InReplyTo] = true
				seen = append(seen, "posted "+s.InReplyTo)
			}
		}
		seen, kept = append(seen, kept...), nil
		return seen
	})
	p := w.serve()
	p.untilListening()
	png, err := picture.EncodePNG(picture.Landscape(64, 48, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	operate, err := operator.Dial(t.Context(), filepath.Join(w.state, "slugpuppy.sock"))
	if err != nil {
		t.Fatal(err)
	}
	for n, end := 0, time.Now().Add(work); n < 20 || time.Now().Before(end); n++ {
		if n%4 == 0 {
			w.ask("dream octaves=1 steps=1", mastodontest.Picture{Data: png})
		} else {
			w.ask("help")
		}
		name := fmt.Sprintf("rude%d", n)
		if _, err := operate.AddRule(t.Context(), operator.Rule{Kind: "account", Value: name + "@elsewhere.example",
			Effect: "deny", Scope: "mention"}); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		kept = append(kept, "rule "+name+"@")
		mu.Unlock()
		time.Sleep(100 * time.Millisecond)
	}
	p.untilAnswered(time.Minute)
	p.stop()
	events = v.recording()
	for _, e := range events {
		if e.kind == named && e.name == "slugpuppy.db" {
			db = e.file
		}
	}
	return events, w.asked, db
}

// crashes makes images of what power failures leave.
type crashes struct {
	t      *testing.T
	events []event
	asked  []string
	db     uint64 // the file that matters
	dir    string
	random *rand.Rand
}

// try makes and verifies n images and returns what is wrong with the bad ones. Without syncs nothing is
// durable that was written after the database got its name.
func (c *crashes) try(n int, syncs bool) (bad []string) {
	c.t.Helper()
	born := slices.IndexFunc(c.events, func(e event) bool { return e.kind == named && e.file == c.db && e.name == "slugpuppy.db" })
	points := make([]int, n)
	for i := range points {
		points[i] = born + 1 + c.random.IntN(len(c.events)-born)
		if !syncs { // late: then there is much to lose
			points[i] = len(c.events) - c.random.IntN(len(c.events)/4)
		}
	}
	slices.Sort(points)
	child := newVerifier(c.t)
	defer child.close()
	var d durable
	next := 0
	for i, p := range points {
		for ; next < p; next++ {
			if e := c.events[next]; syncs || e.kind != synced || next <= born {
				d.take(e, c.db)
			}
		}
		path := filepath.Join(c.dir, fmt.Sprintf("%v-%d.db", syncs, i))
		chances := []float64{0, 0.05, 0.5, 0.95, 1}
		if !syncs { // where nothing is lost nothing is to be found
			chances = chances[:4]
		}
		if err := os.WriteFile(path, d.fail(c.random, chances[c.random.IntN(len(chances))]), 0o600); err != nil {
			c.t.Fatal(err)
		}
		if why := child.verify(image{Path: path, Seen: d.seen, Asked: c.asked}); why != "" {
			bad = append(bad, fmt.Sprintf("failure at event %d of %d: %s", p, len(c.events), why))
		}
		os.Remove(path)
	}
	return bad
}

// durable is a file as far as it is safe, and what may be lost.
type durable struct {
	safe    []byte
	pending []event
	seen    []string
}

func (d *durable) take(e event, file uint64) {
	switch {
	case e.kind == witnessed:
		d.seen = append(d.seen, e.name)
	case e.file != file || e.kind == named:
	case e.kind == synced:
		for _, p := range d.pending {
			d.safe = apply(d.safe, p)
		}
		d.pending = nil
	default:
		d.pending = append(d.pending, e)
	}
}

// apply carries out one event whole.
func apply(data []byte, e event) []byte {
	size := e.size
	if e.kind == written {
		size = max(int64(len(data)), e.at+int64(len(e.data)))
	}
	if size > int64(len(data)) {
		data = append(data, make([]byte, size-int64(len(data)))...)
	}
	data = data[:size]
	copy(data[min(e.at, size):], e.data)
	return data
}

// fail is what a power failure leaves: what is safe, and of the rest any sectors, each with a chance, or
// what came first up to a sector.
func (d *durable) fail(random *rand.Rand, chance float64) []byte {
	data := slices.Clone(d.safe)
	inOrder, cut := random.IntN(2) == 0, 0
	if len(d.pending) > 0 {
		cut = random.IntN(len(d.pending))
	}
	for i, e := range d.pending {
		if e.kind == truncated {
			data = apply(data, e)
			continue
		}
		for from := 0; from < len(e.data); from += sector {
			keep := random.Float64() < chance
			if inOrder {
				keep = i < cut || i == cut && random.IntN(2) == 0
			}
			if keep {
				to := min(from+sector, len(e.data))
				data = apply(data, event{kind: written, at: e.at + int64(from), data: e.data[from:to]})
			}
		}
	}
	return data
}

// verifier is a process that verifies images. A bad one may end it; then there is another.
type verifier struct {
	t    *testing.T
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Scanner
	said strings.Builder
}

func newVerifier(t *testing.T) *verifier {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	v := &verifier{t: t, cmd: exec.Command(self, verifyImage)}
	v.cmd.Stderr = &v.said
	if v.in, err = v.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	v.out = bufio.NewScanner(out)
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *verifier) close() {
	v.in.Close()
	_ = v.cmd.Wait() // a bad image may have ended it
}

// verify returns what is wrong with an image, "" for nothing.
func (v *verifier) verify(i image) string {
	v.t.Helper()
	// An image may end the process after its verdict, too: then nobody takes the next one.
	if err := json.NewEncoder(v.in).Encode(i); err == nil && v.out.Scan() {
		_, why, _ := strings.Cut(v.out.Text(), "bad: ")
		return why
	}
	v.close()
	why := "it ends the process: " + v.said.String()[:min(v.said.Len(), 300)]
	*v = *newVerifier(v.t)
	return why
}
