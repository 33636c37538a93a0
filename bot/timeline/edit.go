package timeline

import (
	"slices"
	"time"

	"slugpuppy/store"
)

// revise decides once more about a post that its author edited: what was said of it before was said of other
// pictures. When they are the same, nothing changes.
func (w *watcher) revise(s *seen, now store.Judged) error {
	if s.missed != nil {
		return w.postpone(s, late{})
	}
	was := *s.before
	if slices.Equal(was.Pictures, now.Pictures) {
		_, err := w.change(was.Post, func(j *store.Judged) { j.Edited = now.Edited })
		return err
	}
	w.count(now, *s)
	w.Log.Info("a post was edited and is judged again", "account", w.own.Identity(), "post", was.Post)
	_, err := w.change(was.Post, func(j *store.Judged) {
		if j.Fate != was.Fate { // somebody spoke meanwhile: another pass
			return
		}
		j.Pictures, j.Previews, j.Said, j.Edited = now.Pictures, now.Previews, now.Said, now.Edited
		judge(j, now)
		j.Fate = revised(was.Fate, now.Fate)
	})
	return err
}

// revised is the fate of a post whose pictures changed; now is that of a new one.
func revised(was, now store.Fate) store.Fate {
	hides := now == store.Wanted
	switch was {
	case store.Filed, store.Wanted:
		if hides {
			return was
		}
		return store.Unwanted
	case store.Unwanted:
		if hides {
			return store.Wanted
		}
		return was
	}
	switch {
	case hides, now == store.Noted:
		return now
	case was == store.Noted:
		return store.Returned
	}
	return was
}

// hear notes posts that the network says were edited, to be looked at with those for later.
func (w *watcher) hear() error {
	for _, id := range w.reader.Edited() {
		if err := w.put(id, late{At: time.Now()}); err != nil {
			return err
		}
	}
	return nil
}
