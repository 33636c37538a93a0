package reply

import (
	"cmp"
	"context"
	"errors"
	"image"
	"log/slog"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/backoff"
	"slugpuppy/bot/pulse"
	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// Dreamer makes pictures and clips; dream.Queue is one, and dream.Maker.
type Dreamer interface {
	Make(ctx context.Context, o dream.Order, report func(dream.Progress)) (dream.Piece, error)
}

// Reckoner knows how long orders take; dream.Queue is one.
type Reckoner interface {
	// Expect is how long an order takes once somebody works on it, 0 where nobody can say. Of the order's source the size alone
	// counts.
	Expect(o dream.Order) time.Duration
	// Backlog is when each of those who work will have done what there is now, whoever asked for it; none where nobody can say.
	Backlog() []time.Duration
}

// Seer says what is in a picture, most likely first.
type Seer func(ctx context.Context, img image.Image, k int) (dream.Sight, error)

// Decoder turns a hostile file into a picture within the decode budget. Its errors are
// *picture.Problem where the file is to blame.
type Decoder func(ctx context.Context, data []byte) (image.Image, error)

// FrameDecoder shows the frames of a hostile file one after the other, or as many as show wants; an error of show is returned as it is.
// Videos says whether it reads what servers make of GIFs.
type FrameDecoder interface {
	Frames(ctx context.Context, data []byte, show func(picture.Frame) error) error
	Videos() bool
}

// Options is what a daemon is made of. Platform, Store, Dreamer, See, Vocabulary, Decode and
// Secret are required; every other zero value means the default beside it.
type Options struct {
	Platform   network.Bot
	Store      *store.Store
	Dreamer    Dreamer
	See        Seer
	Vocabulary *dream.Vocabulary
	Reckoner   Reckoner // nil: nobody can say how long an order takes, and it is told by how long others took
	// Label is what the network that a recipe names calls a label; "" where it is not at hand. May be nil.
	Label func(model string, label int) string
	// Words are those of another network that a request or a recipe names; nil: there is no other.
	Words  func(model string) (*dream.Vocabulary, error)
	Decode Decoder
	// Frames decodes clips; nil: of a clip its first picture, or the server's still of it, is dreamed.
	Frames  FrameDecoder
	Secret  []byte // makes idempotency keys unguessable; the same for the life of the store
	Log     *slog.Logger
	Login   string   // the command that lets the bot in, as whoever reads the log is told
	Orders  Orders   // nil: there are none
	Letters *Letters // that this daemon is to carry; nil: none
	// Replied is told how long an answer took, for metrics; nil: nobody is.
	Replied func(after time.Duration)
	Pulse   *pulse.Monitor // told that the loops still turn; nil: nobody is

	// Hashtag ends answers with a dream in words.Hashtag.
	Hashtag bool
	// QueueField is the field of the profile that tells how many wait, "" for none.
	QueueField string

	Dreams     int           // pictures made at the same time; 1
	Poll       time.Duration // between looks for mentions when no hint comes; 30 s
	StaleAfter time.Duration // older mentions are recorded as skipped; 24 h
	Lease      time.Duration // how long a silent worker keeps a job; 2 min
	JobTime    time.Duration // longest a single job may take; 15 min
	ConsentFor time.Duration // how long a consent question stays open; 24 h
	Settle     time.Duration // how long a post may be in the works before it is looked up; 30 s
	SlowPost   time.Duration // a post not found this long after its request never happened; 5 min
	Sweep      time.Duration // between looks whether answered posts were deleted; 15 min
	Keep       time.Duration // how long finished jobs are remembered; 90 days
	FetchBytes int64         // largest picture file fetched; 16 MiB
	Backoff    backoff.Law   // of servers that do not answer well; 1 s to 15 min
	Caps       Caps
}

// Caps bound what one person, one thread and everybody together may ask for. Zero means the
// default beside it, negative means no limit.
type Caps struct {
	PerUserHour int // requests of one person an hour; 12
	PerThread   int // replies in one thread a day; 20
	PerPair     int // replies to one person in one thread an hour; 6
	Queue       int // unfinished jobs; 500
	Uploads     int // of the account in 30 minutes, as the server counts; 30
}

func (o Options) withDefaults() Options {
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	o.Dreams = cmp.Or(o.Dreams, 1)
	o.Poll = cmp.Or(o.Poll, 30*time.Second)
	o.StaleAfter = cmp.Or(o.StaleAfter, 24*time.Hour)
	o.Lease = cmp.Or(o.Lease, 2*time.Minute)
	o.JobTime = cmp.Or(o.JobTime, 15*time.Minute)
	o.ConsentFor = cmp.Or(o.ConsentFor, 24*time.Hour)
	o.Settle = cmp.Or(o.Settle, 30*time.Second)
	o.SlowPost = cmp.Or(o.SlowPost, 5*time.Minute)
	o.Sweep = cmp.Or(o.Sweep, 15*time.Minute)
	o.Keep = cmp.Or(o.Keep, 90*24*time.Hour)
	o.FetchBytes = cmp.Or(o.FetchBytes, 16<<20)
	o.Backoff.First = cmp.Or(o.Backoff.First, time.Second)
	o.Backoff.Longest = cmp.Or(o.Backoff.Longest, 15*time.Minute)
	o.Caps.PerUserHour = cmp.Or(o.Caps.PerUserHour, 12)
	o.Caps.PerThread = cmp.Or(o.Caps.PerThread, 20)
	o.Caps.PerPair = cmp.Or(o.Caps.PerPair, 6)
	o.Caps.Queue = cmp.Or(o.Caps.Queue, 500)
	o.Caps.Uploads = cmp.Or(o.Caps.Uploads, store.UploadBudget)
	return o
}

func (o Options) validate() error {
	switch {
	case o.Platform == nil:
		return errors.New("daemon: no platform")
	case o.Store == nil:
		return errors.New("daemon: no store")
	case o.Dreamer == nil || o.See == nil || o.Vocabulary == nil:
		return errors.New("daemon: no dreamer, no eyes or no vocabulary")
	case o.Decode == nil:
		return errors.New("daemon: no picture decoder")
	case len(o.Secret) == 0:
		return errors.New("daemon: no secret for idempotency keys")
	}
	return nil
}
