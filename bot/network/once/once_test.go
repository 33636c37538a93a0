package once_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/bot/network/once"
)

func TestAnAnswerIsAskedForUntilItIsGivenAndNeverAgain(t *testing.T) {
	var v once.Value[string]
	asked := 0
	ask := func() (string, error) {
		if asked++; asked < 3 {
			return "", errors.New("away")
		}
		return "here", nil
	}
	for i, want := range []string{"", "", "here", "here", "here"} {
		got, err := v.Get(t.Context(), ask)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("call %d: %q, %v; want %q", i, got, err, want)
		}
	}
	if asked != 3 {
		t.Errorf("asked %d times", asked)
	}
}

func TestWhoHasNoTimeDoesNotWaitForWhoAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var v once.Value[string]
		slow := make(chan error, 1)
		go func() {
			_, err := v.Get(t.Context(), func() (string, error) { time.Sleep(time.Hour); return "here", nil })
			slow <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		never := func() (string, error) { t.Error("asked twice"); return "", nil }
		if got, err := v.Get(ctx, never); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%q, %v after %v", got, err, time.Since(start))
		}
		if got, err := v.Get(t.Context(), never); got != "here" || err != nil || <-slow != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}
