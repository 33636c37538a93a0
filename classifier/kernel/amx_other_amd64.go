//go:build amd64 && !linux

package kernel

// mayTile is no on systems of which it is not known how they are asked.
func mayTile() bool { return false }
