package cinema

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Line is what is dreamed from a time on, in the words of a request.
type Line struct {
	At    time.Duration
	Words string
}

// mostLines is how often the words of a clip may change.
const mostLines = 100

var (
	timeSaid  = regexp.MustCompile(`^(\d{1,6}(?:\.\d{1,3})?)s(?:\s+|$)`)
	againSaid = regexp.MustCompile(`(?i)^again$`)
	// beforeTime is what may stand before the first time.
	beforeTime = regexp.MustCompile(`^([^;]*?)\s*\b(\d{1,6}(?:\.\d{1,3})?s\s.*)$`)
)

// HasTimes says whether words are lines with times.
func HasTimes(words string) bool {
	_, timed, more := strings.Cut(words, ";")
	first, _, _ := strings.Cut(timed, ";")
	return more && timeSaid.MatchString(strings.TrimSpace(first))
}

// ParseLines reads "0s birds; 3s dogs; 6s again": words and the times from which they hold, in order; "again" begins from the first.
// Words before the first time, and arguments beside the one with times, hold always.
func ParseLines(args ...string) (lines []Line, again time.Duration, err error) {
	words := strings.Join(args, " ")
	if i := slices.IndexFunc(args, HasTimes); i >= 0 {
		words = strings.Join(slices.Delete(slices.Clone(args), i, i+1), " ") + " " + args[i]
	}
	if !HasTimes(words) {
		return []Line{{Words: strings.TrimSpace(words)}}, 0, nil
	}
	always := ""
	if m := beforeTime.FindStringSubmatch(words); m != nil {
		always, words = m[1]+" ", m[2]
	}
	for part := range strings.SplitSeq(words, ";") {
		part = strings.TrimSpace(part)
		m := timeSaid.FindStringSubmatch(part)
		if m == nil && len(lines) > 0 {
			return nil, 0, fmt.Errorf("%q does not begin with a time, as in \"0s birds; 3s dogs\"", part)
		}
		l := Line{Words: part}
		if m != nil {
			seconds, err := strconv.ParseFloat(m[1], 64)
			if err != nil {
				return nil, 0, fmt.Errorf("%q is no time", m[1])
			}
			l = Line{time.Duration(seconds * float64(time.Second)), strings.TrimSpace(part[len(m[0]):])}
		}
		switch {
		case again > 0:
			return nil, 0, errors.New("nothing comes after \"again\"")
		case len(lines) == 0 && l.At != 0:
			return nil, 0, errors.New("the first words hold from 0s on")
		case len(lines) > 0 && l.At <= lines[len(lines)-1].At:
			return nil, 0, fmt.Errorf("%q is not later than what stands before it", part)
		case len(lines) == mostLines:
			return nil, 0, fmt.Errorf("words change %d times at most", mostLines)
		case againSaid.MatchString(l.Words):
			if len(lines) == 0 {
				return nil, 0, errors.New("nothing comes before \"again\"")
			}
			again = l.At
			continue
		}
		l.Words = strings.TrimSpace(always + l.Words)
		lines = append(lines, l)
	}
	return lines, again, nil
}
