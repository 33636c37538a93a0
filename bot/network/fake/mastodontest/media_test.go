package mastodontest_test

import (
	"bytes"
	"image"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
)

func TestUploadsAreProcessedLaterOnMastodonAndAtOnceOnGoToSocial(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		clk := newClock()
		srv := start(t, mastodontest.Options{Dialect: d, Now: clk.Now, Processing: time.Second})
		ada := srv.AddUser("ada", mastodontest.UserOptions{})
		c := api{t, srv, ada.Token()}
		up := c.upload(picture(1000, 500), "description", "a slug", "focus", "-0.5,1")
		up.want(t, pick(d, 202, 200), `"description":"a slug"`)
		if (up.object["url"] == nil) != (d == mastodontest.Mastodon) {
			t.Errorf("url is %v", up.object["url"])
		}
		path := "/api/v1/media/" + up.str("id")
		c.get(path).want(t, pick(d, 206, 200), "")
		clk.Add(time.Second)
		done := c.get(path)
		done.want(t, 200, `"focus":{"x":-0.5,"y":1}`)
		for key, width := range map[string]int{"url": 1000, "preview_url": 678} {
			if img := download(t, done.str(key)); img.Bounds().Dx() != width {
				t.Errorf("%s is %v, want width %d", key, img.Bounds(), width)
			}
		}
		c.must("PUT", path, "application/json", strings.NewReader(`{"description":"two slugs"}`)).want(t, 200, "two slugs")
		c.post("/api/v1/statuses", "media_ids[]", up.str("id")).want(t, 200, "two slugs")
		c.get(path).want(t, 404, "error")
	})
}

func download(t *testing.T, url string) image.Image {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return img
}

func TestUploadsAreReallyDecoded(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		srv := start(t, mastodontest.Options{Dialect: d, Limits: mastodontest.Limits{
			ImageBytes: 20_000, ImagePixels: 10_000, GIFPixels: 100, VideoPixels: 5000, AltRunes: 10, BodyBytes: 50_000,
		}})
		ada := srv.AddUser("ada", mastodontest.UserOptions{})
		c := api{t, srv, ada.Token()}
		whole := picture(50, 50)
		bad, ok := pick(d, 422, 400), pick(d, 202, 200)
		for _, tt := range []struct {
			name string
			data []byte
			alt  string
			code int
			kind string
		}{
			{"a picture", whole, "", ok, "image"},
			{"no file", nil, "", bad, ""},
			{"an empty file", []byte{}, "", bad, ""},
			{"text", []byte("not a picture"), "", 422, ""},
			{"half a picture", whole[:len(whole)/2], "", 422, ""},
			{"a picture with too many pixels", picture(101, 100), "", bad, ""},
			{"a picture with too many bytes", append(picture(10, 10), make([]byte, 20_000)...), "", bad, ""},
			{"a request too big for the proxy", make([]byte, 60_000), "", 413, ""},
			{"a still GIF", animation(4, 4, 1), "", ok, "image"},
			{"an animated GIF", animation(4, 4, 3), "", ok, "gifv"},
			{"a GIF with too many pixels", animation(11, 10, 3), "", bad, ""},
			{"a clip", movie(64, 64), "", ok, "gifv"},
			{"a clip too large", movie(80, 64), "", bad, ""},
			{"a clip without a picture track", movie(0, 0), "", 422, ""},
			{"a truncated clip", movie(64, 64)[:60], "", 422, ""},
			{"alt text that fits", whole, strings.Repeat("ä", 10), ok, "image"},
			{"alt text too long", whole, strings.Repeat("ä", 11), bad, ""},
		} {
			t.Run(tt.name, func(t *testing.T) {
				a := c.upload(tt.data, "description", tt.alt)
				if a.code != tt.code || a.str("type") != tt.kind {
					t.Errorf("answered %d %s, want %d", a.code, a.raw, tt.code)
				}
			})
		}
	})
}

// movie builds the boxes of an MP4 as far as a server looks at them.
func movie(w, h int) []byte {
	box := func(kind string, body ...byte) []byte {
		n := len(body) + 8
		return append([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n), kind[0], kind[1], kind[2], kind[3]}, body...)
	}
	tkhd := make([]byte, 84)
	tkhd[76], tkhd[77], tkhd[80], tkhd[81] = byte(w>>8), byte(w), byte(h>>8), byte(h)
	mvhd := make([]byte, 100)
	mvhd[14], mvhd[15], mvhd[18], mvhd[19] = 3, 232, 15, 160 // 4,000 of 1,000 a second
	out := box("ftyp", []byte("isom\x00\x00\x02\x00isomiso2mp41")...)
	out = append(out, box("moov", append(box("mvhd", mvhd...), box("trak", box("tkhd", tkhd...)...)...)...)...)
	return append(out, box("mdat", 1, 2, 3)...)
}

func TestLargeStillsAreStoredSmallerOnMastodon(t *testing.T) {
	srv := start(t, mastodontest.Options{Limits: mastodontest.Limits{StoredPixels: 5000}})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	post, err := ada.Post(mastodontest.PostOptions{Media: []mastodontest.Picture{{Data: picture(200, 100), Alt: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	if m := post.Media[0]; m.Width != 100 || m.Height != 50 {
		t.Errorf("stored as %dx%d", m.Width, m.Height)
	}
}

func FuzzUpload(f *testing.F) {
	f.Add(picture(4, 4))
	f.Add(animation(3, 3, 2))
	f.Add(movie(64, 64))
	srv := mastodontest.New(mastodontest.Options{Limits: mastodontest.Limits{ImagePixels: 1 << 20}})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = ada.Post(mastodontest.PostOptions{Media: []mastodontest.Picture{{Data: data}}})
	})
}
