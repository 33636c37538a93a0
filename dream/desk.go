package dream

import (
	"image"
	"runtime/debug"

	"slugpuppy/classifier"
)

// desk is where the gradients of one piece are computed: the network with as much memory of its own as the largest
// tile needs, from reserve to clear.
type desk struct {
	net   *classifier.Network
	own   *classifier.Network
	bytes int64
}

func (m *Maker) desk() *desk { return &desk{net: m.net} }

// reserve sees to it that so many bytes are enough for each gradient to come.
func (d *desk) reserve(bytes int64) {
	if d.own == nil || d.bytes < bytes {
		d.own, d.bytes = d.net.Apart(bytes), bytes
	}
}

// network is the one to ask.
func (d *desk) network() *classifier.Network {
	if d.own == nil {
		return d.net
	}
	return d.own
}

// worthAll is from how many bytes on the system gets memory back at once. It takes a few milliseconds, and the
// collector would come for it in its own time.
const worthAll = 32 << 20

// clear gives the memory back, if there is enough of it.
func (d *desk) clear() {
	own := d.bytes
	if d.own, d.bytes = nil, 0; own >= worthAll {
		debug.FreeOSMemory()
	}
}

// sweep gives back what was needed to read a large picture.
func sweep(img *image.NRGBA) {
	if img != nil && len(img.Pix) >= worthAll {
		debug.FreeOSMemory()
	}
}

// beside is how many bytes are held of pictures that src was made of.
func (j *job) beside(src *image.NRGBA) int64 {
	if j.source == nil || j.r.Repeat > 1 || j.source == src {
		return 0
	}
	return int64(len(j.source.Pix))
}
