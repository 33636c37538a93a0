package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"io"

	"github.com/HugoSmits86/nativewebp"
)

// maxWebP is the longest side of a WebP file, in pixels (RFC 9649, 3.4).
const maxWebP = 1 << 14

// EncodeWebP writes img as WebP without loss. A comment goes into the image description of an EXIF chunk; no other
// metadata is written. The comment must be plain ASCII.
func EncodeWebP(img image.Image, comment string) ([]byte, error) {
	var buf bytes.Buffer
	if err := writeWebP(&buf, img, comment); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func writeWebP(w io.Writer, img image.Image, comment string) error {
	if err := checkComment(comment); err != nil {
		return fmt.Errorf("encode WebP: %w", err)
	}
	b := img.Bounds()
	if b.Empty() {
		return fmt.Errorf("encode WebP: %w", errEmpty)
	}
	if b.Dx() > maxWebP || b.Dy() > maxWebP {
		return fmt.Errorf("encode WebP: no file holds %dx%d pixels, %d on a side are the most", b.Dx(), b.Dy(), maxWebP)
	}
	var file bytes.Buffer
	o := nativewebp.Options{UseExtendedFormat: comment != ""}
	if err := nativewebp.Encode(&file, img, &o); err != nil {
		return fmt.Errorf("encode WebP: %w", err)
	}
	data := file.Bytes()
	if comment != "" {
		data[flagsWebP] |= hasExif
		data = append(data, exifChunk(comment)...)
		binary.LittleEndian.PutUint32(data[4:], uint32(len(data)-8))
	}
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("encode WebP: %w", err)
	}
	return nil
}

// Where the flags of an extended file are, and the one that says that it has an EXIF chunk (RFC 9649, 2.7).
const (
	flagsWebP = 12 + 8
	hasExif   = 1 << 3
)

// headTIFF is a TIFF header before a directory of one entry: an ImageDescription, ASCII, whose length and place
// follow (Exif 2.32, 4.6.2 and 4.6.4).
const headTIFF = "II*\x00\x08\x00\x00\x00" + "\x01\x00" + "\x0e\x01\x02\x00"

// atText is where in that block the text is: behind the entry and the mark that no directory follows.
const atText = len(headTIFF) + 8 + 4

// exifChunk is a WebP chunk with the comment as the image's description.
func exifChunk(comment string) []byte {
	body := binary.LittleEndian.AppendUint32([]byte(headTIFF), uint32(len(comment)+1))
	body = binary.LittleEndian.AppendUint32(body, uint32(atText))
	body = append(body, 0, 0, 0, 0)
	body = append(append(body, comment...), 0)
	for len(body) < atText+4 { // a shorter text would stand in the entry itself
		body = append(body, 0)
	}
	chunk := binary.LittleEndian.AppendUint32([]byte("EXIF"), uint32(len(body)))
	chunk = append(chunk, body...)
	if len(body)%2 == 1 {
		chunk = append(chunk, 0)
	}
	return chunk
}

// webpComment finds what exifChunk wrote; data begins behind the file's header.
func webpComment(data []byte) []byte {
	for len(data) >= 8 {
		name, size := string(data[:4]), uint64(binary.LittleEndian.Uint32(data[4:]))
		if size > uint64(len(data)-8) {
			return nil
		}
		body := data[8 : 8+size]
		if text, ok := bytes.CutPrefix(body, []byte(headTIFF)); ok && name == "EXIF" && len(body) >= atText {
			n := uint64(binary.LittleEndian.Uint32(text))
			if n == 0 || n > uint64(len(body)-atText) {
				return nil
			}
			return body[atText : uint64(atText)+n-1]
		}
		data = data[min(8+size+size&1, uint64(len(data))):]
	}
	return nil
}
