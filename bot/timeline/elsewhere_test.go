package timeline_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/timeline"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// album is where a picture comes from, for somebody who has the machine to themselves.
type album struct {
	data  []byte
	works int
}

func (a *album) Fetch(context.Context, network.Media, int64) ([]byte, error) { return a.data, nil }
func (a *album) Turn(context.Context, string) (func(), error)                { return func() {}, nil }
func (a *album) Work(ctx context.Context, do func(context.Context) error) error {
	a.works++
	return do(ctx)
}

func TestWhatOthersSawIsAsGoodAsALookAndTheirTroubleIsForNow(t *testing.T) {
	st, err := store.Open(filepath.Join(t.TempDir(), "s.db"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	png, err := picture.EncodePNG(picture.Landscape(40, 30, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	from := &album{data: png}
	busy := true
	eye := &timeline.Eye{Judge: &redness{}, Store: st, FetchBytes: 1 << 20, Decode: decode,
		Elsewhere: func(ctx context.Context, data []byte, here func(context.Context) (store.Sight, error)) (store.Sight, error) {
			if busy {
				return store.Sight{}, errors.New("all workers are busy")
			}
			return store.Sight{Score: 0.125}, nil
		}}
	media := network.Media{ID: "1", Kind: network.Still, URL: "https://a.example/1.png"}
	if _, err := eye.Look(t.Context(), from, media); err == nil {
		t.Error("it was seen although nobody looked")
	}
	busy = false
	seen, err := eye.Look(t.Context(), from, media)
	if err != nil || seen.Score != 0.125 || seen.Picture == "" {
		t.Errorf("%+v, %v", seen, err)
	}
	if known, ok, err := eye.Known(seen.Picture); err != nil || !ok || known.Score != seen.Score {
		t.Errorf("%+v, %v, %v", known, ok, err)
	}
	if from.works > 0 {
		t.Error("it was looked at here too")
	}
	eye.Elsewhere = func(ctx context.Context, _ []byte, here func(context.Context) (store.Sight, error)) (store.Sight, error) {
		return here(ctx)
	}
	media.URL = "https://a.example/2.png"
	from.data = append(from.data, 0) // another file
	if seen, err := eye.Look(t.Context(), from, media); err != nil || seen.Score == 0.125 || from.works != 1 {
		t.Errorf("%+v, %v, looked at here %d times", seen, err, from.works)
	}
}

func TestAPictureThatNobodyCanLookAtNowIsLookedAtLater(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		busy := true
		r.filter.Eye.Elsewhere = func(ctx context.Context, _ []byte, here func(context.Context) (store.Sight, error)) (store.Sight, error) {
			if busy {
				return store.Sight{}, errors.New("all workers are busy")
			}
			return here(ctx)
		}
		r.join()
		missed := r.post(r.artist, 0.95, "a dream")
		r.pass()
		r.want("DeepDream: certain")
		busy = false
		all := []string{missed}
		for range 60 { // more than a pass reads again
			all = append(all, r.post(r.artist, 0.96, "another"))
		}
		r.pass()
		r.sleep(10 * time.Minute)
		r.pass()
		r.pass()
		r.want("DeepDream: certain", all...)
	})
}
