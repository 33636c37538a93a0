package words

import (
	"fmt"

	"slugpuppy/dream"
)

// Note says what was done differently than asked; "" is not worth a word.
func Note(n dream.Note) string {
	switch n.Kind {
	case dream.Smaller:
		return fmt.Sprintf("Your picture is large, so I dreamed it at %dx%d and laid the dream over it at full size.", n.W, n.H)
	case dream.Shortened:
		return fmt.Sprintf("Your clip is long, so I dreamed its first %.3g seconds.", float64(n.W)/10)
	case dream.NoFilm:
		return "The film encoder failed, so this is a GIF."
	}
	return ""
}

// Notes are the sentences of notes that are worth one.
func Notes(notes []dream.Note) (out []string) {
	for _, n := range notes {
		if s := Note(n); s != "" {
			out = append(out, s)
		}
	}
	return out
}
