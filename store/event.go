package store

import (
	"slices"
	"time"
)

// Event is something that happened to a post. What is a fate it came to, or a word of the subscriber's.
type Event struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

// Words of the subscriber's on a post; WordBack takes back what was said.
const (
	WordDream   = "called a dream"
	WordNoDream = "called no dream"
	WordBack    = "word taken back"
)

func wordOf(dream bool) string {
	if dream {
		return WordDream
	}
	return WordNoDream
}

// mostEvents bounds what is kept of one post: its first events and its last.
const mostEvents = 16

// happened writes an event down.
func (j *Judged) happened(at time.Time, what string) {
	j.Events = append(slices.Clip(j.Events), Event{at, what})
	if n := len(j.Events); n > mostEvents {
		j.Events = slices.Delete(slices.Clone(j.Events), mostEvents/2, mostEvents/2+n-mostEvents)
	}
}

// History are the events of a post, oldest first. Of a row from before they were written down it is what
// the row shows.
func (j Judged) History() []Event {
	if len(j.Events) > 0 {
		return j.Events
	}
	var all []Event
	if !j.FiledAt.IsZero() {
		all = append(all, Event{j.FiledAt, string(Filed)})
	} else if j.Fate == Noted || j.Fate == Wanted {
		all = append(all, Event{j.Seen, string(j.Fate)})
	}
	if j.Fate == TakenOut {
		all = append(all, Event{j.Changed, string(TakenOut)})
	}
	return all
}

// Found says when a post was first noted or to be hidden; ok is false when it never was.
func (j Judged) Found() (at time.Time, ok bool) {
	for _, e := range j.History() {
		switch Fate(e.What) {
		case Noted, Wanted, Filed:
			return e.At, true
		}
	}
	return time.Time{}, false
}

// Hid says whether a post was hidden, or was to be, at a time or later.
func (j Judged) Hid(since time.Time) bool {
	return slices.ContainsFunc(j.History(), func(e Event) bool {
		return !e.At.Before(since) && (Fate(e.What) == Filed || Fate(e.What) == Wanted)
	})
}

// Called is the last that the subscriber said of a post, on the page, by message or in their client, and did
// not take back: WordDream, WordNoDream or "".
func (j Judged) Called() (word string, at time.Time) {
	for _, e := range j.History() {
		switch e.What {
		case WordDream, WordNoDream:
			word, at = e.What, e.At
		case string(TakenOut):
			word, at = WordNoDream, e.At
		case WordBack:
			word, at = "", time.Time{}
		}
	}
	return word, at
}
