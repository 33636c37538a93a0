package store

import (
	"bytes"
	"fmt"
	"time"
)

// Render stores a finished reply with its pictures; the worker is done with the job. A reply
// without pictures needs no upload.
func (a *Jobs) Render(id, owner string, reply []byte, blobs map[string][]byte) error {
	to := Rendered
	if len(blobs) == 0 {
		to = Uploaded
	}
	_, err := a.move(id, to, held(owner, func(tx *tx, j *Job) error {
		if j.Attempts > MaxAttempts {
			return fmt.Errorf("%d attempts: %w", j.Attempts, ErrState)
		}
		j.Reply, j.MediaIDs, j.NotBefore, j.Deaths, j.Cut = reply, nil, time.Time{}, 0, 0
		for name, data := range blobs {
			if err := tx.Bucket(blobBucket).Put(key(id, name), data); err != nil {
				return fmt.Errorf("store picture %s: %w", name, err)
			}
		}
		return unlease(tx, j)
	}))
	return err
}

// Blob reads a picture of an unposted reply.
func (a *Jobs) Blob(id, name string) (data []byte, err error) {
	err = a.s.view(func(tx *tx) error {
		if _, err := a.load(tx, id); err != nil {
			return err
		}
		v := tx.Bucket(blobBucket).Get(key(id, name))
		if v == nil {
			return fmt.Errorf("picture %s of job %s: %w", name, id, ErrNotFound)
		}
		data = bytes.Clone(v)
		return nil
	})
	return data, err
}

func dropBlobs(tx *tx, id string) error {
	if err := dropKeys(tx.Bucket(blobBucket), prefix(id)); err != nil {
		return fmt.Errorf("drop the pictures of job %s: %w", id, err)
	}
	return nil
}

// NextOut is the reply whose next step is due first. Without one, ok is false and next is
// when one will be, zero for an empty outbox.
func (a *Jobs) NextOut() (job Job, next time.Time, ok bool, err error) {
	err = a.s.view(func(tx *tx) error {
		var id []byte
		id, next = first(tx, line(outPhase, a.who, ""))
		if id == nil || next.After(tx.now) {
			return nil
		}
		ok = true
		job, err = load(tx, id)
		return err
	})
	return job, next, ok && err == nil, err
}

// Delay puts the next step of a reply off.
func (a *Jobs) Delay(id string, until time.Time) error {
	_, err := a.edit(id, func(_ *tx, j *Job) error {
		if j.State.Finished() {
			return ErrState
		}
		j.NotBefore = until
		return nil
	})
	return err
}

// Uploaded stores the ids under which the server has the pictures.
func (a *Jobs) Uploaded(id string, media []string) error {
	_, err := a.move(id, Uploaded, from(Rendered), func(_ *tx, j *Job) error {
		j.MediaIDs, j.NotBefore = media, time.Time{}
		return nil
	})
	return err
}

// Reword replaces a reply whose pictures the server will not have by one in words.
func (a *Jobs) Reword(id string, reply []byte) error {
	_, err := a.move(id, Uploaded, from(Rendered), func(tx *tx, j *Job) error {
		j.Reply, j.MediaIDs, j.NotBefore = reply, nil, time.Time{}
		return dropBlobs(tx, id)
	})
	return err
}

// Reupload goes back to before the upload: the server no longer knows the pictures.
func (a *Jobs) Reupload(id string) error {
	_, err := a.move(id, Rendered, from(Uploaded, Posting), func(_ *tx, j *Job) error { j.MediaIDs = nil; return nil })
	return err
}

// StartPost says that the request is about to leave. It must be durable before it does.
func (a *Jobs) StartPost(id, postKey string) error {
	_, err := a.move(id, Posting, func(tx *tx, j *Job) error {
		j.PostKey, j.NotBefore = postKey, time.Time{}
		if j.PostStart.IsZero() { // of the first try: what is looked up may be as old
			j.PostStart = tx.now
		}
		return nil
	})
	return err
}

// Uncertain says that nobody knows whether the reply was posted; it is looked up at the given
// time.
func (a *Jobs) Uncertain(id string, lookUp time.Time) error {
	_, err := a.move(id, Uncertain, func(_ *tx, j *Job) error { j.NotBefore = lookUp; return nil })
	return err
}

// Unpost says that the reply was surely not posted; the next try is at the given time.
func (a *Jobs) Unpost(id string, at time.Time) error {
	_, err := a.move(id, Uploaded, from(Posting, Uncertain), func(_ *tx, j *Job) error { j.NotBefore = at; return nil })
	return err
}

// Posted ends a job: the reply is out under the given id. The reply is stored once more, now
// with what only the server knew, and so are the dreams in it.
func (a *Jobs) Posted(id, postID string, reply []byte, dreams ...Dream) error {
	_, err := a.move(id, Posted, func(tx *tx, j *Job) error {
		j.PostID, j.Reply = postID, reply
		for _, d := range dreams {
			if err := putDream(tx, j, d); err != nil {
				return err
			}
		}
		return tx.Bucket(postBucket).Put(sourceKey(a.who, postID), []byte(id))
	})
	return err
}

// Retract notes on a posted job why its reply was deleted. The job stays Posted: it was
// answered, and is not answered again.
func (a *Jobs) Retract(by Actor, id, reason string) error {
	_, err := a.edit(id, func(tx *tx, j *Job) error {
		if j.State != Posted {
			return ErrState
		}
		j.Reason = reason
		if err := unshow(tx, j.Bot, func(d Dream) bool { return d.Job == j.ID }); err != nil {
			return err
		}
		return audited(by, AnswerDeleted, reason)(tx, j)
	})
	return err
}
