package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/reply/words"
	"slugpuppy/dream"
)

// mostProposed is how many words are proposed at once.
const mostProposed = 12

var everyLook = allowance{"words", time.Second / 4, 40}

// verbsTyped are how a wish may begin.
var verbsTyped = []string{"imagine", "dive", "wander", "surprise", "more", "no", "into"}

// presets are the names of the looks.
func presets() (names []string) {
	for _, p := range dream.Presets() {
		names = append(names, p.Name)
	}
	return names
}

// suggestion is what may be meant by what somebody types.
type suggestion struct {
	Options []string `json:"options"` // the whole line each
	Problem string   `json:"problem"` // why it cannot be made as it is, "" for nothing
}

// suggest proposes how the last word of a line goes on, and says at once what cannot be made.
func (s *Site) suggest(v *visit) error {
	if s.Try < 1 {
		return refuse(http.StatusNotFound, words.NothingToTry)
	}
	if !s.limits.allow(s.address(v.r), everyLook) {
		return refuse(http.StatusTooManyRequests, words.WaitAMoment)
	}
	text := v.r.URL.Query().Get("q")
	if len(text) > tryWords {
		return refuse(http.StatusUnprocessableEntity, words.TooMuchText)
	}
	out := suggestion{Options: s.completions(text)}
	if _, err := s.Studio.Read(v.ctx(), strings.TrimSpace(text)); err != nil {
		if out.Problem = words.Of(err); out.Problem == "" {
			return err
		}
	}
	v.w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(v.w).Encode(out)
}

// completions are lines that begin as the text does, and whose last word is a known one.
func (s *Site) completions(text string) []string {
	text = strings.TrimLeft(text, " ")
	at := strings.LastIndexAny(text, " ,") + 1
	before, last := text[:at], strings.ToLower(text[at:])
	if last == "" {
		return []string{}
	}
	lines := []string{}
	for _, word := range slices.Concat(verbsTyped, presets(), s.Studio.Words()) {
		if len(lines) < mostProposed && strings.HasPrefix(word, last) && word != last && !slices.Contains(lines, before+word) {
			lines = append(lines, before+word)
		}
	}
	return lines
}
