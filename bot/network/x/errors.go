package x

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/network"
)

// What X says with one and the same status means different things to us. Codes are v1.1's.
var (
	// The app or the account may do nothing at all: an operator must look.
	stopCodes = []int{32, 63, 64, 87, 89, 261, 326, 453}
	stopKinds = []string{"client-forbidden", "unsupported-authentication", "oauth1-permissions", "client-not-enrolled"}
	stopWords = []string{"account is suspended", "account is temporarily locked", "app permissions"}
	// Too much for now.
	limitCodes = []int{88, 185}
	limitKinds = []string{"usage-capped", "credits-depleted"}
	limitWords = []string{"daily limit", "over daily status", "creditsdepleted"}
	// The post is not there for us.
	goneCodes = []int{34, 50, 63, 144, 385}
	goneWords = []string{"deleted or not visible", "tweet that is deleted"}
	// The same words again.
	twiceCodes = []int{187}
	twiceWords = []string{"duplicate content", "status is a duplicate"}
)

func (r *refusal) says(codes []int, kinds, words []string) bool {
	if slices.Contains(codes, r.code) && r.code != 0 || slices.Contains(kinds, r.kind) {
		return true
	}
	text := strings.ToLower(r.detail)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// limited says whether something is used up that comes back: posts of the day, or credits.
func (r *refusal) limited() bool {
	return r.status == http.StatusPaymentRequired || r.status == http.StatusForbidden && r.says(limitCodes, limitKinds, limitWords)
}

// twice says whether X refuses words because we have said them before.
func (r *refusal) twice() bool {
	return r.status == http.StatusForbidden && r.says(twiceCodes, nil, twiceWords)
}

// rest is how long to leave X alone when it does not say.
func (r *refusal) rest() time.Duration {
	if r.limited() || r.kind == "usage-capped" {
		return time.Hour
	}
	return time.Minute
}

// misspelt says whether a call was refused for a name of a field.
func (r *refusal) misspelt() bool {
	return r.status == http.StatusBadRequest && (slices.ContainsFunc(r.parameters, named) ||
		strings.Contains(r.detail, ".fields") || strings.Contains(r.detail, "expansions"))
}

// of is what may be done after a refused call.
func (r *refusal) of(unsafe bool) network.ErrorKind {
	switch {
	case r.status == http.StatusTooManyRequests, r.limited():
		return network.RateLimited
	case r.status == http.StatusUnauthorized:
		return network.Unauthorized
	case r.status == http.StatusForbidden && r.says(goneCodes, nil, goneWords):
		return network.NotFound
	case r.status == http.StatusForbidden && r.says(stopCodes, stopKinds, stopWords):
		return network.Unauthorized
	case r.status == http.StatusForbidden:
		return network.Forbidden
	case r.status == http.StatusNotFound, r.status == http.StatusGone:
		return network.NotFound
	case r.status == http.StatusRequestTimeout, r.status >= 500:
		if unsafe {
			return network.Ambiguous
		}
		return network.Transient
	}
	return network.Rejected
}

// failed turns any error of a call into a *network.Error, nil into nil.
func (c *call) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	if network.Failed(err) {
		return err
	}
	e := &network.Error{Op: op, Err: err, Kind: network.Transient}
	var r *refusal
	var capped *CapError
	switch {
	case errors.As(err, &capped):
		e.Kind, e.RetryAt, e.Notice = network.RateLimited, capped.Until, capped.notice()
	case errors.As(err, &r):
		e.Kind, e.Status, e.RetryAt, e.Remedy = r.of(c.unsafe), r.status, r.until, r.remedy()
	case c.unsafe && c.sent.Load(): // no answer, or one that cannot be read
		e.Kind = network.Ambiguous
	}
	return e
}

// remedy is what an operator can do about a refusal, "" where that is not known.
func (r *refusal) remedy() string {
	switch {
	case r.code == 453:
		return `X no longer lets this app use API v1.1; set x.api = "v2"`
	case r.kind == "oauth1-permissions" || r.code == 261:
		return "give the app the permission to read and write at developer.x.com, then `slugpuppy login x` again"
	case r.kind == "client-forbidden" || r.kind == "client-not-enrolled":
		return "the app is not enrolled for this API at developer.x.com"
	case r.status == http.StatusPaymentRequired:
		return "the app's credits are used up; buy some at developer.x.com"
	}
	return ""
}

// begin makes a call whose repetition would be seen, or not.
func begin(ctx context.Context, unsafe bool, limit time.Duration) (context.Context, *call, context.CancelFunc) {
	c := &call{unsafe: unsafe}
	ctx, cancel := with(ctx, c, limit)
	return ctx, c, cancel
}
