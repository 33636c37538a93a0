package timeline

import (
	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// Lists are antidote lists that others publish: they know pictures that are copies of dreams.
type Lists interface {
	// Match says which lists know a picture, of those that count for a subscriber.
	Match(who identity.Identity, s store.Sight) ([]Listed, error)
	// Saw is told of every post with pictures, once, which lists knew one of them, and whether that is no dream as far
	// as the eye and people can tell.
	Saw(who identity.Identity, known []Listed, against bool)
}

// Listed is a list's word that a picture is a copy of a dream.
type Listed struct {
	URL   string
	Style string // how a post with it looks when it is hidden
	Alone bool   // the subscriber trusts it against the eye's clear no
	Noted bool   // it only reports
}

// The kinds of filters for what lists know, beside those of judge.go.
const (
	listed       = "on a list"
	listedUnseen = "on a list, hidden"
)

// listedStyles are how these look.
var listedStyles = map[string]network.Style{listed: network.Warn, listedUnseen: network.Hide}

// kind is the one of what the list hides.
func (l Listed) kind() string {
	if l.Style == Hide {
		return listedUnseen
	}
	return listed
}

// open is a budget so large that whatever scores less is clearly no dream: one photograph in five scores as much, and
// of 153 faint dreams of ours, cropped and saved again, all do.
const open = 0.2

// Possible says whether a score leaves it open that a picture is a dream.
func (e *Eye) Possible(score float64) bool { return score >= e.Judge.Likely(open) }

// Sights are what was seen of a post's pictures; none where one of them is no longer known.
func (e *Eye) Sights(row store.Judged) (sights []store.Sight, err error) {
	for _, hash := range row.Pictures {
		s, ok, err := e.Known(hash)
		if err != nil || !ok {
			return nil, err
		}
		sights = append(sights, s)
	}
	return sights, nil
}

// ask asks the lists about a post's pictures. Where they cannot be read, the post is judged without them.
func (w *watcher) ask(s *seen) {
	if w.Lists == nil {
		return
	}
	s.listed = nil
	for _, sight := range s.sights {
		found, err := w.Lists.Match(w.own.Identity(), sight)
		if err != nil {
			w.Log.Error("a picture is judged without the lists", "post", s.post.ID, "error", err)
			return
		}
		s.listed = append(s.listed, found...)
	}
}

// told tells the lists what became of a post.
func (w *watcher) told(row store.Judged, s *seen) {
	if w.Lists != nil && len(s.sights) > 0 {
		w.Lists.Saw(w.own.Identity(), s.listed, row.Why == WhyNoDream || row.Why == WhyOthers || !w.Eye.Possible(row.Score))
	}
}

// byList is the list that hides a post, or would: one that may, before one that only reports. Where the eye clearly
// sees no dream, only one that its subscriber trusts so far does either.
func (e *Eye) byList(s seen, score float64) *Listed {
	var found *Listed
	for i, l := range s.listed {
		if (l.Alone || e.Possible(score)) && (found == nil || found.Noted && !l.Noted) {
			found = &s.listed[i]
		}
	}
	return found
}
