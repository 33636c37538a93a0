package mention

import (
	"context"

	"slugpuppy/dream"
)

// Lookup reads a phrase, to count what that asks of a vocabulary.
func Lookup(ctx context.Context, v Vocabulary, phrase string) ([]dream.WordTerm, error) {
	r := reader{v: v}
	terms, _, err := r.phrase(ctx, phrase)
	return terms, err
}

// Vocabulary is what words are looked up in.
type Vocabulary = vocabulary

// MaxPhrase and MaxWords are caps.
const (
	MaxPhrase = maxPhrase
	MaxWords  = maxWords
)

// Tables are the packed files of lang.
func Tables() map[string]string { return tables() }
