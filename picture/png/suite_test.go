package png_test

import (
	"testing"

	"slugpuppy/picture/codec/codectest"
	"slugpuppy/picture/png"
)

var reader = codectest.Reader{Format: "png", Inspect: png.Inspect, Decode: png.Decode}

func TestOddFiles(t *testing.T) { codectest.Test(t, reader) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, reader) }
