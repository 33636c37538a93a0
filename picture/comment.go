package picture

import (
	"bytes"
	"encoding/binary"
)

// Comment returns what EncodePNG, EncodeJPEG and EncodeWebP wrote as a comment, or the comment of an MP4; of a file without one the
// description in the XMP packet that this package wrote. It is "" when there is neither, or not in plain ASCII.
func Comment(data []byte) string {
	var text, packet []byte
	switch Sniff(data) {
	case "png":
		text = pngComment(data[8:])
	case "jpeg":
		text = jpegComment(data)
	case "webp":
		text, packet = webpComment(data[12:]), webpPacket(data[12:])
	case "gif":
		packet = gifPacket(data)
	case "mp4":
		text, packet = mp4Comment(data), mp4Packet(data)
	}
	if len(text) == 0 {
		text = description(packet)
	}
	if checkComment(string(text)) != nil {
		return ""
	}
	return string(text)
}

// pngComment finds the first tEXt chunk called Comment.
func pngComment(data []byte) []byte {
	for len(data) >= 12 {
		size, id := binary.BigEndian.Uint32(data), string(data[4:8])
		if uint64(size) > uint64(len(data)-12) {
			return nil
		}
		body := data[8 : 8+int(size)]
		if text, ok := bytes.CutPrefix(body, []byte("Comment\x00")); ok && id == "tEXt" {
			return text
		}
		data = data[12+int(size):]
	}
	return nil
}

// jpegComment finds the first COM segment before the scan.
func jpegComment(data []byte) []byte {
	for i := 2; i+4 <= len(data) && data[i] == 0xff; {
		marker := data[i+1]
		if marker == 0xff { // fill byte
			i++
			continue
		}
		size := int(binary.BigEndian.Uint16(data[i+2:]))
		if marker == 0xda || size < 2 || i+2+size > len(data) {
			return nil
		}
		if marker == 0xfe {
			return data[i+4 : i+2+size]
		}
		i += 2 + size
	}
	return nil
}
