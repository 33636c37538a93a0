package reply

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
)

// visibilities from the widest to the narrowest.
var visibilities = []network.Visibility{network.Public, network.Unlisted, network.Followers, network.Direct}

// narrower is the less visible of two; what is unknown is direct.
func narrower(a, b network.Visibility) network.Visibility {
	ia, ib := slices.Index(visibilities, a), slices.Index(visibilities, b)
	if ia < 0 || ib < 0 {
		return network.Direct
	}
	return visibilities[max(ia, ib)]
}

// say is a reply in words.
func (t *task) say(text string) outcome {
	r := t.envelope(t.post)
	r.Text = t.fit(text, r)
	return outcome{reply: &r}
}

// envelope is a reply without its contents: to the requester, no wider than unlisted or than
// any post it is about, with their content warning and language.
func (t *task) envelope(about ...network.Post) reply {
	r := reply{To: t.post, Visibility: narrower(network.Unlisted, t.post.Visibility), Language: t.post.Language}
	if t.req.Visibility != "" {
		r.Visibility = narrower(r.Visibility, network.Visibility(t.req.Visibility))
	}
	warning := t.post.Warning
	for _, p := range about {
		r.Visibility = narrower(r.Visibility, p.Visibility)
		r.Sensitive = r.Sensitive || p.Sensitive
		warning = cmp.Or(warning, p.Warning)
	}
	switch {
	case t.req.Warning != nil:
		r.Warning = *t.req.Warning
	case warning != "" && !strings.HasPrefix(strings.ToLower(warning), "re:"):
		r.Warning = "re: " + warning
	default:
		r.Warning = warning
	}
	r.Sensitive = r.Sensitive || r.Warning != ""
	return r
}

// narrowed notes that an answer is seen by fewer than was asked for.
func (t *task) narrowed(r reply) {
	if t.req.Visibility != "" && string(r.Visibility) != t.req.Visibility {
		t.leave(t.req.Without("visibility", mention.Narrower, seenBy[r.Visibility]))
	}
}

// seenBy are the visibilities as people are told of them.
var seenBy = map[network.Visibility]string{network.Public: "public", network.Unlisted: "unlisted", network.Followers: "for followers", network.Direct: "direct"}

// told adds to an answer in words what of the request nothing was made of.
func (t *task) told(out outcome, err error) (outcome, error) {
	if err != nil {
		return out, err
	}
	_, left := t.req.Wishes(mention.MaxWishes)
	t.leave(append(append(left, t.req.Left...), t.req.Unused(t.req.Verb)...))
	if out.reply != nil {
		t.narrowed(*out.reply)
	}
	text := words.Heard(t.heard, t.misunderstood())
	switch {
	case text == "":
	case out.reply != nil:
		out.reply.Text = t.fit(out.reply.Text+" "+text, *out.reply)
	case out.skip != "" && len(t.heard.Left) > 0:
		return t.say(text), nil
	}
	return out, nil
}

// fit cuts a text to what the server takes beside the requester's handle and the warning.
func (t *task) fit(text string, r reply) string {
	return words.Cut(text, t.limits.TextRunes-utf8.RuneCountInString(r.Warning+r.To.Author.Handle)-len("@ "))
}
