package picture

import (
	"bytes"
	"encoding/binary"
)

// xmpUUID is what a box with an XMP packet is called in an MP4 (XMP Specification, part 3, 1.2.7.1).
const xmpUUID = "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"

// nextBox cuts off the first box of an MP4 (ISO/IEC 14496-12, 4.2). ok is false where there is none, or one that is longer than the
// file, or one without a length: that is the last, and holds pictures or sound.
func nextBox(data []byte) (name string, body, rest []byte, ok bool) {
	if len(data) < 8 {
		return "", nil, nil, false
	}
	size, head := uint64(binary.BigEndian.Uint32(data)), uint64(8)
	if size == 1 && len(data) >= 16 {
		size, head = binary.BigEndian.Uint64(data[8:]), 16
	}
	if size < head || size > uint64(len(data)) {
		return "", nil, nil, false
	}
	return string(data[4:8]), data[head:size], data[size:], true
}

// boxIn is what is in the first box of a name that begins so, nil without one.
func boxIn(data []byte, name, begins string) []byte {
	for {
		n, body, rest, ok := nextBox(data)
		if !ok {
			return nil
		}
		if inside, yes := bytes.CutPrefix(body, []byte(begins)); yes && n == name {
			return inside
		}
		data = rest
	}
}

// mp4Comment is the comment among the metadata, where iTunes and ffmpeg have it.
func mp4Comment(data []byte) []byte {
	data = boxIn(data, "moov", "")
	data = boxIn(data, "udta", "")
	data = boxIn(data, "meta", "\x00\x00\x00\x00") // of version 0, without flags
	data = boxIn(data, "ilst", "")
	data = boxIn(data, "\xa9cmt", "")
	return boxIn(data, "data", "\x00\x00\x00\x01\x00\x00\x00\x00") // UTF-8, of no country
}

// mp4Packet is the XMP packet of an MP4, nil without one.
func mp4Packet(data []byte) []byte { return boxIn(data, "uuid", xmpUUID) }

// xmpMP4 puts a packet behind everything else, where it moves nothing that the file's index points at.
func xmpMP4(data []byte, packet string) ([]byte, error) {
	for rest := data; len(rest) > 0; {
		var ok bool
		if _, _, rest, ok = nextBox(rest); !ok {
			return nil, errNoXMP
		}
	}
	return insert(data, len(data), XMPBox(packet))
}

// XMPBox is the box that an MP4 on disk ends with to have an XMP packet.
func XMPBox(packet string) []byte {
	size := binary.BigEndian.AppendUint32(nil, uint32(8+len(xmpUUID)+len(packet)))
	return append(size, "uuid"+xmpUUID+packet...)
}
