package training

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"slugpuppy/classifier/detector"
)

// The figures of a model card stand between these lines; all else is written by hand.
const (
	figuresBegin = "<!-- figures: written by slugpuppy detector train -->"
	figuresEnd   = "<!-- end of figures -->"
)

// PutFigures returns a model card with the figures of a fit in place of those it has.
func PutFigures(card []byte, f Fitted) ([]byte, error) {
	begin, end := bytes.Index(card, []byte(figuresBegin)), bytes.Index(card, []byte(figuresEnd))
	if begin < 0 || end < begin {
		return nil, fmt.Errorf("the model card has no place for figures, between %q and %q", figuresBegin, figuresEnd)
	}
	var b bytes.Buffer
	b.Write(card[:begin+len(figuresBegin)])
	b.WriteString("\n")
	for _, write := range []func(io.Writer, Fitted){writeLearned, writeFound, writePromises, writeSettings, writeKinds} {
		b.WriteString("\n")
		write(&b, f)
	}
	b.WriteString("\n")
	b.Write(card[end:])
	return b.Bytes(), nil
}

// writeLearned says what was learned from.
func writeLearned(w io.Writer, f Fitted) {
	type row struct{ judged, more, copies int }
	rows := map[string]*row{}
	for _, s := range f.Samples {
		r := rows[s.Class]
		if r == nil {
			r = &row{}
			rows[s.Class] = r
		}
		switch {
		case s.Copy > 0:
			r.copies++
		case s.Extra || generated(s):
			r.more++
		default:
			r.judged++
		}
	}
	fmt.Fprintln(w, "| learned from | of the corpus | others | changed copies |\n|---|---|---|---|")
	for _, class := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(w, "| %s | %d | %d | %d |\n", cmp.Or(classes[class], class), rows[class].judged, rows[class].more, rows[class].copies)
	}
}

// classes are what they are called in a card.
var classes = map[string]string{
	"dream": "clear dream", "dream-weak": "weak dream", "classviz": "from noise", own: "dream made for this", posted: "dream as posted",
	detector.Photograph: "photograph", usual: "other ordinary picture", "hard": "hard", made: "drawn pattern, photograph redrawn",
}

// writeFound says how well dreams are told from others.
func writeFound(w io.Writer, f Fitted) {
	fmt.Fprintln(w, "| against | class | AUC | 0.1 % | 1 % | 5 % |\n|---|---|---|---|---|---|")
	against := ""
	for _, r := range Reports(f.Samples, f.Scores) {
		name := r.Against
		if name == against {
			name = ""
		}
		against = r.Against
		fmt.Fprintf(w, "| %s | %s (%d) | %.4f | %.0f %% | %.0f %% | %.0f %% |\n", name, cmp.Or(classes[r.Class], r.Class), r.Dreams,
			r.AUC, 100*r.Found[0], 100*r.Found[1], 100*r.Found[2])
	}
}

// writePromises says what budgets come to.
func writePromises(w io.Writer, f Fitted) {
	fmt.Fprintf(w, "Promises of %d ordinary pictures, a hundred of which took %.0f closer looks at parts, and %d hard pictures:\n\n",
		f.Head.Ordinary.N, 100*f.OrdinaryLooks, f.Head.Hard.N)
	fmt.Fprintln(w, "| budget | from a score of | clear dreams found | ordinary pictures wrong | hard ones wrong | |\n|---|---|---|---|---|---|")
	for _, p := range Promises(f.Head) {
		fmt.Fprintf(w, "| 1 in %g | %.4f | %.0f %% | %.3f %% | %.1f %% | %s |\n", p.In, p.Score, 100*p.Found, 100*p.Ordinary, 100*p.Hard, p.How())
	}
	fmt.Fprintln(w)
	writeConfusions(w, "ordinary", f.OrdinaryConfusions())
}

// writeSettings says what is found where people meet pictures besides alone.
func writeSettings(w io.Writer, f Fitted) {
	if len(f.Settings) == 0 {
		return
	}
	fmt.Fprintln(w, "| at a budget of | | clear dreams | found alone | found there | photographs there | wrong |\n|---|---|---|---|---|---|---|")
	for _, n := range SettingBudgets {
		for _, k := range Settled(f.Settings, f.Head.Likely(1/n)) {
			fmt.Fprintf(w, "| 1 in %g | %s | %d | %d | %d | %d | %d |\n", n, k.Setting, k.Dreams, k.Alone, k.Set, k.Photographs, k.Wrong)
		}
	}
}

// writeKinds says which kinds are taken for dreams.
func writeKinds(w io.Writer, f Fitted) {
	writeConfusions(w, "kind", Confusions(f.Head, f.Samples, f.Scores))
}

func writeConfusions(w io.Writer, title string, all []Confusion) {
	fmt.Fprintf(w, "| %s | pictures | certain | likely | highest score |\n|---|---|---|---|---|\n", title)
	for _, c := range all {
		kind := c.Kind
		for class, name := range classes {
			if rest, ok := strings.CutSuffix(kind, " "+class); ok {
				kind = rest + " " + name
				break
			}
		}
		fmt.Fprintf(w, "| %s | %d | %d | %d | %.3f |\n", kind, c.N, c.Certain, c.Likely, c.Worst)
	}
}
