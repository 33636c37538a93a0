package webp

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/draw"
	"io"

	"golang.org/x/image/webp"

	"slugpuppy/picture/codec"
	"slugpuppy/picture/icc"
)

// Inspect reads the container only. Its errors are of package codec.
func Inspect(data []byte) (codec.Header, error) {
	f, err := parse(data)
	if err != nil {
		return codec.Header{}, err
	}
	canvas, pixels := int64(f.w)*int64(f.h), int64(f.first.w)*int64(f.first.h)
	h := codec.Header{
		W: f.w, H: f.h, Frames: f.frames, Pixels: f.pixels,
		Cost:    canvas + 8*pixels + 4*int64(len(f.first.data)),
		Memory:  4*canvas + 7*pixels,
		Colours: icc.Read(f.profile, icc.RGB),
	}
	if f.first.name == "VP8L" || f.first.alpha != nil {
		h.Cost += 8 * pixels
		h.Memory += 5*pixels + codeTrees(pixels, int64(len(f.first.data)+len(f.first.alpha)))
	}
	return h, nil
}

// codeTrees is the most that the Huffman trees of a lossless picture can take: five for each tile
// of 4x4 pixels, of which the decoder takes 2,600 kinds, and each kind takes twenty bits to describe.
func codeTrees(pixels, bytes int64) int64 {
	const treeBytes = 5 * 550
	return treeBytes * min(pixels/16+1, 2600, bytes*8/20)
}

// Decode reads the pixels of the first frame and lays them on the canvas. Errors are of package
// codec, or the context's.
func Decode(ctx context.Context, data []byte) (*image.NRGBA, error) {
	f, err := parse(data)
	if err != nil {
		return nil, err
	}
	img, err := f.first.pixels(ctx)
	if err != nil {
		return nil, err
	}
	return f.lay(img), nil
}

// pixels reads those of a frame.
func (fr *frame) pixels(ctx context.Context) (image.Image, error) {
	img, err := webp.Decode(&until{ctx, bytes.NewReader(fr.still())})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, codec.FormatError(err.Error())
	}
	return fromVideo(ctx, img)
}

// lay puts the frame onto its canvas, unless it is all of it.
func (f *file) lay(img image.Image) *image.NRGBA {
	if n, ok := img.(*image.NRGBA); ok && n.Rect == image.Rect(0, 0, f.w, f.h) {
		return n
	}
	canvas := image.NewNRGBA(image.Rect(0, 0, f.w, f.h))
	at := image.Pt(f.first.x, f.first.y)
	draw.Draw(canvas, img.Bounds().Sub(img.Bounds().Min).Add(at), img, img.Bounds().Min, draw.Src)
	return canvas
}

// still is the file of a frame alone.
func (fr *frame) still() []byte {
	var chunks []byte
	if fr.alpha != nil && fr.name == "VP8 " {
		const alphaFlag = 0x10
		size := binary.LittleEndian.AppendUint32([]byte{alphaFlag, 0, 0, 0}, uint32(fr.w-1))[:7]
		size = binary.LittleEndian.AppendUint32(size, uint32(fr.h-1))[:10]
		chunks = appendChunk(appendChunk(chunks, "VP8X", size), "ALPH", fr.alpha)
	}
	chunks = appendChunk(chunks, fr.name, fr.data)
	out := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(chunks)))
	return append(append(out, "WEBP"...), chunks...)
}

func appendChunk(to []byte, name string, body []byte) []byte {
	to = binary.LittleEndian.AppendUint32(append(to, name...), uint32(len(body)))
	if to = append(to, body...); len(body)&1 == 1 {
		to = append(to, 0)
	}
	return to
}

// until is a reader that ends with its context: the decoder behind it cannot be stopped otherwise.
type until struct {
	ctx context.Context
	r   io.Reader
}

func (u *until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
