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
	Entries map[string]string // post -> id of its entry
	Whole   bool              // Entries are all there are, so that one that is missing is not in it
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
	// CreateFilter makes an empty filter for the home timeline.
	CreateFilter(ctx context.Context, title string, s network.Style, lasts time.Duration) (Filter, error)
	// ChangeFilter sets the style of a filter.
	ChangeFilter(ctx context.Context, id string, s network.Style) error
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
}

// errThere is the type of ErrThere.
type errThere struct{}

func (errThere) Error() string { return "the post is in the filter already" }

// ErrThere means that a post is in a filter already.
var ErrThere error = errThere{}
