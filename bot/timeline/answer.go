package timeline

import (
	"errors"
	"fmt"
	"time"

	"slugpuppy/store"
)

// Answer is what came of an order: a Change, Reasons, Listing, Audit, Usage, Referral, or the *Problem
// why nothing did. It is data: package words of the bot says it to people.
type Answer any

// Change is what was done, and the token that takes it back.
type Change struct {
	Did   Did
	Sub   store.Subscriber // with the choices that hold from now on
	Posts int              // of Returned, Restored, Learned, CalledDream and CalledNoDream
	Rule  store.Rule       // of Ruled
	Undo  string
}

// Did is what was done.
type Did string

// What can be done.
const (
	Told          Did = "told" // nothing: how things are was asked
	Switched      Did = "switched"
	Paused        Did = "paused"
	ChoseHow      Did = "chose how"
	ChoseBudget   Did = "chose a budget"
	ChoseExcept   Did = "chose exceptions"
	ChoseDigest   Did = "chose a digest"
	ChoseMute     Did = "chose a mute rule"
	Unmuted       Did = "ended mutes"
	Left          Did = "left"
	Returned      Did = "returned posts"
	CalledDream   Did = "called a dream"
	CalledNoDream Did = "called no dream"
	Ruled         Did = "added a rule"
	Restored      Did = "restored posts"   // Posts were changed at once, and are as before
	Learned       Did = "learned of posts" // Posts were changed at once, and that was meant so
)

// Reasons say why a post is where it is.
type Reasons struct {
	Post   store.Judged
	Budget float64 // that is kept for the subscriber
	// Tightened says that the filter made it smaller than they chose.
	Tightened bool
}

// Listing is what is hidden or noted.
type Listing struct {
	All  int
	Rows []store.Judged // the newest of them
}

// Usage asks for the list of orders.
type Usage struct{}

// Referral is an order that cannot be obeyed by message: somebody else can.
type Referral struct {
	Verb   string // refollow or export
	Handle string // of the subscriber
}

// Digest is a report that is sent of the filter's own accord.
type Digest struct {
	Report Report
	// HidesFrom is when a filter that only looked begins to hide, if that is news; HidesNow says that
	// it has begun.
	HidesFrom time.Time
	HidesNow  bool
}

// Problem is an order that cannot be obeyed as it is written.
type Problem struct {
	Kind ProblemKind
	Name string // see the kinds
}

// ProblemKind is what is wrong with an order.
type ProblemKind string

// The kinds of problems.
const (
	NoPost      ProblemKind = "no post" // behind the words Name
	NoMode      ProblemKind = "no mode" // of the filter
	NoHow       ProblemKind = "no way to hide"
	NoException ProblemKind = "no exception"
	NoDigest    ProblemKind = "no digest"
	NoMuteRule  ProblemKind = "no mute rule"
	NoSpan      ProblemKind = "no span of time" // Name is what was written
	NoTime      ProblemKind = "no time"         // Name is what was written
	NoBudget    ProblemKind = "no budget"
	NoSelection ProblemKind = "no selection of posts" // Name is what was written
	NoSubject   ProblemKind = "no subject"            // of the order Name
	NoCount     ProblemKind = "no number"             // of posts to list
	NoAccount   ProblemKind = "no such account"       // as Name on the subscriber's server
	NoFilter    ProblemKind = "not connected"         // who asks has no filter
	NoLeave     ProblemKind = "no leave to mute"      // by the server Name
)

// Error says everything, for logs and operators.
func (p *Problem) Error() string {
	if p.Name == "" {
		return "order: " + string(p.Kind)
	}
	return fmt.Sprintf("order: %s: %q", p.Kind, p.Name)
}

func wrong(kind ProblemKind, name ...string) error {
	p := &Problem{Kind: kind}
	if len(name) > 0 {
		p.Name = name[0]
	}
	return p
}

// Misread says whether an error is a word of a command that cannot be read.
func Misread(err error) bool {
	var p *Problem
	return errors.As(err, &p)
}

// Why a post was judged as it was, as stored with it. What older versions stored is a sentence.
const (
	WhyNoDream  = "lesson: no dream" // the subscriber said so of the picture
	WhyDream    = "lesson: a dream"
	WhyOthers   = "others: no dream"
	WhyFollowed = "followed"  // the subscriber keeps posts of people they follow
	WhyListed   = "on a list" // an antidote list knows the picture
	WhyScore    = "score"     // the picture's, against the limit of the subscriber's budget
	WhyPut      = "put into the filter"
	WhyCalled   = "called a dream" // the post was, by the subscriber
	WhyUncalled = "called no dream"
	WhyFound    = "hidden before us"    // by an installation before this one
	WhyVanished = "shown again at once" // with many others: nobody knows why
	WhyRestored = "restored"            // hidden again after that, by the subscriber's word
	WhyAppeared = "hidden at once"      // with many others: nobody knows why
)
