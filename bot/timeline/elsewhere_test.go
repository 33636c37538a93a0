package timeline_test

import (
	"context"
	"errors"
	"image"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
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

// refusing has no file, for a reason.
type refusing struct {
	album
	kind network.ErrorKind
}

func (r *refusing) Fetch(context.Context, network.Media, int64) ([]byte, error) {
	r.works++
	return nil, &network.Error{Op: "fetch", Kind: r.kind, Err: errors.New("no")}
}

func TestWhatCannotBeHadIsNotKeptForOthersAndWhatThisMachineCannotReadForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, err := store.Open(filepath.Join(t.TempDir(), "s.db"), store.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		eye := &timeline.Eye{Judge: &redness{}, Store: st, FetchBytes: 1 << 20}
		media := network.Media{ID: "1", Kind: network.Still, URL: "https://a.example/1.png"}
		for _, kind := range []network.ErrorKind{network.NotFound, network.Forbidden, network.Rejected, network.Transient} {
			for range 2 { // the second who asks tries again
				from := &refusing{kind: kind}
				if seen, err := eye.Look(t.Context(), from, media); err == nil || from.works != 1 {
					t.Errorf("%s: %+v, %d tries", kind, seen, from.works)
				}
			}
		}
		for _, c := range []struct {
			kind picture.Kind
			here bool
		}{{picture.TooBig, true}, {picture.TooLong, true}, {picture.TooCostly, true}, {picture.Failed, true}, {picture.Corrupt, false}, {picture.Unsupported, false}} {
			tries := 0
			eye.Decode = func(context.Context, []byte) (image.Image, error) {
				tries++
				return nil, &picture.Problem{Kind: c.kind, Reason: "a reason"}
			}
			from := &album{data: []byte(c.kind.String())}
			media.URL = "https://a.example/" + c.kind.String()
			for range 2 {
				if seen, err := eye.Look(t.Context(), from, media); err != nil || seen.Unread == "" || seen.Here != c.here || tries != 1 {
					t.Errorf("%s: %+v, %v, %d tries", c.kind, seen, err, tries)
				}
			}
			later(25 * time.Hour)
			want := 1
			if c.here {
				want = 2
			}
			if _, err := eye.Look(t.Context(), from, media); err != nil || tries != want {
				t.Errorf("%s a day later: %v, %d tries, want %d", c.kind, err, tries, want)
			}
		}
	})
}

// halves has a preview, and the picture itself only later.
type halves struct {
	preview, full []byte
	now           bool
}

func (h *halves) Fetch(_ context.Context, m network.Media, _ int64) ([]byte, error) {
	if m.ID == "full" && !h.now && !strings.Contains(m.URL, "small") {
		return nil, &network.Error{Op: "fetch", Kind: network.Transient, Err: errors.New("too slow")}
	}
	if strings.Contains(m.URL, "small") {
		return h.preview, nil
	}
	return h.full, nil
}
func (h *halves) Turn(context.Context, string) (func(), error) { return func() {}, nil }
func (h *halves) Work(ctx context.Context, do func(context.Context) error) error {
	return do(ctx)
}

func TestAPreviewThatHasToDoNowIsNoVerdictForOthers(t *testing.T) {
	st, err := store.Open(filepath.Join(t.TempDir(), "s.db"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	eye := &timeline.Eye{Judge: &redness{}, Store: st, FetchBytes: 1 << 20, Decode: decode}
	from := &halves{preview: paint(0.8, 1), full: paint(0.95, 2)}
	media := network.Media{ID: "full", Kind: network.Still, URL: "https://a.example/1.png", PreviewURL: "https://a.example/small.png"}
	first, err := eye.Look(t.Context(), from, media)
	if err != nil || first.Score > 0.9 {
		t.Fatalf("%+v, %v", first, err)
	}
	from.now = true
	if second, err := eye.Look(t.Context(), from, media); err != nil || second.Score < 0.9 {
		t.Errorf("who comes later gets the preview's verdict: %+v, %v", second, err)
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
