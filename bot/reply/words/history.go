package words

import (
	"strings"

	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// Happened says what a change of somebody's own was, as their history lists it.
func Happened(e store.Entry) string {
	subject, _, _ := strings.Cut(e.Subject, " of ")
	subject = counted(subject)
	back := strings.HasPrefix(e.Reason, "undo u")
	switch e.Action {
	case store.PostsCalled:
		if back {
			return "Taken back: " + subject + " as before."
		}
		return sentence(Cut(called(e), mostWhy))
	case store.PostsReturned:
		if back {
			return "Taken back: " + subject + " shown again."
		}
		return sentence(subject + " returned (" + Cut(strings.TrimPrefix(e.Reason, "undo "), mostLink) + ")")
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
	return Cut(string(e.Action)+" "+e.Subject, mostWhy) + "."
}

// counted is a number of posts in words, as they stand in the audit trail.
func counted(posts string) string {
	if rest, none := strings.CutPrefix(posts, "0 "); none {
		return "no " + rest
	}
	return posts
}

// called says of how many posts somebody said that they are dreams, or none.
func called(e store.Entry) string {
	posts := counted(e.Subject)
	several := posts != "1 post"
	switch e.Reason {
	case string(timeline.CalledDream):
		if several {
			return posts + " called dreams"
		}
		return posts + " called a dream"
	case string(timeline.CalledNoDream):
		if several {
			return posts + " called no dreams"
		}
		return posts + " called no dream"
	}
	return posts + " " + e.Reason
}

// JobIs says where a request is on its way.
func JobIs(id, state string, held bool) string {
	if held {
		return "Request " + id + " is held. Nothing happens to it until it is let go."
	}
	return "Request " + id + " is " + state + "."
}
