package words

import (
	"encoding/json"
	"strings"

	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// somebody is what the audit trail has instead of a name when its subscriber was forgotten.
const somebody = "a subscriber"

// Logged is a line of the operators' log in words: what was done, to what, and why. Who did it stands beside it.
func Logged(e store.Entry) string {
	e.Subject, e.Reason = Cut(counted(e.Subject), mostLink), Cut(e.Reason, mostLink)
	say, ok := logged[e.Action]
	if !ok { // of a newer version of this program
		say = func(e store.Entry) string { return strings.TrimSpace(string(e.Action)+" "+e.Subject) + why(e) }
	}
	return sentence(say(e))
}

// sentence is a text with a capital and a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// why is an entry's reason in brackets.
func why(e store.Entry) string {
	reason := e.Reason
	for _, did := range []string{"cancelled ", "deleted "} { // the sentence says so already
		reason = strings.TrimPrefix(reason, did)
	}
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// logged has a sentence for every action.
var logged = map[store.Action]func(e store.Entry) string{
	store.JobCancelled:  func(e store.Entry) string { return "cancelled request " + e.Subject + why(e) },
	store.JobHeld:       func(e store.Entry) string { return "held request " + e.Subject + " back" },
	store.JobLetGo:      func(e store.Entry) string { return "let request " + e.Subject + " go on" },
	store.JobRetried:    func(e store.Entry) string { return "put request " + e.Subject + " in line again" },
	store.AnswerDeleted: func(e store.Entry) string { return "deleted the answer to request " + e.Subject + why(e) },
	store.ConsentGiven:  consented,
	store.ListFollowed:  func(e store.Entry) string { return "followed the list " + e.Subject + " (" + e.After + ")" },
	store.ListLeft:      func(e store.Entry) string { return "unfollowed the list " + e.Subject },
	store.AdminPinned:   func(e store.Entry) string { return "let the account " + e.After + " in as the operator " + e.Subject },
	store.RuleAdded:     ruled,
	store.RuleRemoved:   unruled,
	store.UserLimited:   limited,
	store.FilterJoined:  func(e store.Entry) string { return "connected the timeline of " + e.Subject },
	store.FilterChanged: func(e store.Entry) string { return "changed the filter of " + e.Subject + why(e) },
	store.FilterLeft:    func(e store.Entry) string { return "forgot " + e.Subject },
	store.PostsReturned: func(e store.Entry) string { return "let " + postsOf(e) + " be shown again" + why(e) },
	store.PostsHidden:   func(e store.Entry) string { return "hid " + postsOf(e) + " again" + why(e) },
	store.PostsCalled:   calledPosts,
	store.MoveBegun:     func(e store.Entry) string { return "began to move " + e.Subject + " to " + e.Reason },
	store.MoveHanded:    func(e store.Entry) string { return "handed " + e.Subject + " over to " + e.Reason },
	store.MoveReturned:  func(e store.Entry) string { return "kept " + e.Subject + ", who was to move to " + e.Reason },
	store.MoveDone:      func(e store.Entry) string { return "forgot " + e.Subject + ", whom " + e.Reason + " has now" },
	store.MoveArrived:   func(e store.Entry) string { return "received " + e.Subject + " from " + e.Reason },
	store.MoveSettled:   func(e store.Entry) string { return "took " + e.Subject + " over from " + e.Reason },
	store.MoveDeclined:  func(e store.Entry) string { return "declined " + e.Subject },
	store.MoveTakenOver: func(e store.Entry) string { return "forgot " + e.Subject + ", whom " + e.Reason + " took over" },
}

// consented is a word on whether somebody's pictures may be dreamed, or shown.
func consented(e store.Entry) string {
	said := "said no to "
	if e.After == "true" {
		said = "said yes to "
	}
	switch e.Subject {
	case store.Everything:
		return said + "dreams of all their pictures" + why(e)
	case store.Gallery:
		return said + "the gallery" + why(e)
	}
	return said + "a dream of post " + e.Subject + why(e)
}

// effect is what a rule of an entry does, "" where nobody remembers.
func effect(rule string) string {
	var r store.Rule
	if json.Unmarshal([]byte(rule), &r) != nil {
		return ""
	}
	return r.Effect
}

func ruled(e store.Entry) string {
	did := map[string]string{"allow": "allowed ", "deny": "denied "}[effect(e.After)]
	if did == "" {
		did = "made a rule on "
	}
	return did + e.Subject + why(e)
}

func unruled(e store.Entry) string {
	did := map[string]string{"allow": "stopped allowing ", "deny": "stopped denying "}[effect(e.Before)]
	if did == "" {
		did = "removed a rule on "
	}
	return did + e.Subject + why(e)
}

// limited is how many requests somebody may have.
func limited(e store.Entry) string {
	a := store.Allowance{PerHour: -1}
	if json.Unmarshal([]byte(e.After), &a) != nil || a.PerHour < 0 {
		return "gave " + e.Subject + " the limit that everybody has" + why(e)
	}
	return "limited " + e.Subject + " to " + Requests(a.PerHour) + why(e)
}

// Requests is how many somebody may have an hour.
func Requests(n int) string {
	if n == 0 {
		return "no requests an hour"
	}
	return Count(n, "one request", "requests") + " an hour"
}

// postsOf is how many posts of whom an entry is about.
func postsOf(e store.Entry) string {
	if e.Subject == somebody {
		return "posts of " + somebody
	}
	return e.Subject
}

// calledPosts is what somebody said of posts.
func calledPosts(e store.Entry) string {
	if e.Subject == somebody {
		return "said of posts of " + somebody + " what they are"
	}
	what := map[string]string{string(timeline.CalledDream): "a dream", string(timeline.CalledNoDream): "no dream"}[e.Reason]
	switch {
	case what == "":
		return "took back what was said of " + e.Subject + why(e)
	case e.Subject == "1 post":
		return "said that 1 post is " + what
	}
	return "said that " + e.Subject + " are " + strings.TrimPrefix(what, "a ") + "s"
}
