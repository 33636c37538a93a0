//go:build !unix

package speed

// peakMemory is not known here.
func peakMemory() float64 { return 0 }
