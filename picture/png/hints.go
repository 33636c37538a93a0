package png

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"

	"slugpuppy/picture/icc"
)

// hints are what a file says about its colours, in several tongues at once.
type hints struct {
	gamma   float64
	places  *icc.Chromaticities
	srgb    bool
	profile []byte // as compressed
	points  []byte // of cICP
}

const maxProfile = 1 << 20

func (h *hints) take(c *chunk) {
	b := c.body
	switch {
	case c.name == "gAMA" && len(b) == 4:
		h.gamma = float64(binary.BigEndian.Uint32(b)) / 100000
	case c.name == "cHRM" && len(b) == 32:
		at := func(i int) [2]float64 {
			return [2]float64{float64(binary.BigEndian.Uint32(b[8*i:])) / 100000, float64(binary.BigEndian.Uint32(b[8*i+4:])) / 100000}
		}
		h.places = &icc.Chromaticities{White: at(0), Red: at(1), Green: at(2), Blue: at(3)}
	case c.name == "sRGB":
		h.srgb = true
	case c.name == "cICP" && len(b) == 4 && b[2] == 0 && b[3] == 1:
		h.points = b
	case c.name == "iCCP" && h.profile == nil:
		if _, packed, ok := bytes.Cut(b, []byte{0}); ok && len(packed) > 1 && packed[0] == 0 {
			h.profile = packed[1:]
		}
	}
}

// transform takes the word that counts most (PNG, third edition, 4.3).
func (h *hints) transform(m icc.Model) *icc.Transform {
	switch {
	case h.points != nil:
		return icc.OfCodePoints(h.points[0], h.points[1])
	case h.profile != nil:
		return icc.Read(inflate(h.profile), m)
	case h.srgb || h.gamma == 0:
		return nil
	}
	return icc.OfGamma(h.gamma, h.places)
}

// inflate unpacks a profile; one that is broken is as good as none.
func inflate(packed []byte) []byte {
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	profile, _ := io.ReadAll(io.LimitReader(r, maxProfile))
	return profile
}
