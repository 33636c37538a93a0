package picture

import (
	"compress/lzw"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math/bits"
	"time"
)

// Animation writes a looping GIF frame by frame (GIF89a), each with a palette of its own, so that
// it holds no more than one of them.
type Animation struct {
	XMP string // a packet to begin with, set before the first frame; "" for none

	w    io.Writer
	size image.Point
	n    int
	err  error // of the first write that failed
}

// NewAnimation returns an empty animation that loops for ever. It writes to w in small pieces.
func NewAnimation(w io.Writer) *Animation { return &Animation{w: w} }

// centisecond is the unit of time of a GIF. Viewers slow frames shorter than two of them down
// to a tenth of a second.
const (
	centisecond = 10 * time.Millisecond
	minDelay    = 2
)

// Add writes a frame that is shown for so long. All frames have the first one's size; transparent
// parts are laid over white. The picture may be reused afterwards. Errors of the writer come back
// as they are.
func (a *Animation) Add(img image.Image, delay time.Duration) error {
	size := img.Bounds().Size()
	switch {
	case a.err != nil:
		return a.err
	case size.X < 1 || size.Y < 1:
		return fmt.Errorf("animate: %w", errEmpty)
	case size.X > 0xffff || size.Y > 0xffff:
		return fmt.Errorf("animate: %dx%d is larger than a GIF can be", size.X, size.Y)
	case a.n == 0:
		a.size = size
		a.begin()
	case size != a.size:
		return fmt.Errorf("animate: frame %d is %dx%d, the first one %dx%d", a.n, size.X, size.Y, a.size.X, a.size.Y)
	}
	a.n++
	a.frame(paletted(ToNRGBA(opaque(img))), max(minDelay, int((delay+centisecond/2)/centisecond)))
	return a.err
}

// Close ends the file. It does not close the writer.
func (a *Animation) Close() error {
	if a.n == 0 {
		return errors.New("animate: no frames")
	}
	a.write([]byte{0x3b})
	return a.err
}

// begin writes the header, a screen without a palette, and the request to loop for ever (the
// application extension of Netscape 2.0).
func (a *Animation) begin() {
	head := []byte("GIF89a")
	head = binary.LittleEndian.AppendUint16(head, uint16(a.size.X))
	head = binary.LittleEndian.AppendUint16(head, uint16(a.size.Y))
	head = append(head, 0x70, 0, 0) // eight bits a colour
	head = append(head, "\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"...)
	if a.XMP != "" {
		head = append(head, xmpBlockGIF(a.XMP)...)
	}
	a.write(head)
}

// frame writes how long a frame is shown, its palette and its packed pixels.
func (a *Animation) frame(p *image.Paletted, delay int) {
	width := max(1, bits.Len(uint(len(p.Palette)-1))) // of a pixel, in bits
	head := []byte{0x21, 0xf9, 4, 0}
	head = binary.LittleEndian.AppendUint16(head, uint16(min(delay, 0xffff)))
	head = append(head, 0, 0, 0x2c, 0, 0, 0, 0)
	head = binary.LittleEndian.AppendUint16(head, uint16(a.size.X))
	head = binary.LittleEndian.AppendUint16(head, uint16(a.size.Y))
	head = append(head, 0x80|byte(width-1))
	for i := range 1 << width {
		var c color.NRGBA
		if i < len(p.Palette) {
			c = color.NRGBAModel.Convert(p.Palette[i]).(color.NRGBA)
		}
		head = append(head, c.R, c.G, c.B)
	}
	code := max(2, width)
	a.write(append(head, byte(code)))
	blocks := &subBlocks{a: a}
	packed := lzw.NewWriter(blocks, lzw.LSB, code)
	_, err := packed.Write(p.Pix) // a.err has it too
	if err == nil {
		err = packed.Close()
	}
	if err == nil {
		blocks.end()
	}
}

func (a *Animation) write(p []byte) {
	if a.err == nil {
		_, a.err = a.w.Write(p)
	}
}

// subBlocks cuts what is written into pieces of at most 255 bytes, each after its length.
type subBlocks struct {
	a   *Animation
	buf [256]byte
	n   int
}

// WriteByte takes one more byte; with it the packer needs no buffer of its own.
func (b *subBlocks) WriteByte(c byte) error {
	b.n++
	b.buf[b.n] = c
	if b.n == len(b.buf)-1 {
		b.flush()
	}
	return b.a.err
}

// Write takes bytes.
func (b *subBlocks) Write(p []byte) (int, error) {
	for i, c := range p {
		if err := b.WriteByte(c); err != nil {
			return i, err
		}
	}
	return len(p), nil
}

// Flush does nothing: pieces are written when they are full.
func (b *subBlocks) Flush() error { return b.a.err }

func (b *subBlocks) flush() {
	if b.n > 0 {
		b.buf[0] = byte(b.n)
		b.a.write(b.buf[:b.n+1])
		b.n = 0
	}
}

// end writes the last piece and the empty one that ends them.
func (b *subBlocks) end() {
	b.flush()
	b.a.write([]byte{0})
}
