package main

import "fmt"

// field is where a field of one of Go's types lies, and how far its elements are apart, in bytes.
type field struct {
	name       string
	at, stride int
}

// of is where element i of the field lies.
func (f field) of(i int) int { return f.at + f.stride*i }

// The fields of segments that pack reads, one element for each vector of a tile. Their places stand in
// the stubs too, where a test of package kernel compares them with the type.
var (
	segmentA      = field{"a", 0, 8}
	segmentB      = field{"b", 24, 8}
	segmentSecond = field{"second", 48, 8}
	segmentBlend  = field{"blend", 72, 32}
)

// Those of stripe, which lift reads.
var (
	stripeX     = field{"x", 0, 8}
	stripeY     = field{"y", 96, 8}
	stripeCols  = field{"cols", 192, 8}
	stripeAt    = field{"at", 232, 8}
	stripeVecs  = field{"vecs", 240, 8}
	stripeLines = field{"lines", 248, 8}
)

// fields are those of one type.
type fields struct {
	name, of string // of the table, and of the type
	all      []field
}

var (
	segmentFields = fields{"segmentPlaces", "segments", []field{segmentA, segmentB, segmentSecond, segmentBlend}}
	stripeFields  = fields{"stripePlaces", "stripe", []field{stripeX, stripeY, stripeCols, stripeAt, stripeVecs, stripeLines}}
)

// places declares where they are, for Go.
func (f fields) places() string {
	text := fmt.Sprintf("\n// %s is where the assembly finds the fields of %s: the first element, and from\n"+
		"// there to the next, in bytes.\nvar %s = map[string][2]uintptr{\n", f.name, f.of, f.name)
	widest := 0
	for _, k := range f.all {
		widest = max(widest, len(k.name))
	}
	for _, k := range f.all {
		text += fmt.Sprintf("\t%-*s{%d, %d},\n", widest+4, fmt.Sprintf("%q:", k.name), k.at, k.stride)
	}
	return text + "}\n"
}
