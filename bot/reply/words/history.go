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

// Logged is a line of the operators' log in words: what was done, to what, and why.
func Logged(action, subject, reason string) string {
	text := strings.ToUpper(action[:min(1, len(action))]) + action[min(1, len(action)):]
	if subject != "" {
		text += " " + Cut(subject, mostLink)
	}
	if reason != "" {
		text += ": " + Cut(reason, mostLink)
	}
	return text + "."
}

// JobIs says where a request is on its way.
func JobIs(id, state string, held bool) string {
	if held {
		return "Request " + id + " is held. Nothing happens to it until it is let go."
	}
	return "Request " + id + " is " + state + "."
}
