package jpeg_test

import (
	"testing"

	"slugpuppy/picture/codec/codectest"
	"slugpuppy/picture/jpeg"
)

var reader = codectest.Reader{Format: "jpeg", Inspect: jpeg.Inspect, Decode: jpeg.Decode}

func TestOddFiles(t *testing.T) { codectest.Test(t, reader) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, reader) }
