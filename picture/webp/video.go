package webp

import (
	"context"
	"image"
)

// fromVideo turns the picture of a lossy WebP into colours. Its luma and chroma are those of video
// (BT.601: black is 16, white 235; WebP container specification, "VP8 bitstream"), which Go's
// decoder hands out as if they were a JPEG's, where black is 0 and white 255: taken as such,
// every picture is pale. Lossless WebP has colours already and is returned as it is.
func fromVideo(ctx context.Context, img image.Image) (image.Image, error) {
	switch m := img.(type) {
	case *image.YCbCr:
		return videoColours(ctx, m, nil)
	case *image.NYCbCrA:
		return videoColours(ctx, &m.YCbCr, m)
	}
	return img, nil
}

// videoColours is fromVideo for luma and chroma, and for alpha unless that is nil. Chroma, of half
// the width and height, is filtered between its samples as libwebp does it ("fancy upsampling").
func videoColours(ctx context.Context, m *image.YCbCr, alpha *image.NYCbCrA) (*image.NRGBA, error) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	half := (w + 1) / 2
	us, vs := make([]byte, 2*half), make([]byte, 2*half)
	row := func(plane []byte, y int) []byte {
		return plane[min(max(y, 0), (h-1)/2)*m.CStride:][:half]
	}
	for y := range h {
		if y%64 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		near, far := y/2, y/2-1+2*(y&1)
		between(row(m.Cb, near), row(m.Cb, far), us)
		between(row(m.Cr, near), row(m.Cr, far), vs)
		line, luma := out.Pix[y*out.Stride:][:4*w], m.Y[y*m.YStride:][:w]
		for x, l := range luma {
			px := line[4*x : 4*x+4]
			px[0], px[1], px[2] = videoRGB(l, us[x], vs[x])
			px[3] = 255
			if alpha != nil {
				px[3] = alpha.A[y*alpha.AStride+x]
			}
		}
	}
	return out, nil
}

// between doubles a row of chroma: each sample is nine parts of the nearest, three of each neighbour
// and one of the one across, with libwebp's rounding.
func between(near, far, out []byte) {
	edge := func(i int) byte { return byte((3*int(near[i]) + int(far[i]) + 2) >> 2) }
	last := len(near) - 1
	out[0], out[len(out)-1] = edge(0), edge(last)
	for x := range last {
		n0, n1, f0, f1 := int(near[x]), int(near[x+1]), int(far[x]), int(far[x+1])
		sum := n0 + n1 + f0 + f1 + 8
		out[2*x+1] = byte(((sum+2*(n1+f0))>>3 + n0) >> 1)
		out[2*x+2] = byte(((sum+2*(n0+f1))>>3 + n1) >> 1)
	}
}

// videoRGB is BT.601 with the range of video, in libwebp's fixed point: 255/219 for luma, and
// 255/224 times 1.402, 0.344136, 0.714136 and 1.772 for chroma, each cut to six bits behind the point.
func videoRGB(y, u, v byte) (r, g, b byte) {
	part := func(v byte, by int32) int32 { return int32(v) * by >> 8 }
	l := part(y, 19077)
	return clip(l + part(v, 26149) - 14234), clip(l - part(u, 6419) - part(v, 13320) + 8708), clip(l + part(u, 33050) - 17685)
}

func clip(v int32) byte { return byte(min(255, max(0, v>>6))) }
