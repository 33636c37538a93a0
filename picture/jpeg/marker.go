package jpeg

import (
	"bytes"
	"encoding/binary"

	"slugpuppy/picture/codec"
)

// Markers (T.81, table B.1).
const (
	sof0 = 0xc0 // baseline
	sof1 = 0xc1 // extended sequential
	sof2 = 0xc2 // progressive
	dht  = 0xc4
	jpg  = 0xc8
	dac  = 0xcc
	rst0 = 0xd0
	rst7 = 0xd7
	soi  = 0xd8
	eoi  = 0xd9
	sos  = 0xda
	dqt  = 0xdb
	dri  = 0xdd
	app0 = 0xe0
	app2 = 0xe2
	ape  = 0xee // Adobe's APP14
	tem  = 0x01
)

// walk reads marker after marker, fills in frame and tables, and calls scan at each scan. It ends
// without an error at EOI, at the end of the data and when scan wants no more; with one where
// the stream makes no sense.
func (d *decoder) walk(scan func(scanHeader) (more bool, err error)) error {
	if !bytes.HasPrefix(d.data, []byte{0xff, soi}) {
		return codec.FormatError("no SOI marker")
	}
	d.pos = 2
	for {
		marker := d.unread
		if d.unread = 0; marker == 0 {
			marker = d.nextMarker()
		}
		switch {
		case marker == eoi:
			return nil
		case marker >= rst0 && marker <= rst7, marker == tem:
			continue
		case marker == soi:
			return codec.FormatError("a second SOI marker")
		}
		body, whole := d.segment()
		if !whole {
			return nil
		}
		if marker == sos {
			h, err := d.scanHeader(body)
			if err != nil {
				return err
			}
			if more, err := scan(h); err != nil || !more {
				return err
			}
			continue
		}
		if err := d.tables(marker, body); err != nil {
			return err
		}
	}
}

// nextMarker skips to the next marker, past whatever stands before it. The end of the data is an EOI.
func (d *decoder) nextMarker() byte {
	for {
		i := bytes.IndexByte(d.data[d.pos:], 0xff)
		if i < 0 {
			d.pos = len(d.data)
			return eoi
		}
		d.pos += i
		for d.pos < len(d.data) && d.data[d.pos] == 0xff {
			d.pos++
		}
		if d.pos == len(d.data) {
			return eoi
		}
		d.pos++
		if m := d.data[d.pos-1]; m != 0 {
			return m
		}
	}
}

// segment takes the body that belongs to a marker; false where the data end before it does.
func (d *decoder) segment() ([]byte, bool) {
	if d.pos+2 > len(d.data) {
		return nil, false
	}
	size := int(binary.BigEndian.Uint16(d.data[d.pos:]))
	if size < 2 || d.pos+size > len(d.data) {
		return nil, false
	}
	body := d.data[d.pos+2 : d.pos+size]
	d.pos += size
	return body, true
}

// tables reads the segment of any marker but SOS.
func (d *decoder) tables(marker byte, body []byte) error {
	switch marker {
	case dqt:
		return d.quantisation(body)
	case dht:
		return d.huffmanTables(body)
	case dri:
		if len(body) != 2 {
			return codec.FormatError("DRI of a wrong length")
		}
		d.interval = int(binary.BigEndian.Uint16(body))
	case app0:
		d.jfif = d.jfif || bytes.HasPrefix(body, []byte("JFIF\x00"))
	case ape:
		if len(body) >= 12 && bytes.HasPrefix(body, []byte("Adobe")) {
			d.adobe, d.transform = true, body[11]
		}
	case app2:
		d.profile.add(body)
	case dac:
		return codec.UnsupportedError("arithmetic coding of JPEG")
	case sof0, sof1, sof2:
		return d.startFrame(marker, body)
	default:
		if marker > sof2 && marker <= 0xcf && marker != jpg {
			return d.refuseFrame(marker)
		}
	}
	return nil
}

// refuseFrame names the kinds of JPEG that nobody shows.
func (d *decoder) refuseFrame(marker byte) error {
	switch marker {
	case 0xc9, 0xca:
		return codec.UnsupportedError("arithmetic coding of JPEG")
	case 0xc3, 0xcb:
		return codec.UnsupportedError("lossless JPEG")
	}
	return codec.UnsupportedError("hierarchical JPEG")
}

// quantisation reads tables of steps, kept in natural order.
func (d *decoder) quantisation(body []byte) error {
	for len(body) > 0 {
		wide, id := body[0]>>4 != 0, body[0]&15
		size := 64
		if wide {
			size = 128
		}
		if id > 3 || len(body) < 1+size {
			return codec.FormatError("DQT makes no sense")
		}
		table := new([64]uint16)
		for k := range 64 {
			if wide {
				table[natural[k]] = binary.BigEndian.Uint16(body[1+2*k:])
			} else {
				table[natural[k]] = uint16(body[1+k])
			}
		}
		d.quant[id] = table
		body = body[1+size:]
	}
	return nil
}

// profileChunks collects an ICC profile from its segments (ICC.1:2010, annex B.4).
type profileChunks struct {
	parts [256][]byte
	count int
}

const profileName = "ICC_PROFILE\x00"

func (p *profileChunks) add(body []byte) {
	rest, ok := bytes.CutPrefix(body, []byte(profileName))
	if !ok || len(rest) < 2 || p.parts[rest[0]] != nil {
		return
	}
	p.parts[rest[0]], p.count = rest[2:], int(rest[1])
}

// join returns the profile, nil where a segment is missing.
func (p *profileChunks) join() []byte {
	var out []byte
	for i := 1; i <= p.count; i++ {
		if p.parts[i] == nil {
			return nil
		}
		out = append(out, p.parts[i]...)
	}
	return out
}
