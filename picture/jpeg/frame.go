package jpeg

import (
	"encoding/binary"
	"fmt"

	"slugpuppy/picture/codec"
)

const maxSampling = 4 // of a component, in each direction (T.81, table B.2)

// component is a plane of the picture.
type component struct {
	id   byte
	h, v int // sampling factors
	tq   byte
	seen bool // in a scan of a sequential file

	w, ht         int // in samples
	bw, bh        int // in blocks that hold samples
	stride, lines int // in blocks, up to whole MCUs

	quant *[64]uint16 // as it stood when the component's first scan began
	coef  []int16     // of progressive files: [lines][stride][64]
	pix   []byte      // [8*lines][8*stride]
}

// frame is what SOF says.
type frame struct {
	progressive bool
	w, h        int
	comp        []component
	hmax, vmax  int
	mcuW, mcuH  int // in MCUs
}

func (d *decoder) startFrame(marker byte, body []byte) error {
	if d.frame.comp != nil {
		return codec.FormatError("a second SOF marker")
	}
	if len(body) < 6 || len(body) != 6+3*int(body[5]) {
		return codec.FormatError("SOF of a wrong length")
	}
	if bits := body[0]; bits != 8 {
		return codec.UnsupportedError(fmt.Sprintf("JPEG of %d bits", bits))
	}
	f := frame{
		progressive: marker == sof2,
		h:           int(binary.BigEndian.Uint16(body[1:])), w: int(binary.BigEndian.Uint16(body[3:])),
		hmax: 1, vmax: 1,
	}
	n := int(body[5])
	if n != 1 && n != 3 && n != 4 {
		return codec.UnsupportedError(fmt.Sprintf("JPEG of %d components", n))
	}
	if f.w == 0 || f.h == 0 {
		return codec.FormatError("no pixels")
	}
	for spec := body[6:]; len(spec) > 0; spec = spec[3:] {
		c := component{id: spec[0], h: int(spec[1] >> 4), v: int(spec[1] & 15), tq: spec[2]}
		if c.h < 1 || c.h > maxSampling || c.v < 1 || c.v > maxSampling || c.tq > 3 {
			return codec.FormatError("a component with impossible factors")
		}
		f.hmax, f.vmax = max(f.hmax, c.h), max(f.vmax, c.v)
		f.comp = append(f.comp, c)
	}
	f.layOut()
	d.frame = f
	return nil
}

// layOut computes the sizes of the planes (T.81, A.1.1 and A.2).
func (f *frame) layOut() {
	f.mcuW, f.mcuH = ceil(f.w, 8*f.hmax), ceil(f.h, 8*f.vmax)
	for i := range f.comp {
		c := &f.comp[i]
		c.w, c.ht = ceil(f.w*c.h, f.hmax), ceil(f.h*c.v, f.vmax)
		c.bw, c.bh = ceil(c.w, 8), ceil(c.ht, 8)
		c.stride, c.lines = f.mcuW*c.h, f.mcuH*c.v
	}
}

// samples is how many the planes hold, whole MCUs counted.
func (f *frame) samples() int64 {
	var n int64
	for _, c := range f.comp {
		n += 64 * int64(c.stride) * int64(c.lines)
	}
	return n
}

func ceil(a, b int) int { return (a + b - 1) / b }

// scanHeader is what SOS says.
type scanHeader struct {
	comp           []*component
	dc, ac         []byte // table numbers of each component
	from, to       int    // spectral selection
	ahigh, alow    int    // successive approximation
	mcuW, mcuH     int    // MCUs of this scan
	interleaved    bool
	blocksOfAnyMCU int
}

const maxBlocksOfMCU = 10 // T.81, B.2.3

func (d *decoder) scanHeader(body []byte) (scanHeader, error) {
	h := scanHeader{comp: d.room.comp[:0], dc: d.room.dc[:0], ac: d.room.ac[:0]}
	if d.frame.comp == nil {
		return h, codec.FormatError("a scan before SOF")
	}
	if len(body) < 1 {
		return h, codec.FormatError("SOS of a wrong length")
	}
	n := int(body[0])
	if n < 1 || n > len(d.frame.comp) || len(body) < 4+2*n {
		return h, codec.FormatError("SOS of a wrong length")
	}
	for i := range n {
		c := d.find(body[1+2*i], h.comp)
		if c == nil {
			return h, codec.FormatError("a scan of no component")
		}
		h.comp = append(h.comp, c)
		h.dc, h.ac = append(h.dc, body[2+2*i]>>4), append(h.ac, body[2+2*i]&15)
		h.blocksOfAnyMCU += c.h * c.v
	}
	tail := body[1+2*n:]
	h.from, h.to, h.ahigh, h.alow = int(tail[0]), int(tail[1]), int(tail[2]>>4), int(tail[2]&15)
	if h.interleaved = n > 1; h.interleaved {
		h.mcuW, h.mcuH = d.frame.mcuW, d.frame.mcuH
		if h.blocksOfAnyMCU > maxBlocksOfMCU {
			return h, codec.FormatError("too many blocks in an MCU")
		}
	} else {
		h.mcuW, h.mcuH, h.blocksOfAnyMCU = h.comp[0].bw, h.comp[0].bh, 1
	}
	return h, nil
}

// find looks a component up that the scan does not have yet.
func (d *decoder) find(id byte, have []*component) *component {
next:
	for i := range d.frame.comp {
		c := &d.frame.comp[i]
		if c.id != id {
			continue
		}
		for _, other := range have {
			if other == c {
				continue next
			}
		}
		return c
	}
	return nil
}

// samples is the work of the scan.
func (h *scanHeader) samples() int64 {
	return 64 * int64(h.blocksOfAnyMCU) * int64(h.mcuW) * int64(h.mcuH)
}
