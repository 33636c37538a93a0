package timeline

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"slices"
	"time"

	"golang.org/x/sync/singleflight"

	"slugpuppy/antidote"
	"slugpuppy/bot/network"
	"slugpuppy/bot/pulse"
	"slugpuppy/classifier/detector"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// Judge says how dreamlike a picture is.
type Judge interface {
	// Judge scores a picture from 0 to 1.
	Judge(ctx context.Context, img image.Image) (detector.Verdict, error)
	// Likely is the score from which hiding keeps a budget of wrong hides among the pictures that timelines hold, and
	// Certain the one that keeps a tenth of it.
	Likely(budget float64) float64
	Certain(budget float64) float64
	// Model names the network, the fingerprint and the head; another name is another judgement.
	Model() string
}

// Eye looks at the pictures of posts, each once for all subscribers. It is safe for concurrent
// use.
type Eye struct {
	Judge  Judge
	Store  *store.Store
	Decode func(ctx context.Context, data []byte) (image.Image, error)
	// Frames decodes clips, which are judged by their frames; nil: by their first picture, or the server's still of them.
	Frames FrameDecoder
	// FetchBytes bounds a picture's file.
	FetchBytes int64
	// Elsewhere has a file looked at by whoever is free, once for all who share that, or calls here, which looks at
	// it here; nil: all are looked at here. An error that is not here's is for now.
	Elsewhere func(ctx context.Context, data []byte, here func(context.Context) (store.Sight, error)) (store.Sight, error)
	// Looked is told how long the network took, for metrics; nil: nobody is.
	Looked func(took time.Duration)

	flights singleflight.Group
}

// FrameDecoder shows the frames of a hostile file one after the other; an error of show is returned as it is. Videos says whether
// it reads what servers make of GIFs.
type FrameDecoder interface {
	Frames(ctx context.Context, data []byte, show func(picture.Frame) error) error
	Videos() bool
}

// films says whether the frames of films can be looked at.
func (e *Eye) films() bool { return e.Frames != nil && e.Frames.Videos() }

// Budgets between which a look at the small preview does not settle a picture: from what even a
// strict subscriber hides to what a relaxed one keeps.
const (
	relaxed = 0.05
	strict  = 0.0005
)

// near says whether a score is close enough to where subscribers differ that the full picture
// is worth its download.
func (e *Eye) near(score float64) bool {
	return score >= e.Judge.Likely(relaxed) && score < e.Judge.Certain(strict)
}

// Source is where pictures come from, for one subscriber.
type Source interface {
	network.Fetcher
	// Turn waits until the subscriber may have a picture looked at that is at an address.
	Turn(ctx context.Context, address string) (done func(), err error)
	// Work has something that takes the processor's time done when it is the subscriber's turn.
	Work(ctx context.Context, do func(context.Context) error) error
}

// unseen is a picture that could not be looked at.
type unseen struct {
	err  error
	bare bool // it is the picture's fault, or ours: another try is no use
}

func (u *unseen) Error() string { return "look at a picture: " + u.err.Error() }

func (u *unseen) Unwrap() error { return u.err }

// Look judges one attachment: the server's preview, and the picture itself when the preview leaves
// doubts. What cannot be decoded is a sight too, so that it is not tried again; an *unseen is a picture
// that cannot be had now. Any other error is the store's.
func (e *Eye) Look(ctx context.Context, from Source, m network.Media) (store.Sight, error) {
	name := "url:" + digest([]byte(m.URL))
	if seen, ok, err := e.find(name); err != nil || ok {
		return seen, err
	}
	done, err := from.Turn(ctx, cmp.Or(m.PreviewURL, m.URL)) // before anybody else can come to wait for it
	if err != nil {
		return store.Sight{}, err
	}
	defer done()
	for {
		got, err, shared := e.flights.Do(name, func() (any, error) {
			if seen, ok, err := e.find(name); err != nil || ok {
				return seen, err
			}
			seen, whole, err := e.look(ctx, from, m)
			if err != nil || !whole {
				return seen, err
			}
			return seen, e.Store.Sights().Put(e.Judge.Model(), seen, name, "sha:"+seen.Picture)
		})
		_, missed := errors.AsType[*unseen](err)                               // it took too long itself
		if err != nil && shared && ctx.Err() == nil && ended(err) && !missed { // somebody else's pass ended, not ours
			continue
		}
		if err != nil {
			return store.Sight{}, err
		}
		return got.(store.Sight), nil
	}
}

// ended says whether an error is that of a context.
func ended(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errPassTime)
}

// Known finds what was seen of a picture by its hash.
func (e *Eye) Known(hash string) (store.Sight, bool, error) { return e.find("sha:" + hash) }

// unreadFor is for how long it is believed that this machine cannot read a file: its limits and programs change.
const unreadFor = 24 * time.Hour

func (e *Eye) find(name string) (store.Sight, bool, error) {
	seen, ok, err := e.Store.Sights().Find(e.Judge.Model(), name)
	if ok && seen.Here && time.Since(seen.At) > unreadFor {
		ok = false
	}
	return seen, ok, err
}

// look sees an attachment; whole is false where the server's preview has to do now, and another look may see more.
func (e *Eye) look(ctx context.Context, from Source, m network.Media) (seen store.Sight, whole bool, err error) {
	still := m.Kind == network.Still
	if m.PreviewURL == "" && !still {
		if e.films() && m.URL != "" {
			seen, err = e.see(ctx, from, m)
			return seen, true, err
		}
		return store.Sight{Unread: "a clip without a preview", Here: true, Picture: digest([]byte(m.URL))}, true, nil
	}
	first := network.Media{ID: m.ID, Kind: network.Still, URL: cmp.Or(m.PreviewURL, m.URL)}
	seen, err = e.see(ctx, from, first)
	if err != nil || first.URL == m.URL || !e.furtherLook(m.Kind, seen) {
		return seen, true, err
	}
	full, err := e.see(ctx, from, m)
	switch {
	case ctx.Err() != nil:
		return store.Sight{}, false, context.Cause(ctx)
	case err != nil:
		return seen, false, nil
	case full.Unread != "":
		return seen, !full.Here, nil // the preview was good enough for the server
	}
	return full, true, nil
}

// furtherLook says whether an attachment itself is to be looked at after its preview. The preview of a clip is one of its frames,
// often the first, which may be plain where others are dreams: a GIF is looked at whole unless that leaves no doubt, a
// video, whose download is large, where it is near.
func (e *Eye) furtherLook(kind network.MediaKind, preview store.Sight) bool {
	switch kind {
	case network.Still:
		return preview.Unread == "" && e.near(preview.Score)
	case network.Gifv:
		return e.films() && (preview.Unread != "" || preview.Score < e.Judge.Certain(strict))
	}
	return e.films() && (preview.Unread != "" || e.near(preview.Score))
}

// see downloads, decodes and judges one file.
func (e *Eye) see(ctx context.Context, from Source, m network.Media) (seen store.Sight, err error) {
	data, err := from.Fetch(ctx, m, e.FetchBytes)
	if ctx.Err() != nil {
		return store.Sight{}, context.Cause(ctx)
	}
	if network.Is(err, network.TooLarge) {
		return store.Sight{Unread: err.Error(), Here: true, Picture: digest([]byte(m.URL))}, nil
	}
	if err != nil {
		return store.Sight{}, &unseen{err: fmt.Errorf("fetch: %w", err)}
	}
	hash := digest(data)
	if seen, ok, err := e.Known(hash); err != nil || ok {
		return seen, err
	}
	seen, err = e.looked(ctx, from, hash, data)
	var missed *unseen
	switch {
	case ctx.Err() != nil:
		return store.Sight{}, context.Cause(ctx)
	case errors.As(err, &missed):
		return store.Sight{}, missed
	case err != nil:
		return store.Sight{}, &unseen{err: err, bare: !ended(err)}
	}
	return seen, nil
}

// looked has a file looked at, elsewhere or when it is the subscriber's turn here.
func (e *Eye) looked(ctx context.Context, from Source, hash string, data []byte) (store.Sight, error) {
	wasHere := false
	here := func(ctx context.Context) (seen store.Sight, err error) {
		wasHere = true
		err = from.Work(ctx, func(within context.Context) error {
			return pulse.Safely(func() error {
				seen, err = e.examine(within, hash, data)
				return err
			})
		})
		return seen, err
	}
	if e.Elsewhere == nil {
		return here(ctx)
	}
	seen, err := e.Elsewhere(ctx, data, here)
	if err != nil && !wasHere {
		err = &unseen{err: err}
	}
	seen.Picture = hash
	return seen, err
}

// Examine looks at a file for somebody else. The error is for what is not the file's fault.
func (e *Eye) Examine(ctx context.Context, data []byte) (store.Sight, error) {
	return e.examine(ctx, digest(data), data)
}

// examine decodes and judges a file.
func (e *Eye) examine(ctx context.Context, hash string, data []byte) (store.Sight, error) {
	if seen, ok, err := e.examineClip(ctx, hash, data); ok {
		return seen, err
	}
	img, err := e.Decode(ctx, data)
	if ctx.Err() != nil {
		return store.Sight{}, context.Cause(ctx)
	}
	switch {
	case picture.NotNow(err):
		return store.Sight{}, &unseen{err: fmt.Errorf("decode: %w", err)}
	case err != nil:
		return store.Sight{Unread: err.Error(), Here: ofHere(err) || picture.IsFilm(data), Picture: hash}, nil
	}
	return e.Of(ctx, hash, img)
}

// ofHere says whether an error of decoding comes of the limits of this machine, or of a fault of ours: the file may be sound.
func ofHere(err error) bool {
	var p *picture.Problem
	return errors.As(err, &p) && slices.Contains([]picture.Kind{picture.TooBig, picture.TooLong, picture.TooCostly, picture.Failed}, p.Kind)
}

// examineClip judges a file that moves by its frames; ok is false for a still, and for what it cannot decode.
func (e *Eye) examineClip(ctx context.Context, hash string, data []byte) (seen store.Sight, ok bool, err error) {
	if e.Frames == nil || !picture.Moves(data) && !(e.films() && picture.IsFilm(data)) {
		return seen, false, nil
	}
	var clip detector.Clip
	err = e.Frames.Frames(ctx, data, func(f picture.Frame) error {
		clip.Add(f.Image)
		return nil
	})
	switch {
	case ctx.Err() != nil:
		return seen, true, context.Cause(ctx)
	case picture.NotNow(err): // judged by a part of its frames it would be cached for all
		return seen, true, &unseen{err: fmt.Errorf("decode: %w", err)}
	case clip.First() == nil: // a still's decoder says why
		return seen, false, nil
	}
	seen, err = e.sight(hash, clip.First(), func() (detector.Verdict, error) { return clip.Judge(ctx, e.Judge.Judge) })
	return seen, true, err
}

// Of judges a decoded picture.
func (e *Eye) Of(ctx context.Context, hash string, img image.Image) (store.Sight, error) {
	return e.sight(hash, img, func() (detector.Verdict, error) { return e.Judge.Judge(ctx, img) })
}

// sight is what was seen of a file that begins with a picture.
func (e *Eye) sight(hash string, first image.Image, judge func() (detector.Verdict, error)) (store.Sight, error) {
	start := time.Now()
	v, err := judge()
	if e.Looked != nil {
		e.Looked(time.Since(start))
	}
	if err != nil {
		return store.Sight{}, fmt.Errorf("judge a picture: %w", err)
	}
	l := antidote.LookOf(first)
	return store.Sight{Picture: hash, Score: v.Score, Sketch: l.Sketch, PDQ: l.PDQ.String(), Quality: l.Quality, At: time.Now()}, nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}
