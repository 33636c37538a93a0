package picture

import "errors"

// gifInfo is what a walk over a GIF's blocks finds, without decoding a pixel.
type gifInfo struct {
	frames int
	pixels int64 // over all frames
}

var errShortGIF = errors.New("gif: blocks end early")

// scanGIF walks the block structure (GIF89a specification, sections 18 to 27). The standard
// decoder has no limit of its own on frames, so a small file could ask for gigabytes.
func scanGIF(data []byte) (gifInfo, error) {
	var info gifInfo
	r := gifReader{data: data}
	head := r.take(13)
	if head == nil {
		return info, errShortGIF
	}
	r.skip(tableSize(head[10]))
	for {
		block := r.take(1)
		if block == nil {
			if info.frames > 0 { // many real files lack the trailer
				return info, nil
			}
			return info, errShortGIF
		}
		switch block[0] {
		case 0x21: // extension: label, sub-blocks
			r.skip(1)
			r.subBlocks()
		case 0x2c: // image: descriptor, table, code size, sub-blocks
			d := r.take(9)
			if d == nil {
				return info, errShortGIF
			}
			info.frames++
			info.pixels += int64(le16(d[4:])) * int64(le16(d[6:]))
			r.skip(tableSize(d[8]))
			r.skip(1)
			r.subBlocks()
		case 0x3b:
			return info, nil
		default:
			return info, errors.New("gif: unknown block")
		}
	}
}

func le16(b []byte) int { return int(b[0]) | int(b[1])<<8 }

// tableSize is the length of the colour table a packed field announces.
func tableSize(packed byte) int {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (1 + packed&7)
}

type gifReader struct {
	data []byte
}

// take returns the next n bytes, nil at the end.
func (r *gifReader) take(n int) []byte {
	if len(r.data) < n {
		r.data = nil
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *gifReader) skip(n int) { r.take(n) }

func (r *gifReader) subBlocks() {
	for {
		n := r.take(1)
		if n == nil || n[0] == 0 {
			return
		}
		r.skip(int(n[0]))
	}
}
