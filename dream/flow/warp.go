package flow

import "math"

// A pixel is hidden in the other frame where the way there and back does not lead home (Sundaram, Brox, Keutzer,
// "Dense point trajectories by GPU-accelerated large displacement optical flow", ECCV 2010): by more than a part of
// how far it went, and some pixels squared.
const (
	wayPart = 0.01
	wayLeft = 1.0
)

// Hidden says for each pixel of the frame whether it cannot be seen in the other one: it has left the picture, or
// something moved before it. out leads from the frame to the other, back from the other to the frame.
func Hidden(out, back *Field) []bool {
	w, h := out.W, out.H
	hidden := make([]bool, w*h)
	for y := range h {
		for x := range w {
			i := y*w + x
			px, py := float32(x)+out.U[i], float32(y)+out.V[i]
			if !(px >= -0.5 && py >= -0.5 && px <= float32(w)-0.5 && py <= float32(h)-0.5) {
				hidden[i] = true
				continue
			}
			qx, qy := placeOf(px, w), placeOf(py, h)
			bu, bv := back.mix(back.U, qy, qx), back.mix(back.V, qy, qx)
			du, dv := out.U[i]+bu, out.V[i]+bv
			way := out.U[i]*out.U[i] + out.V[i]*out.V[i] + bu*bu + bv*bv
			hidden[i] = du*du+dv*dv > wayPart*way+wayLeft
		}
	}
	return hidden
}

// Pull writes to dst what each pixel of the frame is in the other one, whose plane src is: dst[i] = src at the place
// that the field leads to, by Catmull-Rom interpolation. Beyond the edges is the edge once more. A pixel that does not
// move is copied.
func (f *Field) Pull(dst, src []float32) {
	w, h := f.W, f.H
	for y := range h {
		for x := range w {
			i := y*w + x
			px, py := float32(x)+f.U[i], float32(y)+f.V[i]
			fx, fy := float32(math.Floor(float64(px))), float32(math.Floor(float64(py)))
			ix, iy, tx, ty := int(fx), int(fy), px-fx, py-fy
			if tx == 0 && ty == 0 {
				dst[i] = src[clamp(iy, h)*w+clamp(ix, w)]
				continue
			}
			wx, wy := cubic(tx), cubic(ty)
			var sum float32
			if ix >= 1 && iy >= 1 && ix < w-2 && iy < h-2 {
				for k, weight := range wy {
					r := src[(iy-1+k)*w+ix-1:][:4:4]
					sum += weight * (wx[0]*r[0] + wx[1]*r[1] + wx[2]*r[2] + wx[3]*r[3])
				}
			} else {
				for k, weight := range wy {
					r := src[clamp(iy-1+k, h)*w:]
					for l, v := range wx {
						sum += weight * v * r[clamp(ix-1+l, w)]
					}
				}
			}
			dst[i] = sum
		}
	}
}

// cubic are the Catmull-Rom weights of the four samples around a place between the second and the third.
func cubic(t float32) [4]float32 {
	return [4]float32{
		((-0.5*t+1)*t - 0.5) * t,
		(1.5*t-2.5)*t*t + 1,
		((-1.5*t+2)*t + 0.5) * t,
		(0.5*t - 0.5) * t * t,
	}
}
