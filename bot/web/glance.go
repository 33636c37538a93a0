package web

import (
	"context"
	"errors"
	"fmt"
	"image"
	"net/http"
	"time"

	"slugpuppy/bot/reply/words"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// A dream is shown on its way in pictures that a phone can load: at most five a second, of at most 100 KB.
const (
	onItsWay   = "now.jpg"
	glanceRest = 200 * time.Millisecond
	glanceSide = 480
	glanceMost = 100 << 10
)

// errGivenUp ends the work on a trial that nobody waits for any more.
var errGivenUp = errors.New("given up by who asked")

// glance is what is seen of a dream on its way.
type glance struct {
	frame  int // how many pictures there were
	shown  time.Time
	from   time.Time     // when the work began,
	before float64       // and what was done of it then
	at     time.Time     // when it was last heard of,
	told   time.Duration // and how long it was to take then; 0 where nobody could say
}

// follow notes how far a dream is, and draws it now and then.
func (t *Trial) follow(p dream.Progress, now time.Time) {
	var data []byte
	if p.Look != nil && now.Sub(t.shown) >= glanceRest { // nobody else changes when it was shown
		data = glimpse(p.Look())
	}
	t.change(func() {
		t.ahead, t.progress, t.at, t.told = p.Ahead, p.Fraction, now, p.Left
		if p.Ahead == 0 && t.from.IsZero() {
			t.from, t.before = now, p.Fraction
		}
		if data != nil {
			t.frame, t.shown, t.files[onItsWay] = t.frame+1, now, data
		}
	})
}

// glimpse is a picture as a JPEG that is quickly loaded, nil if it cannot be made.
func glimpse(img *image.NRGBA) []byte {
	fitted := picture.Thumbnail(img, glanceSide)
	for quality := 75; quality > 10; quality -= 20 {
		if data, err := picture.EncodeJPEG(fitted, quality, ""); err == nil && len(data) <= glanceMost {
			return data
		}
	}
	return nil
}

// left is how long the rest will take, as whoever dreams says, or else if it goes on as it went; 0 where nobody can say yet.
// The trial is locked.
func (t *Trial) left() time.Duration {
	if t.told > 0 && !t.done {
		return max(time.Second, (t.told - time.Since(t.at)).Round(time.Second))
	}
	done := t.progress - t.before
	if t.done || t.from.IsZero() || done < 0.03 {
		return 0
	}
	return time.Duration(float64(t.at.Sub(t.from)) * (1 - t.progress) / done).Round(time.Second)
}

// Status is how far a trial is, in words.
func (s Snapshot) Status() string {
	switch {
	case s.Ahead > 0 && s.Left > 0:
		return fmt.Sprintf("Waiting, %d before it, about %s left", s.Ahead, s.Left)
	case s.Ahead > 0:
		return fmt.Sprintf("Waiting, %d before it", s.Ahead)
	case s.Left > 0:
		return fmt.Sprintf("Dreaming, %d %%, about %s left", s.Percent, s.Left)
	}
	return fmt.Sprintf("Dreaming, %d %%", s.Percent)
}

// work takes what ends the work, and says whether the trial was given up before it began.
func (t *Trial) work(stop context.CancelCauseFunc) (given bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stop = stop
	return t.given
}

// giveUp ends a trial for who asked for it.
func (s *Site) giveUp(v *visit) error {
	t, err := s.lookUp(v)
	if err != nil {
		return err
	}
	t.mu.Lock()
	over := t.done
	t.given = true
	if t.stop != nil {
		t.stop(errGivenUp)
	}
	t.mu.Unlock()
	if over {
		return refuse(http.StatusConflict, words.TrialOver)
	}
	return v.redirect("/try")
}
