// Package timeline keeps dreams out of home timelines: it hides the post, never the person. For
// every subscriber it follows the timeline, judges pictures, writes down what is to be hidden
// and makes the server's filters agree with that. All decisions are in the store; a kill at any
// point loses none and leaves no filter that nobody owns.
package timeline

import (
	"context"
	"time"

	"slugpuppy/bot/network"
)

// Account is a subscriber's own account as the filter needs it. Implementations give every call
// a deadline and return *network.Error on failure.
type Account interface {
	Facts() network.Facts
	Self(ctx context.Context) (network.Account, error)
	// Home returns posts of the home timeline after cursor, oldest first without gaps; the cursor
	// after a post is its id.
	Home(ctx context.Context, cursor string, limit int) ([]network.Post, error)
	// Recent returns the latest posts of the home timeline, oldest first.
	Recent(ctx context.Context, limit int) ([]network.Post, error)
	// WakeHome sends a hint whenever the timeline or the filters may have changed, and closes the
	// channel when ctx ends. A lost hint costs only time.
	WakeHome(ctx context.Context) <-chan struct{}
	// Post fetches one post.
	Post(ctx context.Context, id string) (network.Post, error)
	// Lookup finds an account by its handle.
	Lookup(ctx context.Context, handle string) (network.Account, error)
	// PostsOf returns an account's latest posts with pictures, newest first, without boosts.
	PostsOf(ctx context.Context, account string, limit int) ([]network.Post, error)
	// Fetch downloads an attachment, at most limit bytes.
	Fetch(ctx context.Context, m network.Media, limit int64) ([]byte, error)

	Cabinet
	Muter
}

// Cabinet is the filters of an account that name single posts. A filed id also matches every
// boost of the post.
type Cabinet interface {
	// Blurs says whether the server knows the action blur.
	Blurs(ctx context.Context) (bool, error)
	// Filters lists all filters of the account, the subscriber's own ones too.
	Filters(ctx context.Context) ([]ServerFilter, error)
	CreateFilter(ctx context.Context, f ServerFilter, lasts time.Duration) (ServerFilter, error)
	// ChangeFilter sets the action of a filter.
	ChangeFilter(ctx context.Context, id, how string) error
	// DeleteFilter removes a filter; one that is gone is no error.
	DeleteFilter(ctx context.Context, id string) error
	// File puts a post into a filter and returns the entry's id. ErrFiled means that it is there
	// already.
	File(ctx context.Context, filter, post string) (entry string, err error)
	// Unfile takes an entry out; one that is gone is no error.
	Unfile(ctx context.Context, entry string) error
}

// Muter mutes accounts for a while.
type Muter interface {
	// Muted lists the accounts muted now, with the time it ends; zero for never.
	Muted(ctx context.Context) (map[string]time.Time, error)
	Mute(ctx context.Context, account string, d time.Duration) error
	Unmute(ctx context.Context, account string) error
}

// ServerFilter is a filter as the server has it.
type ServerFilter struct {
	ID      string
	Title   string
	How     string            // warn, blur or hide
	Context []string          // where it works, such as home
	Words   int               // keywords in it; ours have none
	Entries map[string]string // post -> id of its entry
}

// The actions of filters.
const (
	Warn = "warn"
	Blur = "blur"
	Hide = "hide"
)

// errFiled is the type of ErrFiled.
type errFiled struct{}

func (errFiled) Error() string { return "the post is in the filter already" }

// ErrFiled means that a post is in a filter already.
var ErrFiled error = errFiled{}
