package jpeg

import "slugpuppy/picture/codec"

// look is how many bits the fast table is asked with.
const look = 9

// huffman is a table ready for decoding (T.81, F.2.2.3).
type huffman struct {
	fast  [1 << look]uint16 // length<<8 | symbol; 0 where the code is longer than look
	last  [18]int32         // the largest code of each length, -1 where there is none
	first [18]int32         // what to add to a code of that length to find its symbol
	vals  [256]byte
}

// table is a Huffman table as the file has it. It is made ready when a scan needs it: most of what
// a hostile file defines is never used.
type table struct {
	counts [17]byte
	vals   [256]byte
	ready  *huffman
}

func (d *decoder) huffmanTables(body []byte) error {
	for len(body) > 0 {
		if len(body) < 17 {
			return codec.FormatError("DHT of a wrong length")
		}
		class, id := body[0]>>4, body[0]&15
		t, n := new(table), 0
		for l := 1; l <= 16; l++ {
			t.counts[l] = body[l]
			n += int(body[l])
		}
		if class > 1 || id > 3 || n > 256 || len(body) < 17+n {
			return codec.FormatError("DHT makes no sense")
		}
		copy(t.vals[:], body[17:17+n])
		d.huff[class][id] = t
		body = body[17+n:]
	}
	return nil
}

// tableOf makes the table of a class (0 is DC, 1 AC) and number ready.
func (d *decoder) tableOf(class int, id byte) (*huffman, error) {
	if id > 3 || d.huff[class][id] == nil {
		return nil, codec.FormatError("a scan without its Huffman table")
	}
	t := d.huff[class][id]
	if t.ready != nil {
		return t.ready, nil
	}
	h := &huffman{vals: t.vals}
	code, k := int32(0), 0
	for l := 1; l <= 16; l++ {
		h.first[l], h.last[l] = int32(k)-code, -1
		for range t.counts[l] {
			if code >= 1<<l {
				return nil, codec.FormatError("a Huffman table with too many codes")
			}
			if class == 0 && t.vals[k] > 15 {
				return nil, codec.FormatError("a Huffman table of impossible differences")
			}
			if l <= look {
				for i := range 1 << (look - l) {
					h.fast[int(code)<<(look-l)|i] = uint16(l)<<8 | uint16(t.vals[k])
				}
			}
			h.last[l] = code
			code++
			k++
		}
		code <<= 1
	}
	t.ready = h
	return h, nil
}

// standard are the tables of T.81, K.3: files without any (as Motion JPEG's frames) mean these.
func standard() (t [2][4]*table) {
	add := func(class, id int, counts [16]byte, vals string) {
		s := new(table)
		copy(s.counts[1:], counts[:])
		copy(s.vals[:], vals)
		t[class][id] = s
	}
	const differences = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b"
	add(0, 0, [16]byte{0, 1, 5, 1, 1, 1, 1, 1, 1}, differences)
	add(0, 1, [16]byte{0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}, differences)
	add(1, 0, [16]byte{0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d}, standardLuma)
	add(1, 1, [16]byte{0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77}, standardChroma)
	return t
}

const (
	standardLuma = "\x01\x02\x03\x00\x04\x11\x05\x12\x21\x31\x41\x06\x13\x51\x61\x07\x22\x71\x14\x32\x81\x91\xa1\x08" +
		"\x23\x42\xb1\xc1\x15\x52\xd1\xf0\x24\x33\x62\x72\x82\x09\x0a\x16\x17\x18\x19\x1a\x25\x26\x27\x28" +
		"\x29\x2a\x34\x35\x36\x37\x38\x39\x3a\x43\x44\x45\x46\x47\x48\x49\x4a\x53\x54\x55\x56\x57\x58\x59" +
		"\x5a\x63\x64\x65\x66\x67\x68\x69\x6a\x73\x74\x75\x76\x77\x78\x79\x7a\x83\x84\x85\x86\x87\x88\x89" +
		"\x8a\x92\x93\x94\x95\x96\x97\x98\x99\x9a\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xb2\xb3\xb4\xb5\xb6" +
		"\xb7\xb8\xb9\xba\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xe1\xe2" +
		"\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa"
	standardChroma = "\x00\x01\x02\x03\x11\x04\x05\x21\x31\x06\x12\x41\x51\x07\x61\x71\x13\x22\x32\x81\x08\x14\x42\x91" +
		"\xa1\xb1\xc1\x09\x23\x33\x52\xf0\x15\x62\x72\xd1\x0a\x16\x24\x34\xe1\x25\xf1\x17\x18\x19\x1a\x26" +
		"\x27\x28\x29\x2a\x35\x36\x37\x38\x39\x3a\x43\x44\x45\x46\x47\x48\x49\x4a\x53\x54\x55\x56\x57\x58" +
		"\x59\x5a\x63\x64\x65\x66\x67\x68\x69\x6a\x73\x74\x75\x76\x77\x78\x79\x7a\x82\x83\x84\x85\x86\x87" +
		"\x88\x89\x8a\x92\x93\x94\x95\x96\x97\x98\x99\x9a\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xb2\xb3\xb4" +
		"\xb5\xb6\xb7\xb8\xb9\xba\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda" +
		"\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa"
)
