package demo

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/cmplx"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// The pictures of the timeline are small: a dream of this size takes a second or two.
const castW, castH = 256, 192

// Painter dreams for the artists.
type Painter func(ctx context.Context, o dream.Order) (dream.Piece, error)

// Cast are the artists whom the visitor follows on a fake server, and one whom they do not, and whose
// dreams come by boosts.
type Cast struct {
	paint                                      Painter
	painter, geometer, dreamer, hub, elsewhere *mastodontest.User
}

// NewCast makes the artists' accounts and has the visitor follow them.
func NewCast(s *mastodontest.Server, visitor *mastodontest.User, paint Painter) *Cast {
	add := func(name, display string) *mastodontest.User {
		return s.AddUser(name, mastodontest.UserOptions{Display: display})
	}
	c := &Cast{paint: paint, painter: add("mira", "Mira paints"), geometer: add("noor", "Noor and numbers"),
		dreamer: add("lucid", "Lucid"), hub: add("hub", "Hub of pictures"), elsewhere: add("vapor@far.example", "Vapor")}
	for _, u := range []*mastodontest.User{c.painter, c.geometer, c.dreamer, c.hub} {
		visitor.Follow(u)
	}
	return c
}

// Open posts what is there from the beginning: landscapes, and pictures that look dreamed and are not.
func (c *Cast) Open() error {
	for _, p := range []struct {
		by        *mastodontest.User
		text, alt string
		img       image.Image
	}{
		{c.painter, "The lake, this morning.", "A painted lake before hills.", picture.Landscape(castW, castH, 11)},
		{c.geometer, "A Julia set. No neurons, only z² + c.", "Whorls within whorls in many colours.", julia(castW, castH, -0.8+0.156i)},
		{c.painter, "The same place in the evening.", "A painted lake at dusk.", picture.Landscape(castW, castH, 12)},
		{c.geometer, "A landscape of Mira's in a kaleidoscope.", "A star of mirrored hills and clouds.", kaleidoscope(picture.Landscape(castW, castH, 14))},
		{c.painter, "I am told this looks like deep dream. It does not!", "Hills in the mist. Not a deep dream.", picture.Landscape(castW, castH, 13)},
	} {
		if _, err := post(p.by, p.text, p.alt, p.img); err != nil {
			return err
		}
	}
	_, err := c.hub.Post(mastodontest.PostOptions{Text: "Pictures from everywhere, all day long."})
	return err
}

// Play dreams one picture after the other, and posts each, until all are there or ctx ends.
func (c *Cast) Play(ctx context.Context) error {
	for i, p := range []struct {
		by           *mastodontest.User
		boosted      bool
		text, preset string
	}{
		{c.dreamer, false, "Last night, by the lake.", "slug"},
		{c.elsewhere, true, "They watch.", "eyes"},
		{c.dreamer, false, "Softly now.", "gentle"},
		{c.elsewhere, true, "Fractal hills, grown on a graphics card.", "fractal"},
		{c.dreamer, false, "Birds, all the way up.", "birds"},
	} {
		img, err := c.dream(ctx, uint64(20+i), p.preset)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("dream for the timeline: %w", err)
		}
		id, err := post(p.by, p.text, "A landscape, dreamed.", img)
		if err != nil {
			return err
		}
		if p.boosted {
			if _, err := c.hub.Boost(id); err != nil {
				return fmt.Errorf("boost a dream: %w", err)
			}
		}
	}
	return nil
}

// dream is a landscape as the network sees it.
func (c *Cast) dream(ctx context.Context, seed uint64, preset string) (image.Image, error) {
	made, err := c.paint(ctx, dream.Order{Source: picture.Landscape(castW, castH, seed),
		Recipe: dream.Recipe{Verb: dream.Dream, Preset: preset, Strength: 8, Octaves: 3, Steps: 10, Seed: seed}})
	return made.Image, err
}

func post(by *mastodontest.User, text, alt string, img image.Image) (id string, err error) {
	data, err := picture.EncodePNG(img, "")
	if err != nil {
		return "", fmt.Errorf("encode a picture of @%s's: %w", by.Name(), err)
	}
	st, err := by.Post(mastodontest.PostOptions{Text: text, Media: []mastodontest.Picture{{Data: data, Alt: alt}}})
	if err != nil {
		return "", fmt.Errorf("post for @%s: %w", by.Name(), err)
	}
	return st.ID, nil
}

// julia draws the Julia set of c, coloured by how soon a point leaves it.
func julia(w, h int, c complex128) *image.NRGBA {
	const most = 160
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	scale := 3 / float64(w)
	for y := range h {
		for x := range w {
			z := complex((float64(x)-float64(w)/2)*scale, (float64(y)-float64(h)/2)*scale)
			n := 0
			for ; n < most && cmplx.Abs(z) < 4; n++ {
				z = z*z + c
			}
			t := float64(n) / most
			wave := func(phase float64) uint8 { return uint8(127 + 120*math.Sin(9*math.Sqrt(t)+phase)) }
			img.SetNRGBA(x, y, color.NRGBA{wave(0), wave(2), wave(4), 255})
		}
	}
	return img
}

// kaleidoscope mirrors a wedge of a picture six times around its middle.
func kaleidoscope(src *image.NRGBA) *image.NRGBA {
	b := src.Bounds()
	img := image.NewNRGBA(b)
	const wedge = math.Pi / 6
	cx, cy := float64(b.Dx())/2, float64(b.Dy())/2
	for y := range b.Dy() {
		for x := range b.Dx() {
			dx, dy := float64(x)-cx, float64(y)-cy
			r, angle := math.Hypot(dx, dy), math.Mod(math.Atan2(dy, dx)+2*math.Pi, 2*wedge)
			angle = math.Abs(angle - wedge)
			sx, sy := int(cx+r*math.Cos(angle)*0.75), int(cy-r*math.Sin(angle)*0.75)
			img.SetNRGBA(x, y, src.NRGBAAt(min(max(sx, 0), b.Dx()-1), min(max(sy, 0), b.Dy()-1)))
		}
	}
	return img
}
