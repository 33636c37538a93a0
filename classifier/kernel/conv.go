package kernel

import (
	"errors"
	"fmt"
	"slices"
)

// ConvShape describes a convolution over planes [channel][row][column], with the meaning
// of ONNX's Conv: cross-correlation, zeros around the picture.
type ConvShape struct {
	In, Out                  int // channels
	KernelH, KernelW         int
	StrideH, StrideW         int
	DilationH, DilationW     int
	Top, Left, Bottom, Right int // padding
	Groups                   int
}

// Valid reports what is wrong with the shape.
func (s ConvShape) Valid() error {
	for _, v := range []int{s.In, s.Out, s.KernelH, s.KernelW, s.StrideH, s.StrideW, s.DilationH, s.DilationW, s.Groups} {
		if v < 1 || v > 1<<16 {
			return fmt.Errorf("convolution with a size of %d", v)
		}
	}
	for _, v := range []int{s.Top, s.Left, s.Bottom, s.Right} {
		if v < 0 || v > 1<<12 {
			return fmt.Errorf("convolution with a padding of %d", v)
		}
	}
	if s.In%s.Groups != 0 || s.Out%s.Groups != 0 {
		return errors.New("convolution whose groups do not divide its channels")
	}
	if s.reachH() > 1<<12 || s.reachW() > 1<<12 {
		return errors.New("convolution kernel of more than 4096 pixels")
	}
	return nil
}

// reachH is how many rows of the picture one output value depends on.
func (s ConvShape) reachH() int { return s.DilationH*(s.KernelH-1) + 1 }

func (s ConvShape) reachW() int { return s.DilationW*(s.KernelW-1) + 1 }

// Size returns the rows and columns of the result for a picture of h by w; not positive if
// the picture is too small.
func (s ConvShape) Size(h, w int) (int, int) {
	return windows(h+s.Top+s.Bottom, s.reachH(), s.StrideH), windows(w+s.Left+s.Right, s.reachW(), s.StrideW)
}

func windows(n, reach, stride int) int {
	if n < reach {
		return 0
	}
	return (n-reach)/stride + 1
}

// weights is the number of weights: [Out][In/Groups][KernelH][KernelW].
func (s ConvShape) weights() int { return s.Out * s.In / s.Groups * s.KernelH * s.KernelW }

// Conv is a convolution whose weights are packed for this processor when they are first used:
// who never asks for a gradient has no weights for it. It is shared by all sizes and callers.
type Conv struct {
	ConvShape
	forward  []*matrix   // by group
	backward [][]*matrix // by group and sweep
	sweeps   []sweep
	tiles    [2]*filter // forward and backward, in place of the above
	small    *Conv      // with tiles: the same without, for planes of few
	rough    []*Conv    // in all rough arithmetics, the quickest first
}

// Rough returns the same convolution in one of the rough arithmetics, the quickest of which is 1; 0 is the exact one.
func (c *Conv) Rough(arithmetic int) *Conv {
	if arithmetic == 0 {
		return c
	}
	return c.rough[arithmetic-1]
}

// NewConv takes weights [Out][In/Groups][KernelH][KernelW] and a bias, which may be nil.
func NewConv(s ConvShape, weight, bias []float32) (*Conv, error) {
	return newConv(native, s, weight, bias)
}

func newConv(set *isa, s ConvShape, weight, bias []float32) (*Conv, error) {
	if err := s.Valid(); err != nil {
		return nil, err
	}
	if len(weight) != s.weights() || (bias != nil && len(bias) != s.Out) {
		return nil, fmt.Errorf("convolution with %d weights and %d biases, want %d and %d", len(weight), len(bias), s.weights(), s.Out)
	}
	from := newOrigin(weight)
	c := newWay(set, s, from, bias, false)
	for ; set.pairs != nil; set = set.less {
		rough := newWay(set, s, from, bias, true)
		if s.In/s.Groups < leastChannels { // the picture's three; its values need their digits
			rough.forward = c.forward
		}
		c.rough = append(c.rough, rough)
	}
	return c, nil
}

// newWay lays out weights for one arithmetic.
func newWay(set *isa, s ConvShape, from *origin, bias []float32, rough bool) *Conv {
	if !s.worthTiles() {
		return newDirect(set, s, from, bias, rough)
	}
	return &Conv{ConvShape: s, small: newDirect(set, s, from, bias, rough), tiles: [2]*filter{
		newFilter(set, rough, s.In, s.Out, func(o, i int) [9]float32 { return from.nine((o*s.In + i) * 9) }, bias),
		newFilter(set, rough, s.Out, s.In, func(i, o int) [9]float32 { return turned(from.nine((o*s.In + i) * 9)) }, nil),
	}}
}

// turned is a kernel of 3x3 by half a turn.
func turned(g [9]float32) [9]float32 {
	slices.Reverse(g[:])
	return g
}

// newDirect lays out weights for multiplication without tiles.
func newDirect(set *isa, s ConvShape, from *origin, bias []float32, rough bool) *Conv {
	c := &Conv{ConvShape: s, sweeps: s.plan()}
	in, out, area := s.In/s.Groups, s.Out/s.Groups, s.KernelH*s.KernelW
	for g := range s.Groups {
		first := g * out * in * area
		var b []float32
		if bias != nil {
			b = bias[g*out : (g+1)*out]
		}
		c.forward = append(c.forward, newMatrix(set, rough, out, in*area, func(row, k int) float32 { return from.at(first + row*in*area + k) }, b))
		c.backward = append(c.backward, c.turned(set, rough, from, first))
	}
	return c
}

// Bytes is the memory the weights hold once they are packed both ways.
func (c *Conv) Bytes() int64 {
	n := int64(0)
	for _, f := range c.tiles {
		if f != nil {
			n += f.bytes()
		}
	}
	if c.small != nil {
		n += c.small.Bytes()
	}
	for g := range c.forward {
		n += c.forward[g].bytes()
		for _, m := range c.backward[g] {
			n += m.bytes()
		}
	}
	return n
}

// sweep is one product of the gradient with respect to the picture: all the samples of the
// padded picture in some phases of the stride. Sample (Y*StrideH+phase.y, X*StrideW+phase.x)
// receives, for j below taps.y and l below taps.x, gradient (Y-j, X-l) times kernel element
// (phase.y+StrideH*j, phase.x+StrideW*l) of the dilated kernel.
type sweep struct {
	phases []phase
	taps   phase // taps in each direction
}

// shared is up to how many rows of all phases share a sweep.
const shared = 16

// plan chooses the sweeps. Few channels share one sweep, because packing the gradient would
// cost more than the multiplications with zeros that sharing brings.
func (s ConvShape) plan() []sweep {
	all := sweep{taps: phase{ceilDiv(s.reachH(), s.StrideH), ceilDiv(s.reachW(), s.StrideW)}}
	var single []sweep
	for y := range min(s.StrideH, s.reachH()) {
		for x := range min(s.StrideW, s.reachW()) {
			all.phases = append(all.phases, phase{y, x})
			single = append(single, sweep{[]phase{{y, x}}, phase{ceilDiv(s.reachH()-y, s.StrideH), ceilDiv(s.reachW()-x, s.StrideW)}})
		}
	}
	if len(all.phases)*s.In/s.Groups <= shared {
		return []sweep{all}
	}
	return single
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// turned lays out the weights of one group, the first of which is given, for every sweep.
func (c *Conv) turned(set *isa, rough bool, from *origin, first int) []*matrix {
	in, out, area := c.In/c.Groups, c.Out/c.Groups, c.KernelH*c.KernelW
	var ms []*matrix
	for _, s := range c.sweeps {
		n := s.taps.y * s.taps.x
		at := func(row, k int) float32 {
			ph, ci := s.phases[row/in], row%in
			co, j, l := k/n, k%n/s.taps.x, k%s.taps.x
			y, x := ph.y+c.StrideH*j, ph.x+c.StrideW*l
			if y%c.DilationH != 0 || x%c.DilationW != 0 || y >= c.reachH() || x >= c.reachW() {
				return 0
			}
			return from.at(first + (co*in+ci)*area + y/c.DilationH*c.KernelW + x/c.DilationW)
		}
		ms = append(ms, newMatrix(set, rough, len(s.phases)*in, out*n, at, nil))
	}
	return ms
}
