package once_test

import (
	"errors"
	"testing"

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
		got, err := v.Get(ask)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("call %d: %q, %v; want %q", i, got, err, want)
		}
	}
	if asked != 3 {
		t.Errorf("asked %d times", asked)
	}
}
