// Package picture turns hostile picture files into plain pixels and plain pixels into
// files people can post. It knows formats, orientation, limits and resampling; it knows
// nothing of networks, dreams or servers.
package picture

// Planar is an RGB picture as networks eat it: float32 in [0,1], planes R, G, B in that
// order, each row major. Shape [3][H][W], len(Pix) == 3*H*W.
type Planar struct {
	W, H int
	Pix  []float32
}

// NewPlanar returns a black picture of w by h pixels.
func NewPlanar(w, h int) *Planar {
	return &Planar{W: w, H: h, Pix: make([]float32, 3*w*h)}
}
