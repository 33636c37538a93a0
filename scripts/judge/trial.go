package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"slugpuppy/scripts/pieces"
)

// trial is what is made and who judges it.
type trial struct {
	judges      []string
	model       string
	imagine     []string
	mixes       []string
	into        []string
	seeds       int
	guides      int
	photographs string
	masks       string // folder, "" for none
}

// Report is what the judges said.
type Report struct {
	Imagine *Verdicts `json:"imagine,omitempty"`
	Mixes   *Verdicts `json:"mixes,omitempty"`
	Into    *Verdicts `json:"into,omitempty"`
	Guides  *Guides   `json:"guides,omitempty"`
	Subject *Subjects `json:"subject,omitempty"`
	Missing []string  `json:"missing,omitempty"` // pieces that were not kept where nothing was to be made
}

// Verdicts are about pictures of words: in all, by judge and by what happened to the picture, and each.
type Verdicts struct {
	Pieces int                         `json:"pieces"`
	Judges map[string]map[string]Share `json:"judges"`
	Each   []Verdict                   `json:"each"`
}

// Share is how many of the pictures have what was wanted as the first thing a judge says, and among its first five;
// of several things every one among the first five, and one of them the first.
type Share struct {
	First  float64 `json:"first"`
	InFive float64 `json:"in_five"`
}

// Verdict is about one picture: the places of its words among all that a judge says, as made.
type Verdict struct {
	Piece string           `json:"piece"`
	Ranks map[string][]int `json:"ranks"`
}

// Guides is what came of pairs of photographs of which one guided the dream of the other, against the dream without.
type Guides struct {
	Pairs   int              `json:"pairs"`
	Nearer  map[string]int   `json:"nearer"` // pairs of which the guided dream is more like the guide, by network
	Cosines map[string][]Two `json:"cosines"`
}

// Two are the cosines of a guide with a dream without it and with the dream that it guided.
type Two struct {
	Pair    string  `json:"pair"`
	Without float64 `json:"without"`
	With    float64 `json:"with"`
}

// wanted is a piece with what is to be seen in it.
type wanted struct {
	pieces.Piece
	things []string
}

func (c *trial) run(ctx context.Context, m pieces.Maker) (r Report, err error) {
	var judges []*judge
	for _, file := range c.judges {
		j, err := openJudge(file)
		if err != nil {
			return r, err
		}
		judges = append(judges, j)
	}
	photos, err := photographs(c.photographs)
	if err != nil {
		return r, err
	}
	for _, part := range []struct {
		into   **Verdicts
		pieces []wanted
	}{{&r.Imagine, c.imagined(c.imagine, false)}, {&r.Mixes, c.imagined(c.mixes, true)}, {&r.Into, c.dreamedInto(photos)}} {
		if len(part.pieces) == 0 {
			continue
		}
		if *part.into, err = r.judged(ctx, m, judges, part.pieces); err != nil {
			return r, err
		}
	}
	if c.guides > 0 {
		if !slices.Contains(c.judges, c.model) {
			own, err := openJudge(c.model)
			if err != nil {
				return r, err
			}
			judges = append(judges, own)
		}
		if r.Guides, err = r.guided(ctx, m, judges, pairs(photos, c.guides)); err != nil {
			return r, err
		}
	}
	if c.masks != "" {
		r.Subject, err = found(ctx, c.model, c.masks)
	}
	return r, err
}

// imagined are the pieces from noise.
func (c *trial) imagined(words []string, mixed bool) []wanted {
	var all []wanted
	for _, w := range words {
		things := []string{w}
		if mixed {
			things = strings.Fields(w)
		}
		for seed := range c.seeds {
			all = append(all, wanted{pieces.Piece{Verb: "imagine", Words: w, More: fmt.Sprintf("seed=%d size=448", seed+1)}, things})
		}
	}
	return all
}

func (c *trial) dreamedInto(photos []string) []wanted {
	var all []wanted
	for _, w := range c.into {
		for _, p := range photos {
			all = append(all, wanted{pieces.Piece{Verb: "dream", Of: p, Words: "into " + w, More: "seed=1 size=448"}, []string{w}})
		}
	}
	return all
}

// made makes a piece, "" where it is noted as missing.
func (r *Report) made(ctx context.Context, m pieces.Maker, p pieces.Piece) (string, error) {
	path, err := m.Make(ctx, p)
	if errors.Is(err, pieces.ErrNotKept) {
		r.Missing = append(r.Missing, p.Name())
		return "", nil
	}
	return path, err
}

// judged has every judge look at every piece and its copies.
func (r *Report) judged(ctx context.Context, m pieces.Maker, judges []*judge, all []wanted) (*Verdicts, error) {
	v := &Verdicts{Judges: map[string]map[string]Share{}}
	for _, j := range judges {
		v.Judges[j.name] = map[string]Share{}
		for _, w := range all {
			if _, err := j.classes(w.things); err != nil {
				return nil, err
			}
		}
	}
	for _, w := range all {
		path, err := r.made(ctx, m, w.Piece)
		if err != nil {
			return nil, err
		}
		if path != "" {
			if err := v.add(ctx, judges, path, w); err != nil {
				return nil, err
			}
		}
	}
	for _, by := range v.Judges {
		for name, s := range by {
			n := float64(max(1, v.Pieces))
			by[name] = Share{round(s.First / n), round(s.InFive / n)}
		}
	}
	return v, nil
}

// add counts one piece.
func (v *Verdicts) add(ctx context.Context, judges []*judge, path string, w wanted) error {
	img, _, err := pieces.Read(ctx, path)
	if err != nil {
		return err
	}
	v.Pieces++
	each := Verdict{w.Name(), map[string][]int{}}
	for i, c := range copies {
		seen, err := c.make(ctx, img)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", path, c.name, err)
		}
		for _, j := range judges {
			ranks, err := j.ranks(ctx, seen, w.things)
			if err != nil {
				return err
			}
			s := v.Judges[j.name][c.name]
			v.Judges[j.name][c.name] = s.with(ranks)
			if i == 0 {
				each.Ranks[j.name] = ranks
			}
		}
	}
	v.Each = append(v.Each, each)
	return nil
}

// with counts one more picture.
func (s Share) with(ranks []int) Share {
	first, all := false, true
	for _, r := range ranks {
		first, all = first || r == 1, all && r <= 5
	}
	if first && all {
		s.First++
	}
	if all {
		s.InFive++
	}
	return s
}

// pair is a photograph and the one that guides it.
type pair struct{ of, guide string }

// pairs are the first n of all ordered pairs, neighbours first, so that few of them have every photograph.
func pairs(photos []string, n int) []pair {
	var all []pair
	for apart := 1; apart < len(photos); apart++ {
		for i, p := range photos {
			all = append(all, pair{p, photos[(i+apart)%len(photos)]})
		}
	}
	return all[:min(n, len(all))]
}

// guided compares dreams that had a guide with those that had none.
func (r *Report) guided(ctx context.Context, m pieces.Maker, judges []*judge, all []pair) (*Guides, error) {
	g := &Guides{Nearer: map[string]int{}, Cosines: map[string][]Two{}}
	for _, p := range all {
		const more = "seed=1 size=512"
		plain, err := r.made(ctx, m, pieces.Piece{Verb: "dream", Of: p.of, Words: "slug", More: more})
		if err != nil {
			return nil, err
		}
		with, err := r.made(ctx, m, pieces.Piece{Verb: "dream", Of: p.of, Words: "slug guide", More: more, Guide: p.guide})
		if err != nil {
			return nil, err
		}
		if plain == "" || with == "" {
			continue
		}
		g.Pairs++
		for _, j := range judges {
			two, err := j.nearer(ctx, p.guide, plain, with)
			if err != nil {
				return nil, err
			}
			two.Pair = fmt.Sprintf("%s by %s", p.of, p.guide)
			g.Cosines[j.name] = append(g.Cosines[j.name], two)
			if two.With > two.Without {
				g.Nearer[j.name]++
			}
		}
	}
	return g, nil
}

// nearer is how alike two dreams are to a guide.
func (j *judge) nearer(ctx context.Context, guide, plain, with string) (Two, error) {
	to, err := j.manner(ctx, guide)
	if err != nil {
		return Two{}, err
	}
	var cosines [2]float64
	for i, path := range []string{plain, with} {
		from, err := j.manner(ctx, path)
		if err != nil {
			return Two{}, err
		}
		for layer, a := range from {
			cosines[i] += cosine(a, to[layer]) / float64(len(from))
		}
	}
	return Two{Without: round(cosines[0]), With: round(cosines[1])}, nil
}

func cosine(a, b []float64) float64 {
	ab, aa, bb := 0.0, 0.0, 0.0
	for i := range a {
		ab, aa, bb = ab+a[i]*b[i], aa+a[i]*a[i], bb+b[i]*b[i]
	}
	return ab / math.Sqrt(max(aa*bb, 1e-300))
}

func round(v float64) float64 { return math.Round(1e4*v) / 1e4 }
