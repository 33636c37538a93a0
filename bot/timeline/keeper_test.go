package timeline_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"log/slog"
	"math"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/timeline"
	"slugpuppy/classifier/detector"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// redness is a judge for tests: the redder a picture, the more of a dream, and the more wrong hides
// somebody allows, the less red is enough.
type redness struct {
	looks atomic.Int32
	model string
}

func (r *redness) Judge(_ context.Context, img image.Image) (detector.Verdict, error) {
	r.looks.Add(1)
	p := picture.FromImage(img)
	sum := float32(0)
	for _, v := range p.Plane(0) {
		sum += v
	}
	score := float64(sum) / float64(len(p.Plane(0)))
	return detector.Verdict{Score: score}, nil
}

// Likely is 0.82 for 1 in 2000, 0.8 for 1 in 1000 and 0.72 for 1 in 100.
func (r *redness) Likely(budget float64) float64 { return 0.8 - 0.08*math.Log10(budget/0.001) }

func (r *redness) Certain(float64) float64 { return 0.9 }

func (r *redness) Model() string { return "red-" + r.model }

// paint makes a picture with a share of red and a pattern of its own.
func paint(red float64, seed int) []byte { return painted(red, seed, 64, 48) }

// paintSized is one of another size.
func paintSized(red float64, w, h int) []byte { return painted(red, w, w, h) }

func painted(red float64, seed, w, h int) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := uint8(120 + 100*((x/(3+seed%7)+y/(2+seed%5)+seed)%2) + seed%17)
			img.SetNRGBA(x, y, color.NRGBA{uint8(255 * red), v, v, 255})
		}
	}
	data, err := picture.EncodePNG(img, fmt.Sprintf("picture %d", seed))
	if err != nil {
		panic(err)
	}
	return data
}

func decode(ctx context.Context, data []byte) (image.Image, error) {
	p, err := picture.Decode(ctx, data, picture.Limits{})
	if err != nil {
		return nil, err
	}
	return p.Image, nil
}

// keeper is a filter with one subscriber, on whatever network.
type keeper struct {
	t       *testing.T
	client  *http.Client // reaches the server
	judge   *redness
	store   *store.Store
	path    string
	filter  *timeline.Filter
	scope   identity.Identity
	handle  string
	address string // of the server
	connect func(st *store.Store, sub store.Subscriber) (network.Reader, error)
	options timeline.Options
	told    []string
	// sleep lets time pass: the test's, or the world's.
	sleep func(time.Duration)
}

func newKeeper(t *testing.T) *keeper {
	return &keeper{t: t, judge: &redness{}, path: filepath.Join(t.TempDir(), "db"), sleep: time.Sleep}
}

// open opens the store and makes a filter over it, as a fresh process would.
func (k *keeper) open() {
	k.t.Helper()
	st, err := store.Open(k.path, store.Options{NoSync: true})
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { st.Close() })
	k.store = st
	o := k.options
	o.Store, o.Log = st, slog.New(slog.DiscardHandler)
	o.Eye = &timeline.Eye{Judge: k.judge, Store: st, FetchBytes: 1 << 20, Decode: decode}
	o.Connect = func(sub store.Subscriber) (network.Reader, error) {
		r, err := k.connect(st, sub)
		if _, strange := r.(odd); strange || r == nil {
			return r, err
		}
		return near{r, k.client}, err
	}
	o.Tell = func(_ context.Context, _ store.Subscriber, _ string, a timeline.Answer) error {
		k.told = append(k.told, words.Answer(a))
		return nil
	}
	o.Check = cmp.Or(o.Check, time.Nanosecond) // every pass looks at what is hidden
	o.Sure = cmp.Or(o.Sure, time.Nanosecond)   // and believes what it sees for the second time
	o.Reads = cmp.Or(o.Reads, 1_000_000_000)
	o.First = 400
	if k.filter, err = timeline.New(o); err != nil {
		k.t.Fatal(err)
	}
}

// restart is what another process finds.
func (k *keeper) restart() {
	k.t.Helper()
	if err := k.store.Close(); err != nil {
		k.t.Fatal(err)
	}
	k.open()
}

// near reads pictures of a server that only its client reaches.
type near struct {
	network.Reader
	client *http.Client
}

func (n near) Fetch(ctx context.Context, m network.Media, limit int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.URL, nil)
	if err != nil {
		return nil, err
	}
	resp, err := n.client.Do(req)
	if err == nil && resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		err = errors.New(resp.Status)
	}
	if err != nil {
		return nil, &network.Error{Op: "fetch a picture", Kind: network.Transient, Err: err}
	}
	defer resp.Body.Close()
	return io.ReadAll(io.LimitReader(resp.Body, limit))
}

// join subscribes the reader.
func (k *keeper) join(edit ...func(*store.Subscriber)) {
	k.t.Helper()
	sub := store.Subscriber{Identity: k.scope, Handle: k.handle, Server: k.address,
		Mode: store.FilterOn, How: timeline.Warn, Budget: 0.001, Digest: "off"}
	for _, e := range edit {
		e(&sub)
	}
	if _, err := k.store.For(sub.Identity).Subscription().Join(store.Actor{Name: "test"}, sub); err != nil {
		k.t.Fatal(err)
	}
}

// pass makes one pass and wants no error.
func (k *keeper) pass() {
	k.t.Helper()
	time.Sleep(time.Microsecond) // on virtual time, too, it is later then
	if _, err := k.filter.Pass(k.t.Context(), k.scope); err != nil {
		k.t.Fatal(err)
	}
}

// later makes a pass a minute later: what is missed for the second time then is believed.
func (k *keeper) later() {
	k.t.Helper()
	k.sleep(time.Minute)
	k.pass()
}

// say is a private message of the subscriber's.
func (k *keeper) say(text string) string {
	k.t.Helper()
	reply, handled, err := k.filter.Command(k.t.Context(), store.Actor{Identity: k.scope, Name: k.handle}, text)
	if err != nil || !handled {
		k.t.Fatalf("%q: %v, handled %v", text, err, handled)
	}
	return words.Answer(reply)
}

func (k *keeper) judged(post string) store.Judged {
	k.t.Helper()
	j, err := k.store.For(k.scope).Timeline().Judged(post)
	if err != nil {
		k.t.Fatal(err)
	}
	return j
}

func (k *keeper) fate(post string) store.Fate {
	k.t.Helper()
	return k.judged(post).Fate
}

func (k *keeper) sub() store.Subscriber {
	k.t.Helper()
	sub, err := k.store.For(k.scope).Subscription().Subscriber()
	if err != nil {
		k.t.Fatal(err)
	}
	return sub
}

func (k *keeper) lessons() []store.Lesson {
	k.t.Helper()
	list, err := k.store.For(k.scope).Timeline().Lessons()
	if err != nil {
		k.t.Fatal(err)
	}
	return list
}
