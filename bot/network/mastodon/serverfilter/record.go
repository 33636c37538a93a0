package serverfilter

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"slugpuppy/bot/network"
)

// record is a filter of ours as it is written down: one for each reason and month.
type record struct {
	Name    string        `json:"name"`         // such as certain/2026-11
	ID      string        `json:"id,omitempty"` // the server's; "" until its creation is known
	Title   string        `json:"title"`
	Style   network.Style `json:"how"`
	Expires time.Time     `json:"expires"`
	// Before are the filters that were there before we asked for this one: what has our title
	// and is not among them is ours, though the answer got lost.
	Before  []string  `json:"before,omitempty"`
	Created time.Time `json:"created"`
	// Removing says that its deletion was asked for; it is forgotten once the server lacks it.
	Removing bool `json:"removing,omitempty"`
	// Missing is since when the server has not listed it; once is not enough.
	Missing time.Time `json:"missing,omitzero"`
	// Empty is since when it was seen empty; once is not enough, unless we took the last post out.
	Empty time.Time `json:"empty,omitzero"`
	// Found are the posts that were in it when it was taken over from an installation before this one.
	Found []string `json:"found,omitempty"`
	// Mended is how often in a row it was put right, and was wrong again when it was next looked at.
	Mended int `json:"mended,omitempty"`
}

const (
	// sooner is by how much sooner than we asked a filter may end: servers' clocks differ. What people choose
	// in their clients is far less than the months that we ask for.
	sooner = 26 * time.Hour
	// about is how far from the end of a month the end of a filter of ours may be: requests take time.
	about = 10 * time.Minute
)

// wrong says what keeps a filter from hiding anything for as long as it should, "" for nothing.
func (r record) wrong(f Filter, now time.Time) string {
	switch {
	case f.Context != nil && !slices.Contains(f.Context, Home):
		return "it no longer is for the home timeline"
	case f.Expires.IsZero() || !f.Expires.Before(r.Expires.Add(-sooner)):
		return ""
	case f.Expires.After(now):
		return "it would end too soon"
	}
	return "it has ended"
}

// works says whether a filter hides anything now.
func (f Filter) works(now time.Time) bool {
	return (f.Context == nil || slices.Contains(f.Context, Home)) && (f.Expires.IsZero() || f.Expires.After(now))
}

// madeByUs says whether a filter that no record knows was made by an installation before this one: nobody
// else makes one of this shape that ends with a month.
func (f Filter) madeByUs() bool {
	end := f.Expires.UTC().Round(24 * time.Hour)
	return f.Words == 0 && (f.Context == nil || slices.Equal(f.Context, []string{Home})) && f.Whole &&
		!f.Expires.IsZero() && end.Day() == 1 && f.Expires.Sub(end).Abs() <= about
}

// records lists what is written down, oldest first.
func (h *Hider) records() (list []record, err error) {
	all, err := h.notes.All()
	if err != nil {
		return nil, err
	}
	for name, data := range all {
		var r record
		if err := json.Unmarshal(data, &r); err != nil {
			return nil, fmt.Errorf("read the record of filter %s: %w", name, err)
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b record) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Name, b.Name)) })
	return list, nil
}

// put writes a record down.
func (h *Hider) put(r record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write the record of filter %s: %w", r.Name, err)
	}
	return h.notes.Put(r.Name, data)
}

// Filter is a filter as the server has it, anybody's.
type Filter struct {
	ID      string
	Title   string
	Style   network.Style
	Words   int               // keywords in it; ours have none; negative when the server does not say
	Context []string          // where it hides; nil where the server does not say
	Expires time.Time         // zero for never, and where the server does not say
	Entries map[string]string // post -> id of its entry
	Whole   bool              // Entries are all there are, so that one that is missing is not in it
}

// Home is the context of home timelines.
const Home = "home"

// Settings are what can be changed of a filter.
type Settings struct {
	Style network.Style
	Lasts time.Duration // from now on
}

// Server is the filters of an account that name single posts. An id in one also matches every boost of
// the post. Its errors are *network.Error, but for ErrThere.
type Server interface {
	// Blurs says whether the server knows the action blur.
	Blurs(ctx context.Context) (bool, error)
	Filters
	Entries
}

// Filters are the filters as a whole.
type Filters interface {
	// Filters lists all filters of the account, its owner's own ones too.
	Filters(ctx context.Context) ([]Filter, error)
	// CreateFilter makes an empty filter for the home timeline. Rejected may mean that there is one of that
	// title.
	CreateFilter(ctx context.Context, title string, s network.Style, lasts time.Duration) (Filter, error)
	// ChangeFilter changes a filter, and has it hide in the home timeline whatever else it does.
	ChangeFilter(ctx context.Context, id string, s Settings) error
	// DeleteFilter removes a filter; one that is gone is no error.
	DeleteFilter(ctx context.Context, id string) error
}

// Entries are the posts in filters.
type Entries interface {
	// Entries lists the posts in a filter by themselves, where the list of filters leaves them out.
	Entries(ctx context.Context, filter string) (entries map[string]string, whole bool, err error)
	// AddPost puts a post into a filter and returns the entry's id. ErrThere means that it is in it
	// already.
	AddPost(ctx context.Context, filter, post string) (entry string, err error)
	// RemovePost takes an entry out; one that is gone is no error.
	RemovePost(ctx context.Context, entry string) error
	// There says whether the account can see a post.
	There(ctx context.Context, post string) (bool, error)
}

// errThere is the type of ErrThere.
type errThere struct{}

func (errThere) Error() string { return "the post is in the filter already" }

// ErrThere means that a post is in a filter already.
var ErrThere error = errThere{}
