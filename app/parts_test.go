package app

import (
	"context"
	"errors"
	"image"
	"runtime"
	"testing"
	"time"

	"slugpuppy/dream"
	"slugpuppy/picture"
)

// newWorks builds what serve runs, with a bot, the filter and the page.
func newWorks(t *testing.T) *daemon {
	t.Helper()
	cfg := newHouse(t).config(t)
	cfg.Web.Listen, cfg.Web.URL = "127.0.0.1:0", "http://127.0.0.1"
	a := New(cfg, Options{Version: "test"})
	st, err := a.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	d, err := a.newDaemon(st, decodersFor(t, a))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.bots) != 1 || d.filter == nil || d.site == nil {
		t.Fatalf("%d bots, filter %v, page %v", len(d.bots), d.filter, d.site)
	}
	return d
}

// held is the memory that is in use, in MB.
func held() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

func TestBotFilterAndPageHaveOneNetwork(t *testing.T) {
	before := held()
	d := newWorks(t)
	net, err := d.app.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := d.app.engine()
	if err != nil {
		t.Fatal(err)
	}
	if engine.Network != net {
		t.Error("dreams and verdicts come from two copies of the embedded network")
	}
	one, all := float64(net.WeightBytes())/1e6, held()-before
	t.Logf("%.1f MB for everything, %.1f MB for a network's weights", all, one)
	if all > 1.5*one {
		t.Errorf("bot, filter and page hold %.1f MB, with one network of %.1f MB", all, one)
	}
	runtime.KeepAlive(d)
}

func TestAllWhoDecodeShareOneBudget(t *testing.T) {
	d := newWorks(t)
	png, err := picture.EncodePNG(picture.Landscape(40, 30, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	decoders := map[string]decoder{"the bot": d.bots[0].Decode, "the filter": d.filter.Eye.Decode, "the page": d.site.Studio.Decode}
	for who, decode := range decoders { // which starts what they decode with
		if _, err := decode(t.Context(), png); err != nil {
			t.Errorf("%s: %v", who, err)
		}
	}
	all := func() {}
	for _, share := range []int64{1, 4} { // all that is not kept for small ones, and what is
		release, err := d.app.pictures.Budget.Hold(t.Context(), int64(d.app.cfg.Picture.Memory)/share)
		if err != nil {
			t.Fatal(err)
		}
		all = both(all, release)
	}
	for who, decode := range decoders {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		if _, err := decode(ctx, png); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s decodes though somebody else has all of the memory: %v", who, err)
		}
		cancel()
	}
	all()
	for who, decode := range decoders {
		if _, err := decode(t.Context(), png); err != nil {
			t.Errorf("%s: %v", who, err)
		}
	}
}

func both(f, g func()) func() { return func() { f(); g() } }

func TestThePageWaitsForItsTurnAmongTheBots(t *testing.T) {
	d := newWorks(t)
	engine, err := d.app.engine()
	if err != nil {
		t.Fatal(err)
	}
	if d.bots[0].Dreamer != engine.Queue {
		t.Error("the bot does not wait in line")
	}
	small := picture.Landscape(64, 64, 1)
	busy, goOn, first := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() { // a bot's dream that stays at its first step
		said := false
		_, err := d.bots[0].Dreamer.Make(t.Context(), dream.Order{Recipe: dream.Recipe{Preset: "eyes", Octaves: 1, Steps: 2}, Source: small}, func(dream.Progress) {
			if !said {
				said = true
				close(busy)
				<-goOn
			}
		})
		first <- err
	}()
	<-busy
	waited := false
	_, err = d.site.Studio.Dream(t.Context(), image.Image(small), "eyes octaves=1 steps=1", func(p dream.Progress) {
		if p.Ahead == 1 && !waited {
			waited = true
			close(goOn)
		}
	})
	if err != nil || !waited {
		t.Errorf("waited: %v, %v", waited, err)
	}
	if !waited {
		close(goOn)
	}
	if err := <-first; err != nil {
		t.Error(err)
	}
}
