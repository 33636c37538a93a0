package xtest

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// vocabulary is one spelling of the names that concern posts.
type vocabulary struct {
	fields   string   // the parameter that lists fields of posts
	values   []string // of that parameter
	expand   []string // values of expansions
	refs     string   // the list of posts that a post answers, quotes or repeats
	included string   // posts that came along
	history  string
	note     string // the whole of a long post
}

var common = []string{"id", "text", "created_at", "attachments", "entities", "lang", "possibly_sensitive", "conversation_id", "public_metrics", "reply_settings", "source"}

// The guides' spelling, and the one of the specification of August 2026, in which some fields became
// expansions.
var (
	tweets = vocabulary{
		fields: "tweet.fields", refs: "referenced_tweets", included: "tweets", history: "edit_history_tweet_ids", note: "note_tweet",
		values: append([]string{"author_id", "in_reply_to_user_id", "referenced_tweets", "note_tweet", "edit_history_tweet_ids"}, common...),
		expand: []string{"author_id", "in_reply_to_user_id", "attachments.media_keys", "entities.mentions.username",
			"referenced_tweets.id", "referenced_tweets.id.author_id", "referenced_tweets.id.attachments.media_keys"},
	}
	posts = vocabulary{
		fields: "post.fields", refs: "referenced_posts", included: "posts", history: "edit_history_post_ids", note: "note_post",
		values: append([]string{"note_post", "edit_history_post_ids"}, common...),
		expand: []string{"author_id", "in_reply_to_user_id", "attachments.media_keys", "entities.mentions.username", "referenced_posts"},
	}
)

var (
	userFields = []string{"id", "name", "username", "created_at", "description", "protected", "verified", "url", "location", "public_metrics", "profile_image_url"}
	mediaNames = []string{"media_key", "type", "url", "preview_image_url", "alt_text", "width", "height", "duration_ms", "variants"}
)

// vocabulary is the spelling a call uses, of those the server takes.
func (c *call) vocabulary() vocabulary {
	switch c.s.opt.Spelling {
	case Posts:
		return posts
	case Either:
		if c.query.Has(posts.fields) || strings.Contains(c.query.Get("expansions"), posts.refs) {
			return posts
		}
	}
	return tweets
}

// asked is what a call wants to know.
type asked struct {
	v                   vocabulary
	post, user, picture map[string]bool
	expand              map[string]bool
}

// ask checks the names of a call's parameters and of the fields they list.
func (c *call) ask(parameters ...string) error {
	v := c.vocabulary()
	known := append([]string{v.fields, "user.fields", "media.fields", "expansions"}, parameters...)
	for name := range c.query {
		if !slices.Contains(known, name) && !c.s.opt.Lenient {
			return invalid(name, c.query.Get(name), fmt.Sprintf("The query parameter [%s] is not one of [%s]", name, strings.Join(known, ",")))
		}
	}
	a := &asked{v: v}
	for _, list := range []struct {
		name   string
		values []string
		to     *map[string]bool
	}{{v.fields, v.values, &a.post}, {"user.fields", userFields, &a.user}, {"media.fields", mediaNames, &a.picture}, {"expansions", v.expand, &a.expand}} {
		set, err := c.names(list.name, list.values)
		if err != nil {
			return err
		}
		*list.to = set
	}
	c.asked = a
	return nil
}

// names reads a comma-separated list of known values.
func (c *call) names(parameter string, known []string) (map[string]bool, error) {
	set := map[string]bool{}
	if !c.query.Has(parameter) {
		return set, nil
	}
	for value := range strings.SplitSeq(c.query.Get(parameter), ",") {
		switch {
		case slices.Contains(known, value):
			set[value] = true
		case !c.s.opt.Lenient:
			return nil, invalid(parameter, value, fmt.Sprintf("The `%s` query parameter value [%s] is not one of [%s]", parameter, value, strings.Join(known, ",")))
		}
	}
	return set, nil
}

// number reads a parameter that must lie in a range.
func (c *call) number(name string, low, high, otherwise int) (int, error) {
	if !c.query.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(c.query.Get(name))
	if err != nil || n < low || n > high {
		return 0, invalid(name, c.query.Get(name), fmt.Sprintf("The `%s` query parameter value [%s] is not between %d and %d", name, c.query.Get(name), low, high))
	}
	return n, nil
}

// account is a user as the call asked for it; id, name and username always come.
func (a *asked) account(u *account) object {
	out := object{"id": u.id, "name": u.display, "username": u.name}
	if a.user["created_at"] {
		out["created_at"] = u.created.UTC().Format(timeFormat)
	}
	if a.user["description"] {
		out["description"] = u.bio
	}
	if a.user["protected"] {
		out["protected"] = u.protected
	}
	return out
}

const timeFormat = "2006-01-02T15:04:05.000Z"

// authors, references say whether the call gets them, as a field or by an expansion.
func (a *asked) authors() bool { return a.post["author_id"] || a.expand["author_id"] }
func (a *asked) references() bool {
	return a.post["referenced_tweets"] || a.expand["referenced_tweets.id"] || a.expand["referenced_posts"]
}

// status is a post as the call asked for it; id and text always come.
func (a *asked) status(p *post) object {
	text, entities := p.display()
	out := object{"id": p.id, "text": text, a.v.history: []string{p.id}}
	if runes := []rune(text); len(runes) > textRunes {
		out["text"] = string(runes[:textRunes-1]) + "…"
		if a.post[a.v.note] {
			out[a.v.note] = object{"text": text, "entities": entities}
		}
	}
	optional := object{"created_at": p.created.UTC().Format(timeFormat), "lang": p.lang, "possibly_sensitive": p.sensitive, "conversation_id": p.conversation}
	for name, value := range optional {
		if a.post[name] {
			out[name] = value
		}
	}
	if a.post["entities"] && len(entities) > 0 {
		out["entities"] = entities
	}
	if keys := p.keys(); (a.post["attachments"] || a.expand["attachments.media_keys"]) && len(keys) > 0 {
		out["attachments"] = object{"media_keys": keys}
	}
	if a.authors() {
		out["author_id"] = p.author.id
	}
	if refs := p.references(); a.references() && len(refs) > 0 {
		out[a.v.refs] = refs
	}
	if (a.post["in_reply_to_user_id"] || a.expand["in_reply_to_user_id"]) && p.parentAuthor != nil {
		out["in_reply_to_user_id"] = p.parentAuthor.id
	}
	return out
}

// media is an attachment as the call asked for it.
func (a *asked) media(m *media, base string) object {
	out := object{"media_key": m.key(), "type": m.kind}
	all := object{"width": m.w, "height": m.h}
	if m.alt != "" {
		all["alt_text"] = m.alt
	}
	if m.kind == "photo" {
		all["url"] = base + m.path()
	} else {
		all["variants"] = []object{{"content_type": "video/mp4", "bit_rate": 0, "url": base + m.path()}}
		if m.still != nil {
			all["preview_image_url"] = base + "/media/" + m.id + "-still.png"
		}
	}
	for name, value := range all {
		if a.picture[name] {
			out[name] = value
		}
	}
	return out
}

// base is where media is served from.
func (c *call) base() string {
	if c.s.URL != "" {
		return c.s.URL
	}
	return (&url.URL{Scheme: "http", Host: c.r.Host}).String()
}
