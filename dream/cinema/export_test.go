package cinema

// What the tests look into.
var (
	ReadPPM   = readPPM
	ByNumbers = byNumbers
)
