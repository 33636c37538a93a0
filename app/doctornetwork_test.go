package app

import (
	"math"
	"strings"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/config"
)

func TestTheNetworkIsTriedInEveryArithmetic(t *testing.T) {
	f := New(&config.Config{}, Options{}).checkNetwork(t.Context())
	for _, name := range classifier.Arithmetics() {
		if !strings.Contains(f.Detail, name) {
			t.Errorf("%+v says nothing of %s", f, name)
		}
	}
}

func TestGradientsThatPointElsewhereAreNotAlike(t *testing.T) {
	right := []float32{1, -2, 3, 0.5}
	for name, c := range map[string]struct {
		got   []float32
		alike bool
	}{
		"rounded":    {[]float32{1.1, -1.9, 3, 0.4}, true},
		"mixed up":   {[]float32{3, 0.5, 1, -2}, false},
		"nothing":    {[]float32{0, 0, 0, 0}, false},
		"no numbers": {[]float32{1, -2, float32(math.NaN()), 0.5}, false},
		"endless":    {[]float32{1, -2, float32(math.Inf(1)), 0.5}, false},
	} {
		if alike := cosine(right, c.got) > leastAlike; alike != c.alike {
			t.Errorf("%s: alike %t, %g", name, alike, cosine(right, c.got))
		}
	}
}
