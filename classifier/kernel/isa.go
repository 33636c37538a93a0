package kernel

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Variable names the environment variable that forces an instruction set, see Check.
const Variable = "SLUGPUPPY_KERNEL"

// Flags of a GEMM block.
const (
	clip       = 1 // negative sums become zero
	accumulate = 2 // start from C instead of the bias
	bare       = 4 // there is no bias; only manyFunc heeds it
)

// maxTile and maxRows bound the blocks of every instruction set.
const (
	maxTile = 48
	maxRows = 16
	vectors = 3 // of a full tile
)

// segments says where the vectors of a tile come from in a padded plane: byte offsets of
// the part before and after the line break. The assembly knows this layout: gen/segments.go.
type segments struct {
	a, b   [vectors]int64
	second [vectors]uint64   // bit per lane: set if it comes from b
	blend  [vectors][8]int32 // the same for AVX2 and NEON: -1 if it comes from b
	width  int               // columns that matter; assembly reads whole vectors
}

// stripe is up to as many tiles as a vector has lanes, beside each other in one plane of a picture. The
// second half of the rows is that of the second channel of a pair. The assembly knows this layout:
// gen/segments.go.
type stripe struct {
	x, y  [2 * reach]*float32 // beginnings of the rows under them, zeros where there are none; y: see lift
	cols  [5]uint64           // by vector: a bit for each column that the picture has
	at    int64               // from the beginning of a row to the first column, in bytes
	vecs  int64               // vectors that the columns fill, at least two
	lines *float32            // room for a line of five vectors for each row
}

// gemmFunc computes C[rows][cols] = bias + A[k][rows]^T * B[k][cols] for one block. The
// columns touched are those whose bit is set in mask; where the instruction set is not
// masked, all. ldc counts bytes.
type gemmFunc func(k int64, a, b, c *float32, ldc int64, bias *float32, flags int64, mask uint64)

// manyFunc does what gemmFunc does n times, each time on what lies so many bytes further on; all columns are touched.
type manyFunc func(n, k int64, a, b, c *float32, ldc int64, bias *float32, flags, nextA, nextB, nextC, nextBias int64)

// maxFunc pools n windows of a row, whose rows begin at r0, r1 and, if there are three, r2.
type maxFunc func(n int64, r0, r1, r2, dst *float32, arg *uint8)

// topFunc is maxFunc without the numbers of the winning taps.
type topFunc func(n int64, r0, r1, r2, dst *float32)

// meanFunc sets n results of average pooling to the sums of windows, whose rows begin at r0, r1 and, if
// there are three, r2, each times its own part and the row's; those of windows a column apart can add
// them. Only masked ones leave what is past n alone.
type meanFunc func(n int64, r0, r1, r2, dst, parts, part *float32, flags int64)

// windowFunc sets n values of dst to weighed sums of windows a column apart, or adds these: of rows of w
// columns, of which the first window's first is left before the first. Values are weighed by column and
// by row, sums by own.
type windowFunc func(n int64, r0, r1, r2, dst, weights, rows, own *float32, flags, left, w int64)

// doubleFunc writes n values, each times its weight and the row's, to two columns each of a row of w, of
// which the first is left before the row's first; past the last it may write zeros.
type doubleFunc func(n int64, src, weights, row, dst *float32, flags, left, w int64)

// isa is one instruction set: kernels indexed by the number of vectors in a tile.
type isa struct {
	name   string
	lanes  int
	rows   []int // heights of GEMM blocks, tallest first
	masked bool  // GEMM blocks leave columns outside the mask alone
	gemm   [][vectors + 1]gemmFunc
	pack   [vectors + 1]func(n int64, src *float32, taps *int32, dst *float32, seg *segments)
	gather [vectors + 1]func(n int64, src *float32, taps *int32, dst *float32, idx *int32)
	mask   func(n int64, dst, g, y *float32) // n vectors: dst = y > 0 ? g : 0
	add    func(n int64, dst, x *float32)    // n vectors: dst += x
	axpy   func(n int64, dst, x, s *float32) // n vectors: dst += s[0] * x
	// Max pooling of a row with a 3x3 window by stride and with a 2x2 window of stride 2, its
	// largest values with and without their taps, and the gradient for 3x3 and stride 1; nil:
	// plain. Only masked ones leave what is past n alone.
	max3x3 [3]maxFunc
	top3x3 [3]topFunc
	max2x2 maxFunc
	top2x2 topFunc
	// Average pooling: by side of the window and stride; of stride 1, by side, without copies; and the
	// way back of 2x2 with stride 2. nil: plain.
	mean   [4][3]meanFunc
	window [4]windowFunc
	double doubleFunc
	unpool func(n int64, g0, g1, g2 *float32, a0, a1, a2 *uint8, dst *float32, flags int64)
	// Winograd's transformations of 4x4 tiles straight from the rows of a picture, of which values
	// count where y, if there is one, is positive, and back into them: see gen/lift.go. nil: the
	// three below, see gen/tiles.go.
	lift   func(s *stripe, v *float32, stride int64, tiles uint64)
	lower  func(m *float32, row int64, y *float32, pitch int64, bias *float32, flags int64, cols uint64, rows int64)
	tiles  func(n int64, d *float32, row int64, v *float32, stride int64)
	untile func(n int64, m *float32, row int64, y *float32, stride int64, bias *float32, flags int64)
	split  func(n int64, src, dst *float32, stride int64) // n vectors: dst[j][i] = src[4*i+j]
	evens  func(n int64, src, dst *float32)               // n vectors: dst[i] = src[2*i]; nil: plain
	// Sums down columns, of products, and smoothing: see gen/statistics.go. nil: plain.
	powers   func(n int64, x *float32, pitch, rows int64, dst *float32, apart int64)
	dot      func(n int64, a, b, sums *float32)
	binomial func(n int64, a, b, c, d, e, dst *float32)
	peak     func(n int64) // n iterations of 24 multiply-adds on vectors
	pairs    *pairs        // nil: there are none
	less     *isa          // with pairs: the next slower arithmetic, of other bits; the last has none
}

// native is the instruction set this process uses.
var native = choose(os.Getenv(Variable), available())

// Names are those of the arithmetics of this process: rough ones first, if there are any, and the exact one.
func Names() []string {
	var names []string
	for s := native; s != nil; s = s.less {
		names = append(names, s.name)
	}
	return names
}

// Check says what is wrong with the name of an instruction set that is to be forced: it must be one that
// this processor has. "" forces none.
func Check(forced string) error {
	var names []string
	for _, s := range available() {
		names = append(names, s.name)
	}
	if forced != "" && !slices.Contains(names, forced) {
		return fmt.Errorf("%s=%.40q: this processor has %s", Variable, forced, strings.Join(names, ", "))
	}
	return nil
}

// choose picks the forced set if it is there, else the last, which is the widest.
func choose(forced string, sets []*isa) *isa {
	if i := slices.IndexFunc(sets, func(s *isa) bool { return s.name == forced }); i >= 0 {
		return sets[i]
	}
	return sets[len(sets)-1]
}
