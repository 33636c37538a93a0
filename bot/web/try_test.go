package web

import (
	"context"
	"image"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/bot/reply/words"
	"slugpuppy/classifier/detector"
	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// slow is a studio whose dreams wait for their turn, and then take their time.
func slow(wait, work time.Duration) *Studio {
	pause := func(ctx context.Context, d time.Duration) error {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(d):
			return nil
		}
	}
	return &Studio{
		See:     func(context.Context, image.Image, int) (dream.Sight, error) { return dream.Sight{}, nil },
		Judge:   func(context.Context, image.Image) (detector.Verdict, error) { return detector.Verdict{}, nil },
		Read:    func(context.Context, string) (Wish, error) { return Wish{Picture: true}, nil },
		Words:   func() []string { return nil },
		Heatmap: func(_ context.Context, img image.Image) (image.Image, error) { return img, nil },
		Dream: func(ctx context.Context, img image.Image, _ string, report func(dream.Progress)) (dream.Piece, error) {
			report(dream.Progress{Ahead: 1})
			if err := pause(ctx, wait); err != nil {
				return dream.Piece{}, err
			}
			report(dream.Progress{Fraction: 0.1})
			return dream.Piece{Image: picture.ToNRGBA(img)}, pause(ctx, work)
		},
	}
}

func TestATrialMayWaitLongButNotWorkLong(t *testing.T) {
	for _, test := range []struct {
		name       string
		wait, work time.Duration
		made       bool
	}{
		{"at once", 0, tryTime / 2, true},
		{"after long bots' dreams", tryWait - time.Minute, tryTime - time.Minute, true},
		{"never", tryWait + time.Minute, 0, false},
		{"too much work", 0, tryTime + time.Minute, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &Site{Options: Options{Studio: slow(test.wait, test.work), Log: slog.New(slog.DiscardHandler)}, trials: newTrials()}
				ctx, stop := context.WithCancel(t.Context())
				go s.tryAll(ctx)
				trial := s.trials.begin("eyes", image.NewNRGBA(image.Rect(0, 0, 8, 8)))
				time.Sleep(time.Second)
				synctest.Wait()
				if now, _ := trial.snapshot(); test.wait > time.Second && now.Ahead != 1 {
					t.Errorf("%d are ahead, want 1", now.Ahead)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				if now, _ := trial.snapshot(); !now.Done || now.After != test.made || (now.Problem == "") != test.made {
					t.Errorf("%+v", now)
				}
				stop()
			})
		})
	}
}

func TestATrialIsForgottenAlsoWhenNobodyBeginsAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		s := &Site{Options: Options{Studio: slow(0, time.Minute), Log: slog.New(slog.DiscardHandler)}, trials: newTrials(),
			admins: &admins{store: st}}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		id := s.trials.begin("eyes", image.NewNRGBA(image.Rect(0, 0, 8, 8))).ID
		time.Sleep(tryKeep - time.Minute)
		synctest.Wait()
		if s.trials.get(id) == nil {
			t.Error("forgotten too early")
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if s.trials.get(id) != nil {
			t.Error("kept for ever")
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestNoMoreTrialsWaitThanThereIsRoomFor(t *testing.T) {
	all := newTrials()
	for i := range tryWaiting {
		if all.begin("eyes", nil) == nil {
			t.Fatalf("no room for the %d. trial", i+1)
		}
	}
	if all.begin("eyes", nil) != nil {
		t.Error("one more than there is room for")
	}
}

func TestADreamIsShownAsItGrowsAndCanBeGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		studio := slow(0, 0)
		looks := 0
		studio.Dream = func(ctx context.Context, img image.Image, _ string, report func(dream.Progress)) (dream.Piece, error) {
			for i := range 100 {
				select {
				case <-ctx.Done():
					return dream.Piece{}, context.Cause(ctx)
				case <-time.After(50 * time.Millisecond):
				}
				report(dream.Progress{Fraction: float64(i+1) / 100, Look: func() *image.NRGBA {
					looks++
					return picture.Landscape(1200, 900, 1)
				}})
			}
			return dream.Piece{Image: picture.ToNRGBA(img)}, nil
		}
		s := &Site{Options: Options{Studio: studio, Log: slog.New(slog.DiscardHandler)}, trials: newTrials()}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go s.tryAll(ctx)
		trial := s.trials.begin("eyes", image.NewNRGBA(image.Rect(0, 0, 8, 8)))
		time.Sleep(2500 * time.Millisecond)
		synctest.Wait()
		now, _ := trial.snapshot()
		if now.Frame < 10 || now.Frame > 13 || looks != now.Frame { // five a second
			t.Errorf("%d pictures in two and a half seconds, %d looks", now.Frame, looks)
		}
		if now.Left < 2*time.Second || now.Left > 3*time.Second {
			t.Errorf("%s left of five, half done", now.Left)
		}
		if data := trial.files[onItsWay]; len(data) == 0 || len(data) > glanceMost {
			t.Errorf("a picture on the way of %d bytes", len(data))
		}
		trial.mu.Lock()
		trial.stop(errGivenUp)
		trial.mu.Unlock()
		synctest.Wait()
		if now, _ := trial.snapshot(); !now.Done || now.After || now.Problem != words.GivenUp {
			t.Errorf("given up: %+v", now)
		}
	})
}

// A trial is shown whatever is there of it yet: before and after it was looked at, while it is dreamed, at its end, given up.
func TestATrialIsShownAtEveryMoment(t *testing.T) {
	pages, err := templates()
	if err != nil {
		t.Fatal(err)
	}
	const parts = 9
	for bits := range 1 << parts {
		has := func(i int) bool { return bits>>i&1 != 0 }
		s := Snapshot{ID: "1", Done: has(0), Before: has(1), After: has(2), Map: has(3), Frame: bits & 1, Score: 0.5, Band: "not sure"}
		if has(4) {
			s.Sees = "I see: tabby cat."
		}
		if has(5) {
			s.Clip, s.Film = "dream.mp4", has(6)
		}
		if has(7) {
			s.Ahead, s.Left = 2, 40*time.Second
		}
		if has(8) {
			s.Problem = words.GivenUp
		}
		var page strings.Builder
		if err := pages["trial"].ExecuteTemplate(&page, "content", struct{ Data Snapshot }{s}); err != nil {
			t.Fatalf("%+v: %v", s, err)
		}
		if waits := "Waiting, 2 before it, about 40s left"; has(7) && !s.Done && !strings.Contains(page.String(), waits) {
			t.Errorf("%+v does not say %q: %s", s, waits, page.String())
		}
		if seen := "I see: tabby cat. DeepDream: 0.5"; s.Before && has(4) && !s.After && !strings.Contains(page.String(), seen) {
			t.Errorf("%+v does not say %q: %s", s, seen, page.String())
		}
	}
}
