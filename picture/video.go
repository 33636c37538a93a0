package picture

import "image"

// fromVideo turns the picture of a lossy WebP into colours. Its luma and chroma are those of video
// (BT.601: black is 16, white 235; WebP container specification, "VP8 bitstream"), which Go's
// decoder hands out as if they were a JPEG's, where black is 0 and white 255: taken as such,
// every picture is pale. Lossless WebP has colours already and is returned as it is.
func fromVideo(img image.Image) image.Image {
	switch m := img.(type) {
	case *image.YCbCr:
		return videoColours(m, nil)
	case *image.NYCbCrA:
		return videoColours(&m.YCbCr, m)
	}
	return img
}

// videoColours is fromVideo for luma and chroma, and for alpha unless that is nil.
func videoColours(m *image.YCbCr, alpha *image.NYCbCrA) *image.NRGBA {
	b := m.Rect
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := b.Min.Y; y < b.Max.Y; y++ {
		row := out.Pix[(y-b.Min.Y)*out.Stride:]
		for x := b.Min.X; x < b.Max.X; x++ {
			c := m.COffset(x, y)
			px := row[4*(x-b.Min.X):][:4]
			px[0], px[1], px[2] = videoRGB(m.Y[m.YOffset(x, y)], m.Cb[c], m.Cr[c])
			px[3] = 255
			if alpha != nil {
				px[3] = alpha.A[alpha.AOffset(x, y)]
			}
		}
	}
	return out
}

// videoRGB is BT.601 with the range of video, in fixed point of 16 bits: 255/219 for luma, and
// 255/224 times 1.402, 0.344136, 0.714136 and 1.772 for chroma.
func videoRGB(y, cb, cr uint8) (r, g, b uint8) {
	l := 76309*(int32(y)-16) + 1<<15
	u, v := int32(cb)-128, int32(cr)-128
	return clip(l + 104597*v), clip(l - 25675*u - 53279*v), clip(l + 132201*u)
}

func clip(v int32) uint8 { return uint8(min(255, max(0, v>>16))) }
