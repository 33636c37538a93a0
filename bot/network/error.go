package network

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrorKind says what a caller may do about a failed call.
type ErrorKind int

// Kinds of failure.
const (
	Transient    ErrorKind = iota // not applied for certain; retry with backoff
	Ambiguous                     // may have been applied; look it up before any retry
	RateLimited                   // not applied; retry at RetryAt
	Unauthorized                  // token refused: stop and tell the operator
	Forbidden                     // terminal for this request
	NotFound                      // gone, private or blocked: terminal
	Rejected                      // 4xx with a reason: terminal for this request
	TooLarge                      // a file larger than was asked for: terminal for this file
)

// String is the kind's name in logs.
func (k ErrorKind) String() string {
	switch k {
	case Transient:
		return "transient"
	case Ambiguous:
		return "ambiguous"
	case RateLimited:
		return "rate limited"
	case Unauthorized:
		return "unauthorized"
	case Forbidden:
		return "forbidden"
	case NotFound:
		return "not found"
	case Rejected:
		return "rejected"
	case TooLarge:
		return "too large"
	}
	return fmt.Sprintf("kind %d", int(k))
}

// Error is the only error type an adapter returns for a failed call. KindOf, Is, RetryAt, RemedyOf and
// NoticeOf read it, however deep it is wrapped.
type Error struct {
	Op      string // such as "upload media"
	Kind    ErrorKind
	Status  int       // HTTP status, 0 when there was no answer
	RetryAt time.Time // zero when the server did not say
	Err     error     // the cause
	// Remedy is what the operator can do about it, where more is known than the kind says: no capital
	// at the beginning, no full stop at the end.
	Remedy string
	// Notice is what the people whose account it is have to know while nothing else is wrong, such as
	// that the month's money is spent: a sentence without a full stop.
	Notice string
}

// Error names the call, the kind, the status, the cause and at the end the remedy, behind a semicolon.
func (e *Error) Error() string {
	status, remedy := "", ""
	if e.Status != 0 {
		status = fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.Remedy != "" {
		remedy = "; " + e.Remedy
	}
	return fmt.Sprintf("%s: %s%s: %v%s", e.Op, e.Kind, status, e.Err, remedy)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// find is the outermost *Error in err, nil when there is none.
func find(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// KindOf says what may be done about a failed call; ok is false for an error that is no network's,
// such as the store's.
func KindOf(err error) (kind ErrorKind, ok bool) {
	if e := find(err); e != nil {
		return e.Kind, true
	}
	return Transient, false
}

// Failed says whether err is a network's at all.
func Failed(err error) bool { return find(err) != nil }

// Is says whether err is a network's, of one of these kinds.
func Is(err error, kinds ...ErrorKind) bool {
	kind, ok := KindOf(err)
	return ok && slices.Contains(kinds, kind)
}

// MayPass says whether err is a network's that may pass by itself: the server may answer later.
func MayPass(err error) bool { return Is(err, Transient, Ambiguous, RateLimited) }

// RetryAt is when a call may be made again, as the server said; ok is false when it did not.
func RetryAt(err error) (at time.Time, ok bool) {
	e := find(err)
	if e == nil || e.Kind != RateLimited || e.RetryAt.IsZero() {
		return time.Time{}, false
	}
	return e.RetryAt, true
}

// RemedyOf is what the operator can do about an error; otherwise is the answer when it does not say.
func RemedyOf(err error, otherwise string) string {
	if e := find(err); e != nil && e.Remedy != "" {
		return e.Remedy
	}
	return otherwise
}

// NoticeOf is what the people whose account it is have to know of an error, "" for nothing.
func NoticeOf(err error) string {
	if e := find(err); e != nil {
		return e.Notice
	}
	return ""
}
