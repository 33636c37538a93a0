package web

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"slugpuppy/bot/network/backoff"
	"slugpuppy/bot/pulse"
	"slugpuppy/bot/reply/words"
	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/picture"

	"golang.org/x/sync/errgroup"
)

// Limits of what strangers try.
const (
	tryBytes   = 8 << 20
	tryWords   = 200
	trySide    = 640              // longer side of what is dreamed
	tryTime    = 3 * time.Minute  // of work
	tryWait    = 15 * time.Minute // for a turn among the bots' dreams
	tryKeep    = 20 * time.Minute
	altRunes   = 1500
	tryWaiting = 8 // trials that wait or run, of everybody
)

var everyHeat = allowance{"heat", 2 * time.Second, 10}

// Trial is a picture somebody tries the network on.
type Trial struct {
	ID    string
	Words string
	Heard string // what was made of the words, see Wish

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced at every change
	began    time.Time
	ahead    int // how many dreams come first
	progress float64
	done     bool
	Problem  string
	Sees     string // what the network sees in it; "" until it has looked
	Score    float64
	Band     string
	Dreamed  []classifier.Guess
	Recipe   string
	alt      string
	files    map[string][]byte

	stop  context.CancelCauseFunc // ends the work; nil before it begins
	given bool                    // up, by who asked
	glance
}

// Snapshot is a trial at one moment.
type Snapshot struct {
	ID, Words, Problem string
	Heard              string // what was made of the words, where that is not what they say
	Sees               string // in the picture, "" until it has looked
	Percent, Ahead     int
	Left               time.Duration // until the dream is there; 0 when nobody can say
	Frame              int           // which picture of the dream on its way there is, 0 for none
	Done               bool
	Dreamed            []classifier.Guess
	Score              float64
	Band, Recipe       string
	Before, Map, After bool   // which pictures there are
	Clip               string // the file of a dream that moves, "" for a still
	Film               bool   // it is one for a player
	Alt                string // what to say of the dream to those who do not see it
}

func (t *Trial) snapshot() (Snapshot, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := Snapshot{ID: t.ID, Words: t.Words, Heard: t.Heard, Problem: t.Problem, Percent: int(100 * t.progress), Ahead: t.ahead,
		Done: t.done, Left: t.left(), Frame: t.frame,
		Sees: t.Sees, Dreamed: t.Dreamed, Score: t.Score, Band: t.Band, Recipe: t.Recipe}
	s.Alt = t.alt
	_, s.Before = t.files["before.jpg"]
	_, s.Map = t.files["map.jpg"]
	_, s.After = t.files["dream.jpg"]
	for _, name := range []string{"dream.gif", "dream.mp4"} {
		if t.files[name] != nil {
			s.Clip, s.Film = name, name == "dream.mp4"
		}
	}
	return s, t.changed
}

func (t *Trial) change(do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do()
	close(t.changed)
	t.changed = make(chan struct{})
}

// trials are kept in memory for a while and then forgotten.
type trials struct {
	mu   sync.Mutex
	all  map[string]*Trial
	todo chan task // has room for as many as may wait
}

// task is a picture to be worked on.
type task struct {
	trial *Trial
	img   image.Image // nil where none is needed
}

func newTrials() *trials { return &trials{all: map[string]*Trial{}, todo: make(chan task, tryWaiting)} }

// begin makes a trial, nil when too many wait.
func (t *trials) begin(words string, img image.Image) *Trial {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.forget() >= tryWaiting {
		return nil
	}
	trial := &Trial{ID: rand.Text(), Words: words, began: time.Now(), changed: make(chan struct{}),
		files: map[string][]byte{}}
	t.all[trial.ID] = trial
	t.todo <- task{trial, img}
	return trial
}

// forget forgets the trials whose time is over, and says how many are not done. The caller holds the lock.
func (t *trials) forget() (waiting int) {
	for id, old := range t.all {
		s, _ := old.snapshot()
		switch {
		case !s.Done:
			waiting++
		case time.Since(old.began) > tryKeep:
			delete(t.all, id)
		}
	}
	return waiting
}

// tidy forgets trials in time, also when nobody begins another, until ctx ends.
func (t *trials) tidy(ctx context.Context) error {
	for backoff.Sleep(ctx, time.Minute) {
		t.mu.Lock()
		t.forget()
		t.mu.Unlock()
	}
	return nil
}

func (t *trials) get(id string) *Trial {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all[id]
}

// tries is the page on which the network is tried.
type tries struct {
	Open     bool     // there is something to try
	Examples []string // of words
	Proposed []string // words that the network knows, some of them
}

// examples are words that show what can be asked for.
var examples = []string{"eyes", "more birds", "into banana", "imagine king penguin", "dive 2s", "surprise"}

func (s *Site) tryPage(v *visit) error {
	return s.show(v, "try", "Try it", tries{s.Try > 0, examples, append(slices.Clone(examples), presets()...)})
}

// tryPicture takes a picture, and works on it after the answer.
func (s *Site) tryPicture(v *visit) error {
	if s.Try < 1 {
		return refuse(http.StatusNotFound, words.NothingToTry)
	}
	if !s.limits.allow(s.address(v.r), allowance{"try", time.Hour / time.Duration(s.Try), s.Try}) {
		return refuse(http.StatusTooManyRequests, words.EnoughTried(s.Try))
	}
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, tryBytes+1<<16)
	data, err := upload(v.r)
	if err != nil {
		return err
	}
	text := strings.TrimSpace(v.r.PostFormValue("words"))
	if len(text) > tryWords {
		return refuse(http.StatusUnprocessableEntity, words.TooMuchText)
	}
	wish, err := s.Studio.Read(v.ctx(), text)
	if err != nil {
		return unread(err)
	}
	var img image.Image
	switch {
	case wish.Picture && data == nil:
		return refuse(http.StatusUnprocessableEntity, words.ChoosePicture)
	case wish.Picture:
		if img, err = s.decode(v, data); err != nil {
			return err
		}
		img = picture.Thumbnail(img, trySide)
	}
	trial := s.trials.begin(text, img)
	if trial == nil {
		return refuse(http.StatusServiceUnavailable, words.BusyPage)
	}
	trial.change(func() { trial.Heard = wish.Heard })
	return v.redirect("/try/" + trial.ID)
}

// upload is the file of a form, nil when none was chosen.
func upload(r *http.Request) ([]byte, error) {
	file, _, err := r.FormFile("picture")
	var body *http.MaxBytesError
	switch {
	case errors.As(err, &body):
		return nil, tooLarge()
	case errors.Is(err, http.ErrMissingFile):
		return nil, nil
	case err != nil:
		return nil, refuse(http.StatusUnprocessableEntity, words.ChoosePicture)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, tryBytes+1))
	switch {
	case err != nil:
		return nil, refuse(http.StatusUnprocessableEntity, words.ChoosePicture)
	case len(data) > tryBytes:
		return nil, tooLarge()
	}
	return data, nil
}

// unread is why words cannot be obeyed.
func unread(err error) error {
	if text := words.Of(err); text != "" {
		return refuse(http.StatusUnprocessableEntity, text)
	}
	return err
}

// tooLarge refuses a file that is larger than may be tried.
func tooLarge() error {
	return refuse(http.StatusRequestEntityTooLarge,
		words.Picture(&picture.Problem{Kind: picture.TooBig, What: picture.FileBytes, Max: tryBytes}))
}

// Run works on what people try, one at a time, until ctx ends.
func (s *Site) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.admins.run(ctx) })
	group.Go(func() error { return s.tryAll(ctx) })
	group.Go(func() error { return s.trials.tidy(ctx) })
	return group.Wait()
}

// tryAll makes what people ask for, one after another, until ctx ends.
func (s *Site) tryAll(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case next := <-s.trials.todo:
			s.work(ctx, next.trial, next.img)
		}
	}
}

// work does a trial: what it sees, whether it is a dream, and a dream of it.
func (s *Site) work(ctx context.Context, t *Trial, img image.Image) {
	err := pulse.Safely(func() error { return s.attempt(ctx, t, img) })
	t.change(func() {
		t.done = true
		switch {
		case err == nil:
			return
		case errors.Is(err, errGivenUp):
			t.Problem = words.GivenUp
			return
		}
		if t.Problem = words.Of(err); t.Problem == "" {
			if ctx.Err() == nil {
				s.Log.Error("a trial failed", "error", err)
			}
			t.Problem = words.TrialFailed
		}
	})
}

func (s *Site) attempt(ctx context.Context, t *Trial, img image.Image) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if given := t.work(cancel); given {
		return errGivenUp
	}
	clock := time.AfterFunc(tryTime, func() { cancel(context.DeadlineExceeded) })
	defer clock.Stop()
	if img != nil {
		if err := s.look(ctx, t, img); err != nil {
			return err
		}
	}
	waits := false
	made, err := s.Studio.Dream(ctx, img, t.Words, func(p dream.Progress) {
		switch {
		case p.Ahead > 0 && !waits:
			clock.Reset(tryWait)
		case p.Ahead == 0 && waits:
			clock.Reset(tryTime)
		}
		waits = p.Ahead > 0
		t.follow(p, time.Now())
	})
	if err != nil {
		return err
	}
	token := made.Recipe.Token()
	alt := words.Alt("", words.Made{Piece: made}, altRunes)
	still := made.Image
	if made.Clip() {
		still = made.Poster
		t.change(func() { t.files["dream."+made.File.Ext()] = made.File.Data })
	}
	t.change(func() { t.Dreamed, t.Recipe, t.alt, t.progress = made.Dreamed, token, alt, 1 })
	return t.keep("dream.jpg", still, token)
}

// look says what is in a picture, and whether it is a dream.
func (s *Site) look(ctx context.Context, t *Trial, img image.Image) error {
	if err := t.keep("before.jpg", img, ""); err != nil {
		return err
	}
	sight, err := s.Studio.See(ctx, img, 3)
	if err != nil {
		return err
	}
	verdict, err := s.Studio.Judge(ctx, img)
	if err != nil {
		return err
	}
	t.change(func() { t.Sees, t.Score, t.Band = words.See(sight), verdict.Score, string(verdict.Band) })
	warm, err := s.Studio.Heatmap(ctx, img)
	if err != nil {
		return err
	}
	return t.keep("map.jpg", warm, "")
}

// keep holds a picture for the browser; who downloads it finds the comment in it.
func (t *Trial) keep(name string, img image.Image, comment string) error {
	data, err := picture.EncodeJPEG(img, 88, comment)
	if err == nil {
		t.change(func() { t.files[name] = data })
	}
	return err
}

func (s *Site) lookUp(v *visit) (*Trial, error) {
	t := s.trials.get(v.r.PathValue("id"))
	if t == nil {
		return nil, refuse(http.StatusNotFound, words.TrialOver)
	}
	return t, nil
}

func (s *Site) trial(v *visit) error {
	t, err := s.lookUp(v)
	if err != nil {
		return err
	}
	now, _ := t.snapshot()
	return s.show(v, "trial", "Your picture", now)
}

// trialEvents sends the progress as server-sent events until the trial is done.
func (s *Site) trialEvents(v *visit) error {
	t, err := s.lookUp(v)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(v.w)
	for {
		now, changed := t.snapshot()
		data, err := json.Marshal(map[string]any{"status": now.Status(), "percent": now.Percent, "frame": now.Frame, "done": now.Done})
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(v.w, "data: %s\n\n", data); err != nil || flush.Flush() != nil || now.Done {
			return nil // the browser is gone, or has all
		}
		select {
		case <-v.ctx().Done():
			return nil
		case <-changed:
		}
	}
}

// fileTypes are those of a trial's files by how their names end.
var fileTypes = map[string]string{".jpg": "image/jpeg", ".gif": "image/gif", ".mp4": "video/mp4"}

func (s *Site) trialFile(v *visit) error {
	t, err := s.lookUp(v)
	if err != nil {
		return err
	}
	t.mu.Lock()
	data := t.files[v.r.PathValue("file")]
	t.mu.Unlock()
	if data == nil {
		return refuse(http.StatusNotFound, words.NoSuchPicture)
	}
	v.w.Header().Set("Content-Type", fileTypes[path.Ext(v.r.PathValue("file"))])
	if v.r.PathValue("file") == onItsWay {
		v.w.Header().Set("Cache-Control", "no-store")
	} else {
		v.w.Header().Set("Cache-Control", "private, max-age=600")
	}
	_, _ = v.w.Write(data) // the browser is gone: nobody to tell
	return nil
}
