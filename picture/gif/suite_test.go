package gif_test

import (
	"testing"

	"slugpuppy/picture/codec/codectest"
	"slugpuppy/picture/gif"
)

var reader = codectest.Reader{Format: "gif", Inspect: gif.Inspect, Decode: gif.Decode}

func TestOddFiles(t *testing.T) { codectest.Test(t, reader) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, reader) }
