package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"time"

	"github.com/HugoSmits86/nativewebp"
)

// APNG writes a looping animated PNG frame by frame (PNG, third edition, section 11.3.6), so that it holds no more than one
// of them. Nothing is lost.
type APNG struct {
	XMP string // a packet to begin with, set before the first frame; "" for none

	w        io.Writer
	size     image.Point
	frames   int // there will be
	n        int
	sequence uint32
	comment  string
}

// NewAPNG begins a file of so many frames, with a comment of plain ASCII or none.
func NewAPNG(w io.Writer, frames int, comment string) *APNG {
	return &APNG{w: w, frames: frames, comment: comment}
}

// opaqueToo has the encoder write alpha whether there is any: all frames are of one kind.
type opaqueToo struct{ *image.NRGBA }

// Opaque is never so.
func (opaqueToo) Opaque() bool { return false }

// Add writes the next frame, which has the first one's size. The file ends with the last.
func (a *APNG) Add(img image.Image, delay time.Duration) error {
	src := ToNRGBA(img)
	switch size := src.Rect.Size(); {
	case src.Rect.Empty():
		return fmt.Errorf("animate: %w", errEmpty)
	case a.n == a.frames:
		return fmt.Errorf("animate: more than %d frames", a.frames)
	case a.n == 0:
		a.size = size
	case size != a.size:
		return fmt.Errorf("animate: frame %d is %v, the first one %v", a.n, size, a.size)
	}
	var alone bytes.Buffer
	if err := png.Encode(&alone, opaqueToo{src}); err != nil {
		return fmt.Errorf("animate: %w", err)
	}
	var out bytes.Buffer
	rest := alone.Bytes()
	if a.n == 0 {
		out.Write(rest[:headPNG])
		text, err := textChunk(a.comment)
		if err != nil {
			return fmt.Errorf("animate: %w", err)
		}
		out.Write(text)
		if a.XMP != "" {
			out.Write(xmpChunkPNG(a.XMP))
		}
		control := binary.BigEndian.AppendUint32(nil, uint32(a.frames))
		writeChunk(&out, "acTL", append(control, 0, 0, 0, 0))
	}
	writeChunk(&out, "fcTL", a.control(delay))
	for rest = rest[headPNG:]; len(rest) >= 12; {
		n, name := int(binary.BigEndian.Uint32(rest)), string(rest[4:8])
		switch body := rest[8 : 8+n]; {
		case name == "IDAT" && a.n == 0:
			writeChunk(&out, name, body)
		case name == "IDAT":
			writeChunk(&out, "fdAT", append(binary.BigEndian.AppendUint32(nil, a.sequence), body...))
			a.sequence++
		}
		rest = rest[12+n:]
	}
	if a.n++; a.n == a.frames {
		writeChunk(&out, "IEND", nil)
	}
	_, err := a.w.Write(out.Bytes())
	return err
}

// control is the body of the chunk before a frame: the whole picture, instead of what was there.
func (a *APNG) control(delay time.Duration) []byte {
	b := binary.BigEndian.AppendUint32(nil, a.sequence)
	a.sequence++
	for _, v := range []int{a.size.X, a.size.Y, 0, 0} {
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	b = binary.BigEndian.AppendUint16(b, uint16(min(delay.Milliseconds(), 0xffff)))
	b = binary.BigEndian.AppendUint16(b, 1000)
	return append(b, 0, 0)
}

func writeChunk(w *bytes.Buffer, name string, body []byte) {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	w.Write(append(head, name...))
	w.Write(body)
	w.Write(binary.BigEndian.AppendUint32(nil, crc32.Update(crc32.ChecksumIEEE([]byte(name)), crc32.IEEETable, body)))
}

// AnimatedWebP writes a looping animated WebP frame by frame without loss (RFC 9649, 2.7). It holds no more than one of them.
type AnimatedWebP struct {
	XMP string // a packet to end with, set before the first frame; "" for none

	w       io.Writer
	size    image.Point
	written uint32
	n       int
}

// NewAnimatedWebP begins a file.
func NewAnimatedWebP(w io.Writer) *AnimatedWebP { return &AnimatedWebP{w: w} }

// Add writes the next frame, which has the first one's size.
func (a *AnimatedWebP) Add(img image.Image, delay time.Duration) error {
	size := img.Bounds().Size()
	var out bytes.Buffer
	switch {
	case size.X < 1 || size.Y < 1:
		return fmt.Errorf("animate: %w", errEmpty)
	case size.X > maxWebP || size.Y > maxWebP:
		return fmt.Errorf("animate: %v is larger than a WebP can be", size)
	case a.n == 0:
		a.size = size
		out.WriteString("RIFF\x00\x00\x00\x00WEBP") // the length follows when it is known
		const animated, alpha = 1 << 1, 1 << 4
		has := byte(animated | alpha)
		if a.XMP != "" {
			has |= hasXMP
		}
		chunkWebP(&out, "VP8X", u24(u24([]byte{has, 0, 0, 0}, size.X-1), size.Y-1))
		chunkWebP(&out, "ANIM", []byte{0, 0, 0, 0, 0, 0})
	case size != a.size:
		return fmt.Errorf("animate: frame %d is %v, the first one %v", a.n, size, a.size)
	}
	var alone bytes.Buffer
	if err := nativewebp.Encode(&alone, img, nil); err != nil {
		return fmt.Errorf("animate: %w", err)
	}
	const instead = 1 << 1 // of what was there
	head := u24(u24(u24(u24(u24(nil, 0), 0), size.X-1), size.Y-1), int(min(delay.Milliseconds(), 1<<24-1)))
	chunkWebP(&out, "ANMF", append(append(head, instead), alone.Bytes()[12:]...))
	a.n++
	if int64(a.written)+int64(out.Len()+len(a.XMP)) > 1<<32-32 {
		return errors.New("animate: no WebP holds so much")
	}
	a.written += uint32(out.Len())
	_, err := a.w.Write(out.Bytes())
	return err
}

// Close writes the packet at the end of what was written, and the length at the beginning of the file.
func (a *AnimatedWebP) Close(at io.WriterAt) error {
	if a.n == 0 {
		return errors.New("animate: no frames")
	}
	if a.XMP != "" {
		var out bytes.Buffer
		chunkWebP(&out, "XMP ", []byte(a.XMP))
		if _, err := at.WriteAt(out.Bytes(), int64(a.written)); err != nil {
			return err
		}
		a.written += uint32(out.Len())
	}
	_, err := at.WriteAt(binary.LittleEndian.AppendUint32(nil, a.written-8), 4)
	return err
}

func chunkWebP(w *bytes.Buffer, name string, body []byte) {
	w.Write(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body))))
	w.Write(body)
	if len(body)%2 == 1 {
		w.WriteByte(0)
	}
}

func u24(b []byte, v int) []byte { return append(b, byte(v), byte(v>>8), byte(v>>16)) }
