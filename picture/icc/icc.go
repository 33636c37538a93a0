package icc

import (
	"bytes"
	"encoding/binary"
)

// Model is what the values of a picture are, before they are colours.
type Model int

// The models of profiles.
const (
	RGB Model = iota
	Grey
	CMYK
)

// Read makes a transform of an embedded profile. It is nil where there is nothing to do, and where
// nothing can be done: no profile, one of another model, one of tables, one that is broken.
func Read(profile []byte, m Model) *Transform {
	tags := readTags(profile)
	if tags == nil || string(profile[20:24]) != "XYZ " {
		return nil
	}
	switch space := string(profile[16:20]); {
	case m == RGB && space == "RGB ":
		return tags.rgb()
	case m == Grey && space == "GRAY":
		if c := readCurve(tags["kTRC"]); c != nil {
			return newTransform([3]curve{c, c, c}, identity)
		}
	}
	return nil
}

// tagTable is the body of each tag by its name.
type tagTable map[string][]byte

const (
	headerSize = 128
	maxTags    = 100
)

func readTags(p []byte) tagTable {
	if len(p) < headerSize+4 || string(p[36:40]) != "acsp" {
		return nil
	}
	n := int(min(binary.BigEndian.Uint32(p[headerSize:]), maxTags))
	tags := tagTable{}
	for i := range n {
		at := headerSize + 4 + 12*i
		if at+12 > len(p) {
			break
		}
		e := p[at : at+12]
		start, size := uint64(binary.BigEndian.Uint32(e[4:])), uint64(binary.BigEndian.Uint32(e[8:]))
		if start+size <= uint64(len(p)) {
			tags[string(e[:4])] = p[start : start+size]
		}
	}
	return tags
}

// rgb is the transform of three curves and a matrix.
func (t tagTable) rgb() *Transform {
	var curves [3]curve
	var m matrix
	for i, name := range []string{"r", "g", "b"} {
		curves[i] = readCurve(t[name+"TRC"])
		xyz, ok := readXYZ(t[name+"XYZ"])
		if curves[i] == nil || !ok {
			return nil
		}
		for row := range 3 {
			m[row][i] = xyz[row]
		}
	}
	return newTransform(curves, fromD50.times(m))
}

// readXYZ reads a colour of the connection space (ICC.1:2010, 10.31).
func readXYZ(b []byte) (xyz [3]float64, ok bool) {
	if len(b) < 20 || !bytes.HasPrefix(b, []byte("XYZ ")) {
		return xyz, false
	}
	for i := range xyz {
		xyz[i] = fixed(b[8+4*i:])
	}
	return xyz, true
}

// fixed is a signed number of 16 bits and 16 more behind the point.
func fixed(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) / 65536 }
