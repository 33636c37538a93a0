package icc

import "math"

// Chromaticities are the places of a PNG's primaries and white, (x, y) each (its cHRM chunk).
type Chromaticities struct{ White, Red, Green, Blue [2]float64 }

// d65 is the white of screens.
var d65 = [2]float64{0.3127, 0.3290}

// OfGamma makes a transform of PNG's gAMA, the power that stored values were made with, and of its
// cHRM, nil where the file has none: then the primaries are sRGB's.
func OfGamma(gamma float64, c *Chromaticities) *Transform {
	if !(gamma > 0.01 && gamma < 10) {
		return nil
	}
	m := identity
	if c != nil {
		m = fromD50.times(primaries(c.White, c.Red, c.Green, c.Blue))
	}
	p := power(1 / gamma)
	if c == nil && math.Abs(gamma-0.45455) < 0.01 { // means sRGB, say all who write it
		return nil
	}
	return newTransform([3]curve{p, p, p}, m)
}

// OfCodePoints makes a transform of what PNG's cICP names (ITU-T H.273): primaries and transfer
// curve by their numbers. It is nil where that is sRGB, and for what this package does not know,
// high dynamic range among it.
func OfCodePoints(primary, transfer byte) *Transform {
	places, ok := map[byte][3][2]float64{ // red, green, blue
		1:  {{0.640, 0.330}, {0.300, 0.600}, {0.150, 0.060}}, // BT.709
		5:  {{0.640, 0.330}, {0.290, 0.600}, {0.150, 0.060}}, // BT.601, 625 lines
		6:  {{0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}}, // BT.601, 525 lines
		9:  {{0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}}, // BT.2020
		12: {{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}}, // Display P3
	}[primary]
	if !ok {
		return nil
	}
	video := power(2.4) // what screens make of it (BT.1886), not what cameras do
	c, ok := map[byte]curve{
		1: video, 6: video, 14: video, 15: video,
		4: power(2.2), 5: power(2.8), 8: power(1), 13: decoded,
	}[transfer]
	if !ok {
		return nil
	}
	return newTransform([3]curve{c, c, c}, fromD50.times(primaries(d65, places[0], places[1], places[2])))
}
