package shape_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slugpuppy/classifier/onnx/shape"
)

func TestDimensionsBecomeWhatTheOperatorsSay(t *testing.T) {
	type result func() ([]int, error)
	tests := []struct {
		name string
		got  result
		want []int // nil: refused
	}{
		{"Reshape to what is left", func() ([]int, error) { return shape.Reshape([]int{2, 3, 4}, []int64{-1, 4}, false) }, []int{6, 4}},
		{"Reshape keeps at 0", func() ([]int, error) { return shape.Reshape([]int{2, 3, 4}, []int64{0, -1}, false) }, []int{2, 12}},
		{"Reshape to another number", func() ([]int, error) { return shape.Reshape([]int{2, 3}, []int64{5}, false) }, nil},
		{"Reshape with two unknowns", func() ([]int, error) { return shape.Reshape([]int{2, 3}, []int64{-1, -1}, false) }, nil},
		{"Reshape beyond everything", func() ([]int, error) { return shape.Reshape([]int{2}, []int64{math.MaxInt64, 2}, false) }, nil},
		{"Reshape with a real 0", func() ([]int, error) { return shape.Reshape([]int{2}, []int64{0, 2}, true) }, nil},
		{"Flatten", func() ([]int, error) { return shape.Flatten([]int{2, 3, 4}, 1) }, []int{2, 12}},
		{"Flatten from the end", func() ([]int, error) { return shape.Flatten([]int{2, 3, 4}, -1) }, []int{6, 4}},
		{"Flatten everything", func() ([]int, error) { return shape.Flatten([]int{2, 3}, 2) }, []int{6, 1}},
		{"Flatten too far", func() ([]int, error) { return shape.Flatten([]int{2, 3}, 3) }, nil},
		{"Squeeze all", func() ([]int, error) { return shape.Squeeze([]int{1, 3, 1}, nil) }, []int{3}},
		{"Squeeze one", func() ([]int, error) { return shape.Squeeze([]int{1, 3, 1}, []int64{-1}) }, []int{1, 3}},
		{"Squeeze what is wide", func() ([]int, error) { return shape.Squeeze([]int{1, 3}, []int64{1}) }, nil},
		{"Unsqueeze", func() ([]int, error) { return shape.Unsqueeze([]int{3}, []int64{0, -1}) }, []int{1, 3, 1}},
		{"Unsqueeze one twice", func() ([]int, error) { return shape.Unsqueeze([]int{3}, []int64{0, 0}) }, nil},
		{"Broadcast", func() ([]int, error) { return shape.Broadcast([]int{3, 1}, []int{2, 1, 4}, nil) }, []int{2, 3, 4}},
		{"Broadcast with nothing", func() ([]int, error) { return shape.Broadcast([]int{0}, []int{1}) }, []int{0}},
		{"Broadcast what does not fit", func() ([]int, error) { return shape.Broadcast([]int{3}, []int{2}) }, nil},
		{"Parts of equal size", func() ([]int, error) { return shape.Parts(7, 3, nil) }, []int{3, 3, 1}},
		{"Parts as given", func() ([]int, error) { return shape.Parts(7, 2, []int64{2, 5}) }, []int{2, 5}},
		{"Parts of too much", func() ([]int, error) { return shape.Parts(7, 2, []int64{2, 6}) }, nil},
		{"Parts of too little", func() ([]int, error) { return shape.Parts(7, 2, []int64{2, 4}) }, nil},
		{"Parts of less than nothing", func() ([]int, error) { return shape.Parts(7, 2, []int64{-1, 8}) }, nil},
		{"Axes", func() ([]int, error) { return shape.Axes([]int64{-1, 0}, 3) }, []int{2, 0}},
		{"Axes beyond", func() ([]int, error) { return shape.Axes([]int64{3}, 3) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.got()
			if (err != nil) != (tt.want == nil) || err == nil && !cmp.Equal(got, tt.want) {
				t.Errorf("got %v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func TestSlicesTakeTheElementsThatONNXSays(t *testing.T) {
	tests := []struct {
		name             string
		start, end, step int64
		want             []int // of ten
	}{
		{"some", 2, 5, 1, []int{2, 3, 4}},
		{"to the end", 8, math.MaxInt64, 1, []int{8, 9}},
		{"the last ones", -2, math.MaxInt64, 1, []int{8, 9}},
		{"all but the last", 7, -1, 1, []int{7, 8}},
		{"every third", 1, 9, 3, []int{1, 4, 7}},
		{"backwards", -1, math.MinInt64, -4, []int{9, 5, 1}},
		{"backwards to one", 3, 1, -1, []int{3, 2}},
		{"none", 5, 5, 1, []int{}},
		{"less than none", 5, 2, 1, []int{}},
		{"from before the first", -99, 2, 1, []int{0, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := shape.Slice([]int{4, 10}, []int64{tt.start}, []int64{tt.end}, []int64{1}, []int64{tt.step})
			if err != nil || len(got) != 1 || got[0].Axis != 1 || !cmp.Equal(got[0].Elements(), tt.want) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	if got, err := shape.Slice([]int{4}, []int64{0}, []int64{4}, nil, nil); err != nil || got != nil {
		t.Errorf("everything: %v, %v", got, err)
	}
	if _, err := shape.Slice([]int{4}, []int64{0}, []int64{4}, nil, []int64{0}); err == nil {
		t.Error("a slice in steps of nothing")
	}
}

func TestPermuteSaysWhereElementsComeFrom(t *testing.T) {
	index, to, err := shape.Permute([]int{2, 3}, nil)
	if err != nil || !cmp.Equal(to, []int{3, 2}) || !cmp.Equal(index, []int32{0, 3, 1, 4, 2, 5}) {
		t.Errorf("got %v %v %v", index, to, err)
	}
	for _, bad := range [][]int64{{0}, {0, 0}, {0, 2}, {-1, 0}} {
		if _, _, err := shape.Permute([]int{2, 3}, bad); err == nil {
			t.Errorf("order %v", bad)
		}
	}
}
