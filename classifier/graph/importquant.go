package graph

import (
	"fmt"
	"math"
	"slices"

	"slugpuppy/classifier/kernel"
	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/fold"
)

// Quantised files keep values as integers between operators, which compute with real numbers
// (QDQ). We stay with these. That integers have a smallest and a largest number counts: exporters
// leave a ReLU out where that is all it does. That there are none between them does not: it has
// no slope to climb.

// quantised is a value that a file keeps as integers.
type quantised struct {
	of          value
	scale, zero float32 // an integer q stands for scale*(q-zero)
	lo, hi      float32 // what the smallest and the largest stand for
}

// quantize reads how integers are made of a value.
func (im *importer) quantize(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	q, err := im.steps(n)
	if err != nil {
		return err
	}
	to := fold.QuantizedType(n, im.consts[input(n, 2)])
	lo, hi, ok := to.Range()
	if !ok {
		return fmt.Errorf("integers of type %v are not supported", to)
	}
	q.of, q.lo, q.hi = v, q.scale*(float32(lo)-q.zero), q.scale*(float32(hi)-q.zero)
	if all := im.readers[n.Outputs[0]]; len(all) > 0 && !im.named[n.Outputs[0]] &&
		!slices.ContainsFunc(all, func(r *onnx.Node) bool { return r.Op != "DequantizeLinear" }) {
		im.quantised[n.Outputs[0]] = q
		return nil
	}
	if err := im.scaled(n, v, 1/q.scale, q.zero); err != nil {
		return err
	}
	return im.keep(n, curve{kernel.Curve{Kind: kernel.Clamp, A: float32(lo), B: float32(hi)}}, im.at[n.Outputs[0]])
}

// dequantize reads what integers stand for.
func (im *importer) dequantize(n *onnx.Node) error {
	back, err := im.steps(n)
	if err != nil {
		return err
	}
	q, ok := im.quantised[input(n, 0)]
	if !ok {
		v, err := im.value(n, 0)
		if err != nil {
			return err
		}
		return im.scaled(n, v, back.scale, -back.scale*back.zero)
	}
	clamped := curve{kernel.Curve{Kind: kernel.Clamp, A: q.lo, B: q.hi}}
	if back.zero == q.zero && math.Abs(float64(back.scale-q.scale)) <= 1e-6*math.Abs(float64(q.scale)) {
		return im.keep(n, clamped, q.of)
	}
	if err := im.keep(n, clamped, q.of); err != nil {
		return err
	}
	return im.scaled(n, im.at[n.Outputs[0]], back.scale/q.scale, (q.zero-back.zero)*back.scale)
}

// steps reads which numbers integers stand for.
func (im *importer) steps(n *onnx.Node) (q quantised, err error) {
	s, err := fold.StepsOf(n, im.consts[input(n, 1)], im.consts[input(n, 2)])
	if err != nil {
		return q, err
	}
	if s.Scale.Len() != 1 {
		return q, refuse(unquantised, "%d steps for one value, which differ by channel, are supported only for weights", s.Scale.Len())
	}
	if q.scale, q.zero = s.Scale.Floats[0], float32(s.ZeroOf(0)); !(q.scale > 0) {
		return q, fmt.Errorf("steps of %g", q.scale)
	}
	return q, nil
}
