package mention

import (
	"slices"
	"strings"
	"sync"
)

// turns are the phrases by their first word, the longest first.
var turns = sync.OnceValue(func() map[string][]turn { return readTurns(tables()["en.txt"]) })

// turn is a turn of phrase and the words of the grammar that it stands for.
type turn struct{ from, to []string }

func readTurns(text string) map[string][]turn {
	out := map[string][]turn{}
	for line := range strings.Lines(text) {
		from, to, ok := strings.Cut(strings.TrimSpace(line), " =")
		if !ok || strings.HasPrefix(from, "#") {
			continue
		}
		t := turn{strings.Fields(from), strings.Fields(to)}
		out[t.from[0]] = append(out[t.from[0]], t)
	}
	for _, all := range out {
		slices.SortStableFunc(all, func(a, b turn) int { return len(b.from) - len(a.from) })
	}
	return out
}

// rewrite puts the grammar's words in the place of turns of phrase. What is quoted, or goes across a
// comma, is left as it is.
func rewrite(tokens []token) []token { return rewriteBy(tokens, turns()) }

func rewriteBy(tokens []token, turns map[string][]turn) []token {
	out := make([]token, 0, len(tokens))
	for i := 0; i < len(tokens); {
		t, ok := turnAt(tokens[i:], turns)
		if !ok {
			out = append(out, tokens[i])
			i++
			continue
		}
		last := tokens[i+len(t.from)-1]
		for n, word := range t.to {
			out = append(out, token{text: word, low: word, comma: last.comma && n == len(t.to)-1, ends: last.ends})
		}
		i += len(t.from)
	}
	return out
}

// turnAt is the longest turn of phrase that tokens begin with.
func turnAt(tokens []token, turns map[string][]turn) (turn, bool) {
	for _, t := range turns[tokens[0].low] {
		if len(t.from) > len(tokens) {
			continue
		}
		fits := true
		for n, word := range t.from {
			at := tokens[n]
			fits = fits && !at.quoted && at.low == word && (!at.comma || n == len(t.from)-1)
		}
		if fits {
			return t, true
		}
	}
	return turn{}, false
}
