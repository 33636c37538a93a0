package network

import (
	"context"
	"errors"
	"time"
)

// Reader is somebody's own account as whoever keeps their timeline needs it. Implementations give every
// call a deadline and return *Error on failure; all but the Hider's part is safe for concurrent use.
type Reader interface {
	Facts() Facts
	Timeline
	Artists
	Posts
	Fetcher
	Hider
	Muter
}

// Named is a Reader whose server may call the account by a name of another domain, which has to agree.
type Named interface {
	// Handle is what the account may be called. Forbidden is a name that is for another server to give,
	// with a notice; an error that may pass means that the domain cannot be asked now.
	Handle(ctx context.Context) (string, error)
}

// Page is part of a home timeline.
type Page struct {
	Posts []Post // oldest first
	Next  string // the cursor after them
}

// Timeline is a home timeline. Cursors are opaque.
type Timeline interface {
	// Self is the account whose timeline it is.
	Self(ctx context.Context) (Account, error)
	// Home returns posts after cursor, oldest first without gaps, at most limit. Where Next is cursor
	// itself there are no more.
	Home(ctx context.Context, cursor string, limit int) (Page, error)
	// Recent returns the latest posts, at most limit, in pages that follow each other, oldest first.
	// An empty timeline has none.
	Recent(ctx context.Context, limit int) ([]Page, error)
	// WakeHome sends a hint whenever the timeline, or what is hidden in it, may have changed, and closes
	// the channel when ctx ends. A lost hint costs only time.
	WakeHome(ctx context.Context) <-chan struct{}
	// Edited are posts whose author changed them since it was last asked, as far as the network says so by
	// itself.
	Edited() []string
}

// Artists finds accounts and what they post.
type Artists interface {
	// Lookup finds an account by its handle.
	Lookup(ctx context.Context, handle string) (Account, error)
	// PostsOf returns an account's latest posts with pictures, newest first, without boosts.
	PostsOf(ctx context.Context, account string, limit int) ([]Post, error)
}

// Muter mutes accounts. Where Facts.MutesEnd is false, mutes last until they are ended.
type Muter interface {
	// Muted lists the accounts muted now with the time each mute ends, zero for never.
	Muted(ctx context.Context) (map[string]time.Time, error)
	// Mute mutes an account for so long, in timelines only.
	Mute(ctx context.Context, account string, d time.Duration) error
	// Unmute ends a mute; one that is not there is no error.
	Unmute(ctx context.Context, account string) error
}

// Style is how a hidden post looks.
type Style string

// Styles. Where a network cannot blur it warns.
const (
	Warn Style = "warn" // its place says why, and shows it when asked to
	Blur Style = "blur" // its pictures are blurred until asked for
	Hide Style = "hide" // nothing of it is seen
)

// Styles are how hidden posts look, by why they are hidden.
type Styles struct {
	Usual Style
	Of    map[string]Style // those that look otherwise, by why
}

// All are styles that are the same whyever a post is hidden.
func All(s Style) Styles { return Styles{Usual: s} }

// For is the style of what has a title.
func (s Styles) For(title string) Style {
	for why, style := range s.Of {
		if title == Title(why) {
			return style
		}
	}
	return s.Usual
}

// Title is what stands in place of a hidden post, with why it is hidden, such as "certain".
func Title(why string) string { return "DeepDream: " + why }

// Hider hides single posts in the account's own timeline: the post whoever boosts it, never the person.
// It hides them in places, such as a filter on the server or a list for a browser, whose names are
// opaque; whoever asks keeps the name with the post. Places are written down before they are made, so
// that a kill at any point leaves none that nobody knows of.
//
// A pass is one Hidden, then any number of Hide and Unhide, then one Tidy. Passes never overlap. What a
// network answers to a request is no proof; only what Hidden says next is.
type Hider interface {
	// Hidden reads what is hidden because of us, and finds again what got hidden though the answer was
	// lost.
	Hidden(ctx context.Context) (Hides, error)
	// Hide hides a post and returns the place; "" means not now: the next pass tries again. ErrGone means
	// that the post is no more. A post that is hidden already stays where it is.
	Hide(ctx context.Context, post, why string, s Style) (place string, err error)
	// Unhide asks for a post to be shown again; one that is not hidden is no error.
	Unhide(ctx context.Context, post string) error
	// Tidy gives everything hidden its style, does away with places that are empty or whose time is over,
	// and forgets those that Hidden reported as dismissed. asked says that the next Hidden has to confirm
	// something.
	Tidy(ctx context.Context, s Styles) (asked bool, err error)
	// Clear shows everything again and forgets all about it; nil once the network confirms it.
	Clear(ctx context.Context) error
}

// ErrGone means that a post cannot be hidden because it is no more.
var ErrGone = errors.New("the post is gone")

// Hides is what is hidden at a time.
type Hides struct {
	// None says that nothing is hidden, and that nothing we asked for can still come to be.
	None bool

	// Posts are the hidden ones with the place of each. One in a place of ours that nobody asked us to
	// hide was put there by the account's owner.
	Posts map[string]string
	// Places are those that are there. A post that is missing from one of them was taken out by the
	// account's owner, unless the post itself is gone; a place that is not there any more ended with all
	// that was in it.
	Places map[string]bool
	// Partial are places of which the network does not say all that is in them, or that are missing and may
	// only be missed: that a post is not there says nothing.
	Partial map[string]bool
	// Dismissed are places that the account's owner did away with, with how in words for the record. They
	// are reported until Tidy.
	Dismissed map[string]string
	// Idle are places that are there and hide nothing, because somebody changed them, with how in words for
	// the record. Tidy puts them right.
	Idle map[string]string
	// Unsure says that a place is missing, and that another look has to confirm it.
	Unsure bool
	// Found are posts in places that an installation before this one made. They are reported until Tidy.
	Found map[string]bool
}

// Notes keep what an adapter has to know of one account for longer than a process lives: small records
// in JSON, each under a name. Their errors are no network's and are passed on as they are.
type Notes interface {
	// All are the records by name.
	All() (map[string][]byte, error)
	// Put writes one down durably, in place of the one of that name.
	Put(name string, record []byte) error
	// Drop forgets one; one that is not there is no error.
	Drop(name string) error
}
