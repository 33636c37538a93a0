// Package words makes every sentence that people get: answers to mentions and to the timeline's
// orders, and what the page says. What it is about comes as typed data from the packages that met
// it, and nothing is decided here. The English of the grammar, what people write to us, is package
// mention's.
//
// One sentence says the cause and what works instead. All of them fit a post on every network they
// can go to, beside the longest handle there is.
package words

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// Of is the sentence for an error that is the request's own fault, "" when it is somebody else's.
func Of(err error) string {
	var (
		recipe  *dream.Problem
		word    *dream.UnknownWord
		request *mention.Problem
		file    *picture.Problem
	)
	switch {
	case errors.As(err, &recipe):
		return Recipe(recipe)
	case errors.As(err, &word):
		return UnknownWord(word)
	case errors.As(err, &request):
		return Request(request)
	case errors.As(err, &file):
		return Picture(file)
	}
	return order(err)
}

// Cut shortens a text to so many runes, at a space if there is one near.
func Cut(text string, runes int) string {
	if utf8.RuneCountInString(text) <= runes {
		return text
	}
	if runes < 1 {
		return ""
	}
	short := string([]rune(text)[:runes-1])
	if i := strings.LastIndexByte(short, ' '); i > len(short)*3/4 {
		short = short[:i]
	}
	return strings.TrimRight(short, " ,;") + "…"
}

// either is "a, b or c".
func either(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// Count is how many of something: one as it is to be said, or a number of several.
func Count(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf("%d %s", n, several)
}

// are is what follows a number.
func are(n int) string {
	if n == 1 {
		return "is a dream"
	}
	return "are dreams"
}
