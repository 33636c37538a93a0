package dream

import (
	"image"

	"slugpuppy/picture"
)

// compose lays what was dreamed over the picture: out = src + mask * detail, where detail
// may be smaller and is scaled up. The result has src's size and transparency.
func (j *job) compose(src *image.NRGBA, detail *picture.Planar) *image.NRGBA {
	j.meter.begin()
	w, h := src.Rect.Dx(), src.Rect.Dy()
	out := image.NewNRGBA(src.Rect)
	picture.Scale(detail, w, h, func(y int, row *[3][]float32) {
		b := make([]float32, 4*w)
		base := [3][]float32{b[:w], b[w : 2*w], b[2*w : 3*w]}
		weight := b[3*w:]
		straight(&base, src, y)
		j.mask.row(weight, y, h)
		for x := range w {
			for c := range row {
				row[c][x] = base[c][x] + weight[x]*row[c][x]
			}
			if j.r.KeepColours {
				recolour(row, &base, x)
			}
		}
		putRow(out, y, row)
		for x := range w {
			out.Pix[y*out.Stride+4*x+3] = src.Pix[y*src.Stride+4*x+3]
		}
	})
	j.meter.did(laying(w, h))
	return out
}

// straight reads a row, also the colours of what is transparent: they are to come back as they were.
func straight(row *[3][]float32, src *image.NRGBA, y int) {
	px := src.Pix[y*src.Stride:]
	for x := range row[0] {
		for c := range row {
			row[c][x] = float32(px[4*x+c]) / 255
		}
	}
}

// recolour gives pixel x the luma of dreamed and the chroma of the source (BT.601).
func recolour(dreamed, src *[3][]float32, x int) {
	luma := func(p *[3][]float32) float32 { return 0.299*p[0][x] + 0.587*p[1][x] + 0.114*p[2][x] }
	d := luma(dreamed) - luma(src)
	for c := range dreamed {
		dreamed[c][x] = src[c][x] + d
	}
}

// putRow rounds a row to eight bits.
func putRow(out *image.NRGBA, y int, row *[3][]float32) {
	px := out.Pix[y*out.Stride:]
	for x := range row[0] {
		for c := range row {
			px[4*x+c] = uint8(min(1, max(0, row[c][x]))*255 + 0.5)
		}
		px[4*x+3] = 255
	}
}
