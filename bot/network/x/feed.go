package x

import (
	"context"
	"slices"
	"sync"

	"slugpuppy/bot/network"
)

// backlog is what was read of a list beyond what was asked for. X's lists are read from the new end
// and every post read costs money, so what lies between is kept, also when reading breaks off.
type backlog struct {
	mu    sync.Mutex
	after string         // the cursor it belongs to
	posts []network.Post // newest first
	whole bool           // it reaches down to the cursor
}

// longestBacklog is more posts than X goes back in any list.
const longestBacklog = 5000

// pager reads a page of a list between two ids, newest first; empty ids are no bounds.
type pager func(since, until string) (page []network.Post, more bool, err error)

// next returns the oldest posts after a cursor, at most limit, oldest first.
func (b *backlog) next(cursor string, limit int, read pager) ([]network.Post, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.after != cursor {
		b.after, b.posts, b.whole = cursor, nil, false
	}
	for !b.whole {
		until := ""
		if n := len(b.posts); n > 0 {
			until = b.posts[n-1].ID
		}
		page, more, err := read(cursor, until)
		if err != nil {
			return nil, err
		}
		if n := len(page); len(b.posts)+n > longestBacklog || n > 0 && page[n-1].ID == until {
			return nil, &network.Error{Op: "read a list", Kind: network.Transient, Err: errEndless}
		}
		b.posts = append(b.posts, page...)
		b.whole = !more || len(page) == 0
	}
	n := len(b.posts)
	out := slices.Clone(b.posts[max(0, n-limit):])
	slices.Reverse(out)
	if b.posts = b.posts[:n-len(out)]; len(out) > 0 {
		b.after = out[len(out)-1].ID
	}
	b.whole = len(b.posts) > 0 // an empty one says nothing of what comes next
	return out, nil
}

// feed is what an account is sent: its mentions and its home timeline, whichever version of the API
// they are read through. A cursor is the id of a post.
type feed struct {
	mentions, home backlog
	// page reads as much of a page of one of the account's lists as the month's money allows, at most
	// most posts and never less than least, newest first.
	page func(ctx context.Context, e endpoint, least, most int, since, until string) (posts []network.Post, more bool, err error)
	// The sizes of pages: of the smallest, with which the newest mention is found, and of the largest.
	least, most int
	// latest is how many posts of the past are read at most, since each costs money.
	latest int
}

// Mentions returns mentions after cursor, oldest first, without gaps as far back as X goes: 800.
func (f *feed) Mentions(ctx context.Context, cursor string, limit int) ([]network.Mention, error) {
	posts, err := f.mentions.next(cursor, limit, func(since, until string) ([]network.Post, bool, error) {
		return f.page(ctx, getMentions, f.least, f.most, since, until)
	})
	if err != nil {
		return nil, err
	}
	return asMentions(posts), nil
}

func asMentions(posts []network.Post) (ms []network.Mention) {
	for _, p := range posts {
		ms = append(ms, network.Mention{Cursor: p.ID, Post: p})
	}
	return ms
}

// Latest returns the latest mentions, oldest first, at most limit or a page of them.
func (f *feed) Latest(ctx context.Context, limit int) ([]network.Mention, error) {
	posts, _, err := f.page(ctx, getMentions, f.least, min(limit, f.most), "", "")
	slices.Reverse(posts)
	return asMentions(posts), err
}

// Newest is the id of the latest mention, "" for an account that never had one.
func (f *feed) Newest(ctx context.Context) (string, error) {
	page, _, err := f.page(ctx, getMentions, f.least, f.least, "", "")
	if err != nil || len(page) == 0 {
		return "", err
	}
	return page[0].ID, nil
}

// Home returns posts of the home timeline after cursor, oldest first without gaps as far back as X
// goes. It stops at the month's cap; what was read before that is not read again.
func (f *feed) Home(ctx context.Context, cursor string, limit int) (network.Page, error) {
	posts, err := f.home.next(cursor, limit, func(since, until string) ([]network.Post, bool, error) {
		return f.page(ctx, getHome, 1, f.most, since, until)
	})
	if err != nil || len(posts) == 0 {
		return network.Page{Next: cursor}, err
	}
	return network.Page{Posts: posts, Next: posts[len(posts)-1].ID}, nil
}

// Recent returns the latest posts of the home timeline in one page: as many as Options.Latest at most.
func (f *feed) Recent(ctx context.Context, limit int) ([]network.Page, error) {
	posts, _, err := f.page(ctx, getHome, 1, min(limit, f.latest, f.most), "", "")
	if err != nil || len(posts) == 0 {
		return nil, err
	}
	slices.Reverse(posts)
	return []network.Page{{Posts: posts, Next: posts[len(posts)-1].ID}}, nil
}
