package dream_test

import (
	"bytes"
	"encoding"
	"encoding/binary"
	"errors"
	"flag"
	"hash/crc32"
	"image"
	"image/png"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// veiled is a picture with transparent parts, whose colours count too.
func veiled(w, h int) *image.NRGBA {
	img := picture.Landscape(w, h, 3)
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = byte(i)
	}
	return img
}

// fullOrder and fullPiece say something in every field.
func fullOrder() dream.Order {
	return dream.Order{
		Recipe: dream.Recipe{Verb: dream.Wander, Model: "0011aaff", Preset: "eyes", Layers: []dream.LayerTerm{{Layer: "4c", Channel: -1, Weight: 0.3}},
			Words: []dream.WordTerm{{Label: 7, Weight: -1.5}}, Octaves: 3, OctaveScale: 1.37, Steps: 9, Strength: 2, Seed: 1<<63 + 5, Size: 99,
			Mask: dream.KeepTop, KeepColours: true, Guide: true, Free: true, Generation: 4, Repeat: 3, Seconds: 5},
		Source: veiled(13, 7), Guide: picture.Landscape(5, 9, 1), Network: "abcdef", ISA: "amd64/avx2",
		Accept: []dream.Format{{MIME: dream.MP4, Bytes: 1 << 40}, {MIME: dream.PNG, Bytes: 3, Pixels: 4}},
	}
}

func fullPiece() dream.Piece {
	return dream.Piece{
		File:  dream.File{Data: []byte("film"), MIME: dream.MP4, W: 64, H: 48, Frames: 24, Each: time.Second / 12},
		Image: veiled(6, 4), Poster: picture.Landscape(8, 6, 2), Recipe: fullOrder().Recipe,
		Saw: dream.Sight{Guesses: []classifier.Guess{{Index: 3, Label: "slug", P: 0.25}}, Sure: dream.Certainty{What: "animal", P: 0.75, Kind: true}}, Dreamed: []classifier.Guess{{Index: 9, Label: "pug", P: 1}, {}},
		Notes: []dream.Note{{Kind: dream.Smaller, W: 3, H: 4}, {Kind: dream.NoFilm, Why: "exit 1"}},
	}
}

func marshal(t testing.TB, v encoding.BinaryMarshaler) []byte {
	t.Helper()
	data, err := v.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestOrdersAndPiecesSurviveTheWay(t *testing.T) {
	for _, want := range []dream.Order{{}, fullOrder(), {Recipe: quick(), Source: picture.Landscape(40, 30, 1)}} {
		var got dream.Order
		if err := got.UnmarshalBinary(marshal(t, want)); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	for _, want := range []dream.Piece{{}, fullPiece()} {
		var got dream.Piece
		if err := got.UnmarshalBinary(marshal(t, want)); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
}

func TestEveryRecipeSurvivesTheWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := dream.Order{Recipe: drawRecipe(t)}
		data, err := want.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var got dream.Order
		if err := got.UnmarshalBinary(data); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

// What comes back from another machine is what would have been made here, and is not sent twice.
func TestAMadePieceSurvivesTheWay(t *testing.T) {
	o := dream.Order{Recipe: dream.Recipe{Octaves: 1, Steps: 1}, Source: veiled(64, 48), Accept: []dream.Format{{MIME: dream.PNG}, {MIME: dream.JPEG}}}
	var sent dream.Order
	if err := sent.UnmarshalBinary(marshal(t, o)); err != nil {
		t.Fatal(err)
	}
	m := light(t, dream.Options{})
	want, err := m.Make(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	made, err := m.Make(t.Context(), sent, nil)
	if err != nil {
		t.Fatal(err)
	}
	data := marshal(t, made)
	var got dream.Piece
	if err := got.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if most := len(want.File.Data) + 2000; len(data) > most {
		t.Errorf("%d bytes for a file of %d", len(data), len(want.File.Data))
	}
}

// edited is what a liar makes of bytes: something else said in the JSON, whose length is right again.
func edited(t *testing.T, whole []byte, from, to string) []byte {
	t.Helper()
	head := whole[16 : 16+binary.BigEndian.Uint32(whole[12:])]
	if !bytes.Contains(head, []byte(from)) {
		t.Fatalf("%s does not say %s", head, from)
	}
	said := bytes.Replace(head, []byte(from), []byte(to), 1)
	out := binary.BigEndian.AppendUint32(bytes.Clone(whole[:12]), uint32(len(said)))
	return append(append(out, said...), whole[16+len(head):]...)
}

func TestWhatIsNoOrderIsRefused(t *testing.T) {
	whole := marshal(t, fullOrder())
	bad := map[string][]byte{
		"nothing":          nil,
		"a piece":          marshal(t, fullPiece()),
		"another version":  bytes.Replace(whole, []byte("order1"), []byte("order2"), 1),
		"more at the end":  append(bytes.Clone(whole), 0),
		"unknown field":    edited(t, whole, `"seconds"`, `"secands"`),
		"a limit below 0":  edited(t, whole, `"bytes":3`, `"bytes":-3`),
		"damaged picture":  bytes.Replace(whole, []byte("IDAT"), []byte("IDAX"), 1),
		"a bomb":           withSource(t, bomb(t, 4000, 4000)),
		"grey":             withSource(t, pngOf(t, image.NewGray16(image.Rect(0, 0, 3, 3)))),
		"text as number":   edited(t, whole, `"steps":9`, `"steps":x`),
		"seed of 65 bits":  edited(t, whole, `"seed":"9`, `"seed":"99`),
		"an endless part":  append(bytes.Clone(whole[:12]), 0xff, 0xff, 0xff, 0xff),
		"a very long JSON": edited(t, whole, `"network":"abcdef"`, `"network":"`+strings.Repeat("a", 70_000)+`"`),
	}
	for n := range len(whole) {
		bad["cut"] = whole[:n]
		var o dream.Order
		if err := o.UnmarshalBinary(bad["cut"]); !errors.Is(err, dream.ErrMalformed) {
			t.Fatalf("cut after %d bytes: %v", n, err)
		}
	}
	for name, data := range bad {
		o := dream.Order{Network: "as it was"}
		if err := o.UnmarshalBinary(data); !errors.Is(err, dream.ErrMalformed) || o.Network != "as it was" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// withSource is an order whose source is a file that no order would be written with.
func withSource(t *testing.T, file []byte) []byte {
	t.Helper()
	whole := marshal(t, dream.Order{})
	at := 16 + binary.BigEndian.Uint32(whole[12:])
	out := binary.BigEndian.AppendUint32(bytes.Clone(whole[:at]), uint32(len(file)))
	return append(append(out, file...), 0, 0, 0, 0)
}

func pngOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// bomb is the head of a PNG of w by h and a few bytes of its pixels.
func bomb(t *testing.T, w, h int) []byte {
	t.Helper()
	file := pngOf(t, picture.Landscape(64, 48, 1))
	binary.BigEndian.PutUint32(file[16:], uint32(w))
	binary.BigEndian.PutUint32(file[20:], uint32(h))
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
	return file
}

func TestABombIsNotUnpacked(t *testing.T) {
	data := withSource(t, bomb(t, 8192, 8192))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := new(dream.Order).UnmarshalBinary(data); !errors.Is(err, dream.ErrMalformed) {
		t.Error(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
		t.Errorf("%d MB for %d bytes", n>>20, len(data))
	}
}

func TestWhatIsNoPieceIsRefused(t *testing.T) {
	whole := marshal(t, fullPiece())
	for name, data := range map[string][]byte{
		"an order":           marshal(t, fullOrder()),
		"a type we lack":     edited(t, whole, "video/mp4", "text/html"),
		"no frames":          edited(t, whole, `"frames":24`, `"frames":-1`),
		"a side of 0":        edited(t, whole, `"width":64`, `"width":0`),
		"endless sides":      edited(t, whole, `64,"height":48`, `8193,"height":8192`),
		"a file that is not": edited(t, whole, `"file":{`, `"fill":{`),
	} {
		var p dream.Piece
		if err := p.UnmarshalBinary(data); !errors.Is(err, dream.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What one version has sent, later ones of the same mark can read.
func TestOldOrdersAndPiecesAreStillRead(t *testing.T) {
	unsure := fullPiece() // pieces did not say yet what one was sure of
	unsure.Saw.Sure = dream.Certainty{}
	old := map[string]encoding.BinaryMarshaler{"testdata/order1.bin": fullOrder(), "testdata/piece1.bin": unsure}
	for path, want := range old {
		if *update {
			if err := os.WriteFile(path, marshal(t, want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var o dream.Order
		var p dream.Piece
		if strings.Contains(path, "order") {
			err, want = o.UnmarshalBinary(data), any(want).(dream.Order)
			if d := cmp.Diff(want, encoding.BinaryMarshaler(o)); err != nil || d != "" {
				t.Errorf("%s: %v, %s", path, err, d)
			}
			continue
		}
		if err := p.UnmarshalBinary(data); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, encoding.BinaryMarshaler(p)); d != "" {
			t.Errorf("%s: %s", path, d)
		}
	}
}

func FuzzOrder(f *testing.F) {
	f.Add(marshal(f, fullOrder()))
	f.Add(marshal(f, dream.Order{}))
	f.Fuzz(func(t *testing.T, data []byte) {
		var o, again dream.Order
		if err := o.UnmarshalBinary(data); err != nil {
			if !errors.Is(err, dream.ErrMalformed) {
				t.Error(err)
			}
			return
		}
		if err := again.UnmarshalBinary(marshal(t, o)); err != nil || !cmp.Equal(o, again) {
			t.Errorf("%v: %s", err, cmp.Diff(o, again))
		}
	})
}

func FuzzPiece(f *testing.F) {
	f.Add(marshal(f, fullPiece()))
	f.Add(marshal(f, dream.Piece{}))
	f.Fuzz(func(t *testing.T, data []byte) {
		var p, again dream.Piece
		if err := p.UnmarshalBinary(data); err != nil {
			if !errors.Is(err, dream.ErrMalformed) {
				t.Error(err)
			}
			return
		}
		if err := again.UnmarshalBinary(marshal(t, p)); err != nil || !cmp.Equal(p, again) {
			t.Errorf("%v: %s", err, cmp.Diff(p, again))
		}
	})
}
