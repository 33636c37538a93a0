package mention

// Lookup is lookup, to count what it asks of a vocabulary.
var Lookup = lookup

// MaxPhrase and MaxWords are caps.
const (
	MaxPhrase = maxPhrase
	MaxWords  = maxWords
)
