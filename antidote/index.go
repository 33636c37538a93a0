package antidote

import (
	"cmp"
	"math/bits"
	"slices"

	"slugpuppy/antidote/pdq"
	"slugpuppy/picture"
)

// Index finds the records that a picture may be a copy of. It is built once and then only read, by as many
// goroutines as like. It reads through all hashes: there are few enough, and windows of pictures that were cropped are
// too far from any of them for an index by bands of bits.
type Index struct {
	whole, core, source []pdq.Hash
	keys                []uint64 // of the cores
	records             []int32  // their places among those given
}

// NewIndex takes records in the order in which matches name them. Of those with too little in them to tell them by,
// none is ever found.
func NewIndex(records []Record) *Index {
	x := &Index{}
	for i, r := range records {
		if r.Quality < pdq.LeastQuality {
			continue
		}
		x.whole, x.core, x.source = append(x.whole, r.PDQ), append(x.core, r.Core), append(x.source, r.Source)
		x.keys, x.records = append(x.keys, key(r.Core)), append(x.records, int32(i))
	}
	return x
}

// Len is how many records can be found.
func (x *Index) Len() int { return len(x.whole) }

// key has the bits of the 64 lowest frequencies, which change least when a picture is cropped.
func key(h pdq.Hash) uint64 {
	const even = 0x00ff00ff00ff00ff // the low halves of the rows of four words
	return h[3]&even | h[2]&even<<8
}

// Match is a record that a picture is a copy of.
type Match struct {
	Record   int // from 0, as given to NewIndex
	Distance int // of hashes, where they fit best
}

// Look is what a picture is found by: its hash, zero where that is not known, and its sketch.
type Look struct {
	PDQ     pdq.Hash
	Quality int
	Sketch  picture.Sketch
}

// coreRadius is how far a core may be from the window that fits it best. It is less than what PDQ allows, for what
// fits best has been looked for: copies are 4 apart at the median, and other pictures of the same scene 28.
const coreRadius = 20

// How far hashes may be apart before a window is moved to where it fits: the lowest frequencies, and all.
const (
	nearKey  = 15
	nearHash = 66
)

var none pdq.Hash

// mostFits bounds how many records one picture is fitted to, the nearest first: lists are others' making, and could
// be made so that all of them nearly match.
const mostFits = 24

// Find finds the record that a picture is most surely a copy of: as it is, re-encoded or resized; or with up to a
// tenth cropped off a side, or a border or captions added; ok is false when there is none.
func (x *Index) Find(l Look) (m Match, ok bool) {
	g, sketched := pdq.NewGrid(l.Sketch)
	if x.Len() == 0 || sketched && g.Flat() {
		return m, false
	}
	if m, ok = x.findWhole(l, g); !ok && sketched {
		m, ok = x.findPart(g)
	}
	if ok {
		m.Record = int(x.records[m.Record])
	}
	return m, ok
}

// candidate is a record that may be found, and where in the picture.
type candidate struct {
	record, window, distance int
}

// nearest sorts candidates and drops those that are too many.
func nearest(all []candidate) []candidate {
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.record, b.record), cmp.Compare(a.window, b.window))
	})
	return all[:min(len(all), mostFits)]
}

// findWhole compares hashes of whole pictures. Where a record has a core it has to be where it belongs, too; g is nil
// where there is no sketch.
func (x *Index) findWhole(l Look, g *pdq.Grid) (m Match, ok bool) {
	if l.PDQ == none || l.Quality < pdq.LeastQuality {
		return m, false
	}
	var all []candidate
	for i, h := range x.whole {
		if d := h.Distance(l.PDQ); d <= pdq.Radius {
			all = append(all, candidate{record: i, distance: d})
		}
	}
	for _, c := range nearest(all) {
		if x.core[c.record] == none || g != nil && x.asItIs(g, c.record) {
			return Match{c.record, c.distance}, true
		}
	}
	return m, false
}

// asItIs says whether the core of a record is where it is in a copy that nothing was cropped off, and nearer than
// what was dreamed.
func (x *Index) asItIs(g *pdq.Grid, i int) bool {
	d := fit(g, x.core[i], core, core)
	return d <= coreRadius && (x.source[i] == none || fit(g, x.source[i], core, core) >= d)
}

// findPart looks for the cores of records anywhere in a picture.
func (x *Index) findPart(g *pdq.Grid) (m Match, ok bool) {
	windows := g.Windows(places, places)
	m.Distance = coreRadius + 1
	for _, c := range nearest(x.near(windows)) {
		d := fitAny(g, x.core[c.record], windows)
		if d < m.Distance && !x.isSource(g, windows, c.record, d) {
			m, ok = Match{c.record, d}, true
		}
	}
	return m, ok
}

// near finds the records whose core a window comes near, each with its nearest window.
func (x *Index) near(windows []pdq.Hash) (all []candidate) {
	at := map[int]int{} // record -> place in all
	for w, h := range windows {
		k := key(h)
		for i, other := range x.keys {
			if bits.OnesCount64(k^other) > nearKey || x.core[i] == none {
				continue
			}
			d := h.Distance(x.core[i])
			if d > nearHash {
				continue
			}
			n, known := at[i]
			if !known {
				at[i] = len(all)
				all = append(all, candidate{i, w, d})
			} else if d < all[n].distance {
				all[n] = candidate{i, w, d}
			}
		}
	}
	return all
}

// isSource says whether what was dreamed for a record is nearer anywhere. Of the faintest dreams both are as near; then
// it is for others to say whether the picture is a dream.
func (x *Index) isSource(g *pdq.Grid, windows []pdq.Hash, i, d int) bool {
	return x.source[i] != none && fitAny(g, x.source[i], windows) < d
}

// starts is from how many windows a hash is fitted: the nearest one is not always the one that leads there.
const starts = 5

// fitAny is how near a hash is where it fits best, begun from the windows that are nearest.
func fitAny(g *pdq.Grid, to pdq.Hash, windows []pdq.Hash) int {
	var near []candidate
	for w, h := range windows {
		if d := h.Distance(to); d <= nearHash {
			near = append(near, candidate{window: w, distance: d})
		}
	}
	best := 256
	near = nearest(near)
	for _, c := range near[:min(len(near), starts)] {
		best = min(best, fit(g, to, places[c.window/len(places)], places[c.window%len(places)]))
	}
	return best
}

// places are where, on one side of a picture, the core of a copy may lie: further outside where something was
// cropped off, further inside where something was added.
var places = func() (all []pdq.Span) {
	const step = 0.032 // a window that is off by half of it is found to be near
	for i := range 8 {
		for j := range 8 {
			cropped, added := i <= 3 && j <= 3, i >= 3 && j >= 3 && i+j <= 10
			if cropped || added {
				all = append(all, pdq.Span{From: 0.055 + step*float64(i), To: 0.945 - step*float64(j)})
			}
		}
	}
	return all
}()

// moves are of one border or both.
var moves = [...][2]float64{{-1, 0}, {1, 0}, {0, -1}, {0, 1}, {-1, -1}, {1, 1}}

// fit moves a window and its borders by ever smaller steps to where a hash is nearest, and says how near that is.
func fit(g *pdq.Grid, to pdq.Hash, across, down pdq.Span) int {
	d := g.Window(across, down).Distance(to)
	for _, step := range []float64{0.02, 0.01, 0.005} {
		for better := true; better; {
			better = false
			for _, side := range []*pdq.Span{&across, &down} {
				for _, by := range moves {
					was := *side
					side.From, side.To = max(0, was.From+step*by[0]), min(1, was.To+step*by[1])
					if n := g.Window(across, down).Distance(to); n < d {
						d, better = n, true
					} else {
						*side = was
					}
				}
			}
		}
	}
	return d
}
