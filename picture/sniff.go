package picture

import (
	"bytes"
	"encoding/binary"
)

// Sniff names a format by its first bytes: "jpeg", "png", "gif", "webp", "bmp", "tiff", formats that
// are known but not read ("heic", "avif", "jxl", "svg", "mp4", "webm", "pdf"), or "".
func Sniff(data []byte) string {
	has := func(at int, s string) bool {
		return len(data) >= at+len(s) && string(data[at:at+len(s)]) == s
	}
	switch {
	case has(0, "\xff\xd8\xff"):
		return "jpeg"
	case has(0, "\x89PNG\r\n\x1a\n"):
		return "png"
	case has(0, "GIF87a"), has(0, "GIF89a"):
		return "gif"
	case has(0, "RIFF") && has(8, "WEBP"):
		return "webp"
	case has(4, "ftyp"):
		return sniffBrands(data)
	case has(0, "\xff\x0a"), has(0, "\x00\x00\x00\x0cJXL \r\n\x87\n"):
		return "jxl"
	case has(0, "\x1aE\xdf\xa3"):
		return "webm"
	case has(0, "BM"):
		return "bmp"
	case has(0, "II*\x00"), has(0, "MM\x00*"):
		return "tiff"
	case has(0, "%PDF"):
		return "pdf"
	case bytes.Contains(data[:min(len(data), 512)], []byte("<svg")):
		return "svg"
	}
	return ""
}

// sniffBrands tells the formats apart that begin with a file type box: the brands in it say what
// they are, the first one only in general (ISO/IEC 14496-12, 4.3; 23008-12, annex B).
func sniffBrands(data []byte) string {
	end := min(uint64(binary.BigEndian.Uint32(data)), uint64(len(data)), 256)
	found := "mp4"
	for at := uint64(8); at+4 <= max(end, 12) && at+4 <= uint64(len(data)); at += 4 {
		switch string(data[at : at+4]) {
		case "avif", "avis":
			return "avif"
		case "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1":
			found = "heic"
		}
	}
	return found
}
