package dream

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"slugpuppy/classifier"
)

// Shelf has networks beside the usual one, by name.
type Shelf interface {
	List() ([]string, error)
	Open(name string) (*classifier.Network, error)
}

// Studio makes pieces with the usual network, and with another one where a recipe names it. Of the others
// it keeps the last: each takes as much memory as its file. It is safe for concurrent use.
type Studio struct {
	usual  easel
	others Shelf
	opt    Options

	mu   sync.Mutex
	last *easel // nil before another network was asked for
}

// easel is a network with what belongs to it.
type easel struct {
	name  string
	maker *Maker
	words *Vocabulary
}

// NewStudio works with a maker, and with others for the networks of a shelf.
func NewStudio(m *Maker, words *Vocabulary, others Shelf, o Options) *Studio {
	return &Studio{usual: easel{m.net.Name(), m, words}, others: others, opt: o}
}

// Make makes a piece with the network that the recipe names.
func (s *Studio) Make(ctx context.Context, o Order, report func(Progress)) (Piece, error) {
	e, err := s.find(o.Recipe.Model)
	if err != nil {
		return Piece{}, err
	}
	o.Recipe.Model = e.maker.model()
	return e.maker.Make(ctx, o, report)
}

// Expect is how long an order will take, as Maker.Expect says it; of a network that is not at hand, as long as with the usual one.
func (s *Studio) Expect(o Order) (time.Duration, error) {
	e := &s.usual
	if s.mu.Lock(); o.Recipe.Model != "" && s.last != nil && s.last.is(o.Recipe.Model) {
		e = s.last
	}
	s.mu.Unlock()
	o.Recipe.Model, o.Network = e.maker.model(), ""
	return e.maker.Expect(o)
}

// Words are those of a network by its name, or by its hash as recipes have it; "" is the usual one.
func (s *Studio) Words(model string) (*Vocabulary, error) {
	e, err := s.find(model)
	if err != nil {
		return nil, err
	}
	return e.words, nil
}

// Hash is that of the network that a recipe names.
func (s *Studio) Hash(model string) (string, error) {
	e, err := s.find(model)
	if err != nil {
		return "", err
	}
	return e.maker.net.Hash(), nil
}

// Name is what the network is called that a recipe names.
func (s *Studio) Name(model string) (string, error) {
	e, err := s.find(model)
	if err != nil {
		return "", err
	}
	return e.name, nil
}

func (e *easel) is(model string) bool {
	return strings.EqualFold(model, e.name) || model == e.maker.model()
}

// find is the network that a recipe names. The error is a *Problem where there is none.
func (s *Studio) find(model string) (*easel, error) {
	if model == "" || s.usual.is(model) {
		return &s.usual, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last != nil && s.last.is(model) {
		return s.last, nil
	}
	names, err := s.others.List()
	if err != nil {
		return nil, fmt.Errorf("look for network %q: %w", model, err)
	}
	missing := &Problem{Kind: UnknownNetwork, Name: model, Known: names}
	if isHash(model) {
		missing = &Problem{Kind: OtherNetwork, Name: model}
	}
	for _, name := range names {
		if !isHash(model) && !strings.EqualFold(model, name) {
			continue
		}
		net, err := s.others.Open(name)
		if err != nil {
			missing.Why = err.Error()
			continue
		}
		e := &easel{name, New(net, s.opt), NewVocabulary(net.Labels())}
		if e.is(model) {
			s.last = e
			return e, nil
		}
	}
	return nil, missing
}
