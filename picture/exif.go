package picture

import (
	"encoding/binary"
	"image"
)

// tagOrientation is the one Exif tag that is read; everything else (places, names, cameras)
// is dropped. Exif 2.32, section 4.6.4.
const tagOrientation = 0x0112

// Orientation returns the Exif orientation of a JPEG, PNG, WebP or TIFF file, 1..8; 1 when there is
// none or it makes no sense.
func Orientation(data []byte) int {
	switch Sniff(data) {
	case "jpeg":
		return jpegOrientation(data)
	case "png":
		return chunkOrientation(data[8:], binary.BigEndian, "eXIf", 4)
	case "webp":
		return chunkOrientation(data[12:], binary.LittleEndian, "EXIF", 0)
	case "tiff":
		return tiffOrientation(data)
	}
	return 1
}

// jpegOrientation looks for the APP1 segment before the scan.
func jpegOrientation(data []byte) int {
	for i := 2; i+4 <= len(data) && data[i] == 0xff; {
		marker := data[i+1]
		if marker == 0xff { // fill byte
			i++
			continue
		}
		size := int(binary.BigEndian.Uint16(data[i+2:]))
		if marker == 0xda || size < 2 || i+2+size > len(data) {
			return 1
		}
		segment := data[i+4 : i+2+size]
		if marker == 0xe1 && len(segment) > 6 && string(segment[:6]) == "Exif\x00\x00" {
			return tiffOrientation(segment[6:])
		}
		i += 2 + size
	}
	return 1
}

// chunkOrientation walks PNG chunks (length, name, data, 4 bytes of CRC) or WebP chunks (name,
// length, data, padded to even).
func chunkOrientation(data []byte, order binary.ByteOrder, name string, crc int) int {
	png := crc > 0
	for len(data) >= 8 {
		id, size := string(data[:4]), order.Uint32(data[4:])
		if png {
			id, size = string(data[4:8]), order.Uint32(data)
		}
		if uint64(size) > uint64(len(data)-8) {
			return 1
		}
		body := data[8 : 8+int(size)]
		if id == name {
			if len(body) > 6 && string(body[:6]) == "Exif\x00\x00" {
				body = body[6:]
			}
			return tiffOrientation(body)
		}
		next := 8 + int(size) + crc
		if !png {
			next += int(size) & 1
		}
		if next > len(data) {
			return 1
		}
		data = data[next:]
	}
	return 1
}

// tiffOrientation reads the first directory of a TIFF header.
func tiffOrientation(t []byte) int {
	if len(t) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if string(t[:2]) == "MM" {
		order = binary.BigEndian
	}
	at := uint64(order.Uint32(t[4:]))
	if at+2 > uint64(len(t)) {
		return 1
	}
	entries := int(order.Uint16(t[at:]))
	for i := range entries {
		e := at + 2 + 12*uint64(i)
		if e+12 > uint64(len(t)) {
			return 1
		}
		if order.Uint16(t[e:]) != tagOrientation {
			continue
		}
		if v := int(order.Uint16(t[e+8:])); v >= 1 && v <= 8 {
			return v
		}
		return 1
	}
	return 1
}

// upright undoes an Exif orientation.
func upright(src *image.NRGBA, orientation int) *image.NRGBA {
	if orientation <= 1 || orientation > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	ow, oh := w, h
	if orientation >= 5 {
		ow, oh = h, w
	}
	out := image.NewNRGBA(image.Rect(0, 0, ow, oh))
	for y := range oh {
		for x := range ow {
			sx, sy := stored(orientation, x, y, w, h)
			copy(out.Pix[y*out.Stride+4*x:][:4], src.Pix[sy*src.Stride+4*sx:][:4])
		}
	}
	return out
}

// stored is where the pixel shown at (x,y) is kept in a stored picture of w by h.
func stored(orientation, x, y, w, h int) (int, int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, h - 1 - x
	case 7:
		return w - 1 - y, h - 1 - x
	case 8:
		return w - 1 - y, x
	}
	return x, y
}
