package reply_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"strings"
	"testing"

	"slugpuppy/antidote"
	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
	"slugpuppy/bot/reply/words"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// landscape is a picture with something in it, as PNG.
func landscape(t *testing.T) []byte {
	t.Helper()
	data, err := picture.EncodePNG(picture.Landscape(160, 120, 3), "")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// cropped is what is left of a PNG when some of it is cut off.
func cropped(t *testing.T, data []byte) []byte {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	part := picture.ToNRGBA(img).SubImage(image.Rect(8, 0, 160, 112))
	if err := png.Encode(&out, part); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestUndreamFindsTheOriginalOfACopy(t *testing.T) {
	inWorld(t, func(r *rig) {
		bea := r.w.join("bea")
		first := r.ask(r.ada, "slug", r.ada.withPicture(landscape(t), "a lake"))
		dream := r.answered(first, "gen 1")
		copied := cropped(t, r.w.uploaded(dream.Media[0]).Data)
		r.answered(r.ask(r.ada, "undream", r.ada.withPicture(copied, "")), first.URL)
		r.answered(r.ask(bea, "undream", bea.withPicture(copied, "")), words.NotOwned)
		r.answered(r.ask(r.ada, "undream", r.ada.withPicture(landscape(t), "")), words.NotOwned)
	})
}

// TestDreamsAreRememberedWithTheirAnswer looks at what is written down of a dream, by who may see it.
func TestDreamsAreRememberedWithTheirAnswer(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.ask(r.ada, "slug", r.ada.withPicture(landscape(t), "a lake"))
		r.ask(r.ada, "slug", r.ada.withPicture(landscape(t), "a lake"),
			func(p *network.Post) { p.Visibility = network.Direct })
		open, err := r.store.Album().Open()
		if err != nil || len(open) != 1 {
			t.Fatalf("%d dreams are open, %v", len(open), err)
		}
		var record antidote.Record
		if err := json.Unmarshal(open[0].Record, &record); err != nil || record.Quality == 0 || record.Post != "" || open[0].URL != "" {
			t.Errorf("%s, %v", open[0].Record, err)
		}
	})
}

func TestTheGalleryHasDreamsOfThoseWhoSaidYes(t *testing.T) {
	inWorld(t, func(r *rig) {
		shown := func(want int) []store.Dream {
			t.Helper()
			all, err := r.store.Album().Shown(10)
			if err != nil || len(all) != want {
				t.Errorf("%d are shown, not %d, %v", len(all), want, err)
			}
			return all
		}
		r.ask(r.ada, "slug", r.ada.withPicture(landscape(t), "a lake"))
		shown(0)
		r.answered(r.ask(r.ada, "gallery yes"), words.Shown)
		a := r.answered(r.ask(r.ada, "eyes", r.ada.withPicture(landscape(t), "a lake")))
		if all := shown(1); len(all) == 1 && (all[0].URL != a.URL || all[0].Alt != a.Media[0].Alt) {
			t.Errorf("%+v", all[0])
		}
		r.ask(r.ada, "birds", r.ada.withPicture(landscape(t), "a lake"), func(p *network.Post) { p.Warning = "spiders" })
		shown(1)
		r.answered(r.ask(r.ada, "gallery no"), words.NotShown)
		shown(0)
	})
}

func TestDreamsAreTaggedWhereTheOperatorWantsIt(t *testing.T) {
	inWorld(t, func(r *rig) {
		if a := r.answered(r.ask(r.ada, "slug", r.ada.withPicture(landscape(t), "a lake"))); !strings.HasSuffix(a.Text, " "+words.Hashtag) {
			t.Errorf("%q", a.Text)
		}
		if a := r.answered(r.ask(r.ada, "help")); strings.Contains(a.Text, words.Hashtag) {
			t.Errorf("%q", a.Text)
		}
	}, func(o *reply.Options) { o.Hashtag = true })
}
