//go:build !unix

package cli

// peakMemory is not known here.
func peakMemory() float64 { return 0 }
