package bmp_test

import (
	"testing"

	"slugpuppy/picture/bmp"
	"slugpuppy/picture/codec/codectest"
)

var reader = codectest.Reader{Format: "bmp", Inspect: bmp.Inspect, Decode: bmp.Decode}

func TestOddFiles(t *testing.T) { codectest.Test(t, reader) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, reader) }
