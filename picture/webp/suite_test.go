package webp_test

import (
	"testing"

	"slugpuppy/picture/codec/codectest"
	"slugpuppy/picture/webp"
)

var reader = codectest.Reader{Format: "webp", Inspect: webp.Inspect, Decode: webp.Decode}

func TestOddFiles(t *testing.T) { codectest.Test(t, reader) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, reader) }
