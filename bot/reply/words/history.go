package words

import (
	"strings"

	"slugpuppy/store"
)

// Happened says what a change of somebody's own was, as their history lists it.
func Happened(e store.Entry) string {
	subject, _, _ := strings.Cut(e.Subject, " of ")
	back := strings.HasPrefix(e.Reason, "undo u")
	switch e.Action {
	case store.PostsCalled:
		if back {
			return "Taken back: " + subject + " as before."
		}
		return Cut(subject+" "+e.Reason, mostWhy) + "."
	case store.PostsReturned:
		if back {
			return "Taken back: " + subject + " shown again."
		}
		return subject + " returned (" + Cut(strings.TrimPrefix(e.Reason, "undo "), mostLink) + ")."
	case store.PostsHidden:
		return "Taken back: " + subject + " as before, hidden or noted."
	case store.FilterChanged:
		if back {
			return "Taken back: your choices are as before."
		}
		return "Chosen: " + Cut(e.Reason, mostWhy) + "."
	case store.RuleAdded:
		if back {
			return "Taken back: the rule on " + Cut(e.Subject, mostLink) + " is there again."
		}
		return "A rule on " + Cut(e.Subject, mostLink) + "."
	case store.RuleRemoved:
		return "No rule on " + Cut(e.Subject, mostLink) + " any more."
	case store.FilterJoined:
		return "Connected."
	}
	return Cut(e.Action+" "+e.Subject, mostWhy) + "."
}
