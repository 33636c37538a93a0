package network_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"slugpuppy/bot/network"
)

func TestWhatAnErrorSaysIsFoundHoweverDeepItIsWrapped(t *testing.T) {
	at := time.Now().Add(time.Hour)
	err := error(&network.Error{Op: "read mentions", Kind: network.RateLimited, Status: 402, RetryAt: at, Err: errors.New("spent"),
		Remedy: "buy more", Notice: "the money is spent"})
	wrapped := fmt.Errorf("look: %w", fmt.Errorf("%w: %w", errors.New("other"), err))
	if kind, ok := network.KindOf(wrapped); !ok || kind != network.RateLimited {
		t.Errorf("kind %v, %v", kind, ok)
	}
	if !network.Is(wrapped, network.NotFound, network.RateLimited) || network.Is(wrapped, network.NotFound) || !network.MayPass(wrapped) {
		t.Error("it is of another kind")
	}
	if got, ok := network.RetryAt(wrapped); !ok || !got.Equal(at) {
		t.Errorf("again at %v, %v", got, ok)
	}
	if network.RemedyOf(wrapped, "wait") != "buy more" || network.NoticeOf(wrapped) != "the money is spent" {
		t.Errorf("remedy %q, notice %q", network.RemedyOf(wrapped, "wait"), network.NoticeOf(wrapped))
	}
	if want := "read mentions: rate limited (HTTP 402): spent; buy more"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}

func TestOtherErrorsAreNobodysKind(t *testing.T) {
	for _, err := range []error{nil, errors.New("the disk is full")} {
		if _, ok := network.KindOf(err); ok || network.Failed(err) || network.Is(err, network.Transient) || network.MayPass(err) {
			t.Errorf("%v is a network's", err)
		}
		if _, ok := network.RetryAt(err); ok || network.RemedyOf(err, "wait") != "wait" || network.NoticeOf(err) != "" {
			t.Errorf("%v says something", err)
		}
	}
	silent := &network.Error{Op: "post", Kind: network.Transient, RetryAt: time.Now(), Err: errors.New("away")}
	if _, ok := network.RetryAt(silent); ok || network.RemedyOf(silent, "wait") != "wait" {
		t.Error("an error that is no limit has a time, or one without a remedy has one")
	}
}
