package main

import "fmt"

// field is where a field of Go's type segments lies, and how far its elements are apart, in bytes.
type field struct {
	name       string
	at, stride int
}

// The fields that pack reads, one element for each vector of a tile. Their places stand in the stubs
// too, where a test of package kernel compares them with the type.
var (
	segmentA      = field{"a", 0, 8}
	segmentB      = field{"b", 24, 8}
	segmentSecond = field{"second", 48, 8}
	segmentBlend  = field{"blend", 72, 32}
)

// of is where the element of vector v lies.
func (f field) of(v int) int { return f.at + f.stride*v }

// layout declares the fields' places for Go.
func layout() string {
	text := "\n// segmentPlaces is where the assembly finds the fields of segments: the first element, and from\n" +
		"// there to the next, in bytes.\nvar segmentPlaces = map[string][2]uintptr{\n"
	for _, f := range []field{segmentA, segmentB, segmentSecond, segmentBlend} {
		text += fmt.Sprintf("\t%-10s{%d, %d},\n", fmt.Sprintf("%q:", f.name), f.at, f.stride)
	}
	return text + "}\n"
}
