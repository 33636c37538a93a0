package mention

import (
	"context"
	"errors"
	"strings"

	"slugpuppy/dream"
	"slugpuppy/dream/lexicon"
)

// vocabulary is what words are looked up in.
type vocabulary interface {
	Find(word string) (dream.Meaning, bool)
	Lookup(word string) (dream.Meaning, error)
	Correct(word string) (string, bool)
}

// mostOdd is how many words that are none are looked at for a slip, in one request: more are another
// language.
const mostOdd = 6

// reader reads the things that a request names.
type reader struct {
	v   vocabulary
	odd int
}

// named is one thing in a phrase, one or more words of it.
type named struct {
	text    string
	known   bool
	meaning dream.Meaning
	noun    bool // a thing, if not one that is known
	plural  bool
}

// phrase reads what stands for one wish: a thing with words around it, as in "a big golden retriever",
// or several things, as in "banana dumbbell". The last word counts: a cat tree is no cat. The error is
// a *dream.UnknownWord, or ctx's own.
func (r *reader) phrase(ctx context.Context, text string) ([]dream.WordTerm, Heard, error) {
	var heard Heard
	if m, ok := r.v.Find(text); ok {
		heard.as(text, m)
		return m.Terms, heard, nil
	}
	words := strings.Fields(text)
	r.correct(ctx, words, &heard)
	parts, err := r.parts(ctx, words)
	if err != nil {
		return nil, heard, err
	}
	var terms []dream.WordTerm
	for i, p := range parts {
		switch {
		case p.known && i+1 < len(parts) && parts[i+1].noun && !p.plural: // a banana pancake
			parts[i+1].text = p.text + " " + parts[i+1].text
		case p.known:
			terms = append(terms, p.meaning.Terms...)
			heard.as(p.text, p.meaning)
		case p.noun && !(i+1 < len(parts) && parts[i+1].known): // a rubber duck is a duck
			heard.Unknown = append(heard.Unknown, r.unknown(p.text))
		default:
			heard.Passed = append(heard.Passed, p.text)
		}
	}
	if len(terms) > 0 {
		return terms, heard, nil
	}
	if len(heard.Unknown) > 0 {
		return nil, heard, heard.Unknown[0]
	}
	return nil, heard, r.unknown(text)
}

// as notes that a thing was read as something else.
func (h *Heard) as(typed string, m dream.Meaning) {
	if m.As != "" {
		h.Read = append(h.Read, Read{typed, m.As})
	}
}

// unknown is a thing with what comes near its last word.
func (r *reader) unknown(text string) *dream.UnknownWord {
	_, err := r.v.Lookup(text)
	unknown := new(dream.UnknownWord)
	if errors.As(err, &unknown) && len(unknown.Nearest) > 0 {
		return unknown
	}
	i := strings.LastIndexByte(text, ' ')
	if i < 0 {
		return unknown
	}
	last := new(dream.UnknownWord)
	if _, err := r.v.Lookup(text[i+1:]); errors.As(err, &last) && len(last.Nearest) > 0 {
		unknown.Nearest, unknown.Known = last.Nearest, nil
	}
	return unknown
}

// maxPhrase is the longest name of one thing, in words; "West Highland white terrier" has four.
const maxPhrase = 5

// correct mends slips of the finger.
func (r *reader) correct(ctx context.Context, words []string, heard *Heard) {
	for i, w := range words {
		if ctx.Err() != nil || r.odd == mostOdd {
			return
		}
		if _, ok := r.v.Find(w); ok || lexicon.Exists(w) {
			continue
		}
		r.odd++
		if better, ok := r.v.Correct(w); ok {
			heard.Read = append(heard.Read, Read{w, better})
			words[i] = better
		}
	}
}

// parts splits a phrase into the longest names that somebody has given to something. Words that add
// nothing to a picture are left out.
func (r *reader) parts(ctx context.Context, words []string) ([]named, error) {
	var out []named
	for i := 0; i < len(words); {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, p := r.longest(words[i:])
		i += n
		if p.known || p.noun || !lexicon.IsAdverb(p.text) {
			out = append(out, p)
		}
	}
	return out, nil
}

// longest is the longest name at the front, or a single word.
func (r *reader) longest(words []string) (int, named) {
	for n := min(len(words), maxPhrase); n > 0; n-- {
		text := strings.Join(words[:n], " ")
		if m, ok := r.v.Find(text); ok {
			last := words[n-1]
			return n, named{text: text, known: true, meaning: m, plural: strings.HasSuffix(last, "s") && !strings.HasSuffix(last, "ss")}
		}
		if isNoun(text) {
			return n, named{text: text, noun: true}
		}
	}
	return 1, named{text: words[0]}
}

// isNoun says whether English has such a thing, whether it can be seen or not. Words that are also
// adjectives, as "red", are none: they say how a thing is.
func isNoun(text string) bool {
	if strings.HasSuffix(text, "ing") { // what somebody does: a lion eating
		return false
	}
	stem, plural := strings.CutSuffix(text, "s")
	return lexicon.IsThing(text) || plural && lexicon.IsThing(stem)
}
