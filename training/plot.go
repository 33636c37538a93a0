package training

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"slugpuppy/classifier/detector"
)

// The diagrams are squares of side units with a margin of pad around.
const side, pad = 400.0, 48.0

// diagram collects the SVG of one.
type diagram struct{ strings.Builder }

func newDiagram(across, up string) *diagram {
	d := &diagram{}
	fmt.Fprintf(d, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="12">`, side+2*pad, side+2*pad)
	fmt.Fprintf(d, `<rect width="100%%" height="100%%" fill="#fff"/><rect x="%g" y="%g" width="%g" height="%g" fill="none" stroke="#888"/>`, pad, pad, side, side)
	fmt.Fprintf(d, `<text x="%g" y="%g" text-anchor="middle">%s</text>`, pad+side/2, side+2*pad-10, across)
	fmt.Fprintf(d, `<text transform="translate(14 %g) rotate(-90)" text-anchor="middle">%s</text>`, pad+side/2, up)
	return d
}

// at places a point, both coordinates in [0,1].
func (d *diagram) at(x, y float64) string {
	return fmt.Sprintf("%.1f,%.1f ", pad+side*x, pad+side*(1-y))
}

func (d *diagram) across(x float64, label string) {
	fmt.Fprintf(d, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, pad+side*x, side+pad+16, label)
}

func (d *diagram) up(y float64, label string) {
	fmt.Fprintf(d, `<text x="%.1f" y="%.1f" text-anchor="end">%s</text>`, pad-4, pad+side*(1-y)+4, label)
}

func (d *diagram) line(points, colour string) {
	fmt.Fprintf(d, `<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>`, colour, points)
}

func (d *diagram) writeTo(w io.Writer) error {
	_, err := io.WriteString(w, d.String()+"</svg>\n")
	return err
}

// Point is what a threshold means: what share of the pictures that are no dreams, of photographs and of clear dreams scores at
// least so much.
type Point struct{ Score, WrongHides, WrongPhotographs, Found float64 }

// ROC has a point for every score that an original of the corpus got.
func ROC(samples []detector.Sample, scores []float64) []Point {
	var all, others, photographs, dreams []float64
	for i, s := range samples {
		if !judging(s) || s.Dream && !s.Clear {
			continue
		}
		all = append(all, scores[i])
		switch {
		case s.Dream:
			dreams = append(dreams, scores[i])
		case s.Class == detector.Photograph:
			photographs = append(photographs, scores[i])
			fallthrough
		default:
			others = append(others, scores[i])
		}
	}
	for _, of := range [][]float64{all, others, photographs, dreams} {
		slices.Sort(of)
	}
	share := func(of []float64, score float64) float64 {
		i, _ := slices.BinarySearch(of, score)
		return float64(len(of)-i) / float64(max(1, len(of)))
	}
	var points []Point
	for _, v := range slices.Compact(all) {
		points = append(points, Point{v, share(others, v), share(photographs, v), share(dreams, v)})
	}
	return append(points, Point{Score: 1})
}

// WriteROC draws the ROC as SVG, wrong hides on a logarithmic axis: of all other pictures, and
// of photographs.
func WriteROC(w io.Writer, points []Point) error {
	const least = 0.0005
	x := func(share float64) float64 { return 1 - math.Log(max(share, least))/math.Log(least) }
	d := newDiagram("share of other pictures hidden", "share of clear dreams found")
	for _, v := range []float64{0.001, 0.01, 0.1, 1} {
		d.across(x(v), fmt.Sprint(v))
	}
	for _, v := range []float64{0, 0.5, 1} {
		d.up(v, fmt.Sprint(v))
	}
	var all, photographs strings.Builder
	for _, p := range points {
		all.WriteString(d.at(x(p.WrongHides), p.Found))
		photographs.WriteString(d.at(x(p.WrongPhotographs), p.Found))
	}
	d.line(photographs.String(), "#c60")
	d.line(all.String(), "#06c")
	fmt.Fprintf(d, `<text x="%g" y="%g" text-anchor="end" fill="#06c">all</text><text x="%g" y="%g" text-anchor="end" fill="#c60">photographs</text>`,
		pad+side-8, pad+side-28, pad+side-8, pad+side-12)
	return d.writeTo(w)
}

// WriteReliability draws the reliability diagram as SVG: of the pictures that got a score, how
// many are dreams; discs grow with their number.
func WriteReliability(w io.Writer, bins []Reliability) error {
	d := newDiagram("score", "share that are dreams")
	for _, v := range []float64{0, 0.5, 1} {
		d.across(v, fmt.Sprint(v))
		d.up(v, fmt.Sprint(v))
	}
	d.line(d.at(0, 0)+d.at(1, 1), "#ccc")
	var points strings.Builder
	for _, b := range bins {
		if b.N > 0 {
			points.WriteString(d.at(b.Mean, b.Dreams))
			fmt.Fprintf(d, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="#06c" fill-opacity="0.5"><title>%d pictures</title></circle>`,
				pad+side*b.Mean, pad+side*(1-b.Dreams), 2+math.Sqrt(float64(b.N))/2, b.N)
		}
	}
	d.line(points.String(), "#06c")
	return d.writeTo(w)
}
