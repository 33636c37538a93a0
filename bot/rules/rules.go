// Package rules decides by the allow and deny lists. A list is few enough to look through
// every time; what matters is that everybody can tell which rule wins, and why.
package rules

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/store"
)

// Effect is what a rule does.
type Effect string

// The effects.
const (
	Allow Effect = "allow"
	Deny  Effect = "deny"
)

// Scope is the service a rule is about.
type Scope string

// The scopes.
const (
	Mention Scope = "mention" // answering people
	Filter  Scope = "filter"  // hiding dreams in timelines
	Both    Scope = "both"
)

// Kind is what a rule's subject is.
type Kind string

// The kinds of subjects, most specific first.
const (
	Post    Kind = "post"
	Image   Kind = "image" // hash of a picture, as `filter ls --json` shows it
	Account Kind = "account"
	Domain  Kind = "domain" // with everything below it
	Word    Kind = "word"   // a word or hashtag of the text
)

var kinds = []Kind{Post, Image, Account, Domain, Word}

// Subject is what a rule is about, in its normal form.
type Subject struct {
	Kind  Kind
	Value string
}

var (
	domainForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}(:[0-9]+)?$`)
	imageForm  = regexp.MustCompile(`^[0-9a-f]{32}$`)
	postForm   = regexp.MustCompile(`^(https?://\S+|[0-9]+|[0-9A-HJKMNP-TV-Z]{26})$`)
)

// ParseSubject reads a subject as operators write it: @name@example.social, example.social,
// #hashtag, word:something, post:ID, the
// address of a post, or image:HASH. The error is a *BadSubject.
func ParseSubject(s string) (Subject, error) {
	s = strings.TrimSpace(s)
	low := strings.ToLower(s)
	switch {
	case strings.HasPrefix(low, "post:"), strings.HasPrefix(low, "https://"), strings.HasPrefix(low, "http://"):
		if id := strings.TrimPrefix(s, "post:"); postForm.MatchString(id) {
			return Subject{Post, id}, nil
		}
	case strings.HasPrefix(low, "image:"):
		if hash := strings.TrimPrefix(low, "image:"); imageForm.MatchString(hash) {
			return Subject{Image, hash}, nil
		}
	case strings.HasPrefix(low, "#"), strings.HasPrefix(low, "word:"):
		if w := normal(strings.TrimPrefix(strings.TrimPrefix(low, "word:"), "#")); w != "" {
			return Subject{Word, w}, nil
		}
	case strings.Contains(low, "@"):
		name, domain, ok := strings.Cut(strings.TrimPrefix(low, "@"), "@")
		if ok && name != "" && domain != "" && !strings.Contains(domain, "@") && !strings.ContainsAny(low, " /") {
			return Subject{Account, name + "@" + domain}, nil
		}
	case domainForm.MatchString(strings.TrimPrefix(low, "domain:")):
		return Subject{Domain, strings.TrimPrefix(low, "domain:")}, nil
	}
	return Subject{}, &BadSubject{s}
}

// BadSubject is a text that is no subject of rules.
type BadSubject struct{ Text string }

// Error says what would be one.
func (b *BadSubject) Error() string {
	return fmt.Sprintf("cannot tell what %q is: write @name@example.social, example.social, #hashtag, word:something, post:ID or image:HASH", b.Text)
}

func normal(word string) string {
	return strings.Trim(strings.ToLower(word), "#.,:;!?\"'()[]")
}

// Event is what is decided about. Fields that are empty match nothing.
type Event struct {
	Scope  Scope
	User   identity.Identity // on whose behalf; nobody for the bot's own service
	Author string            // name@domain
	Post   string            // id
	URL    string            // of the post
	Text   string
	// Pictures are the hashes of those in the post.
	Pictures []string
}

// Decision is what the rules say of an event. Without a rule the usual happens.
type Decision struct {
	Rule *store.Rule `json:"rule,omitempty"`
	Why  string      `json:"why"`
}

// Effect is the winning rule's, "" without one.
func (d Decision) Effect() Effect {
	if d.Rule == nil {
		return ""
	}
	return Effect(d.Rule.Effect)
}

// Decide finds the rule that wins. Of all that match:
//
//  1. the most specific subject wins: post, image, account, domain (the longest), word;
//  2. then a user's own rule over one for everybody;
//  3. then a pinned rule over others;
//  4. then deny over allow;
//  5. then the newest.
func Decide(list []store.Rule, e Event, now time.Time) Decision {
	var match []store.Rule
	for _, r := range list {
		if applies(r, e, now) {
			match = append(match, r)
		}
	}
	if len(match) == 0 {
		return Decision{Why: "no rule matches"}
	}
	slices.SortStableFunc(match, func(a, b store.Rule) int {
		return cmp.Or(
			cmp.Compare(slices.Index(kinds, Kind(a.Kind)), slices.Index(kinds, Kind(b.Kind))),
			-cmp.Compare(len(a.Value)*isDomain(a), len(b.Value)*isDomain(b)),
			-cmp.Compare(flag(!a.Owner.IsZero()), flag(!b.Owner.IsZero())),
			-cmp.Compare(flag(a.Pin), flag(b.Pin)),
			-cmp.Compare(flag(a.Effect == string(Deny)), flag(b.Effect == string(Deny))),
			-a.Created.Compare(b.Created),
		)
	})
	d := Decision{Rule: &match[0], Why: fmt.Sprintf("rule %s: %s %s %s", match[0].ID, match[0].Effect, match[0].Kind, match[0].Value)}
	if match[0].Reason != "" {
		d.Why += " (" + match[0].Reason + ")"
	}
	if len(match) > 1 {
		d.Why += fmt.Sprintf("; it is before %s of %d that match", match[1].ID, len(match))
	}
	return d
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func isDomain(r store.Rule) int { return flag(Kind(r.Kind) == Domain) }

func applies(r store.Rule, e Event, now time.Time) bool {
	switch {
	case r.Scope != string(Both) && r.Scope != string(e.Scope):
		return false
	case !r.Owner.IsZero() && r.Owner != e.User:
		return false
	case !r.Until.IsZero() && now.After(r.Until):
		return false
	}
	switch Kind(r.Kind) {
	case Post:
		return r.Value == e.Post || r.Value == e.URL
	case Image:
		return slices.Contains(e.Pictures, r.Value)
	case Account:
		return strings.EqualFold(r.Value, e.Author)
	case Domain:
		_, domain, _ := strings.Cut(strings.ToLower(e.Author), "@")
		return domain == r.Value || strings.HasSuffix(domain, "."+r.Value)
	case Word:
		return slices.ContainsFunc(strings.Fields(e.Text), func(w string) bool { return normal(w) == r.Value })
	}
	return false
}
