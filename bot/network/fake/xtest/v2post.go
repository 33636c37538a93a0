package xtest

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"
)

func postRoutes() []route {
	return []route{
		{"GET /2/tweets", (*call).postsByID},
		{"GET /2/tweets/{id}", (*call).onePost},
		{"POST /2/tweets", (*call).createPost},
		{"DELETE /2/tweets/{id}", (*call).deletePost},
		{"GET /2/users/{id}/mentions", (*call).mentionsOf},
		{"GET /2/users/{id}/tweets", (*call).postsOf},
		{"GET /2/users/{id}/timelines/reverse_chronological", (*call).home},
	}
}

// lookup sorts ids into posts and errors beside the answer.
func (c *call) lookup(parameter string, ids []string) (found []*post, errs []object) {
	for _, id := range ids {
		p := c.s.postByID[id]
		switch {
		case p == nil || p.deleted:
			errs = append(errs, missing("tweet", parameter, id))
		case !c.user.sees(p.author):
			errs = append(errs, unseen("tweet", parameter, id))
		default:
			found = append(found, p)
		}
	}
	return found, errs
}

func (c *call) onePost() (any, error) {
	if err := c.ask(); err != nil {
		return nil, err
	}
	found, errs := c.lookup("id", []string{c.r.PathValue("id")})
	if len(found) == 0 {
		return object{"errors": errs}, nil
	}
	out := c.with(found, nil)
	out["data"] = c.asked.status(found[0])
	return out, nil
}

func (c *call) postsByID() (any, error) {
	if err := c.ask("ids"); err != nil {
		return nil, err
	}
	ids := strings.Split(c.query.Get("ids"), ",")
	if len(ids) > 100 || ids[0] == "" {
		return nil, invalid("ids", "", "The number of values in the `ids` query parameter list is not between 1 and 100")
	}
	found, errs := c.lookup("ids", ids)
	out := c.with(found, nil)
	if len(errs) > 0 {
		out["errors"] = errs
	}
	return out, nil
}

// with is an answer that lists posts, with what the call wants to come along.
func (c *call) with(list []*post, meta object) object {
	a := c.asked
	out, users, extra, pictures := object{}, []*account{}, []*post{}, []*media{}
	add := func(p *post, author, attached bool) {
		if author && !slices.Contains(users, p.author) {
			users = append(users, p.author)
		}
		for _, m := range p.media {
			if attached && !slices.Contains(pictures, m) {
				pictures = append(pictures, m)
			}
		}
	}
	var data []object
	for _, p := range list {
		data = append(data, a.status(p))
		add(p, a.expand["author_id"], a.expand["attachments.media_keys"])
		for _, q := range []*post{c.s.postByID[p.parent], p.quote, p.repost} {
			if q == nil || q.deleted || !c.user.sees(q.author) || !a.expand["referenced_tweets.id"] && !a.expand["referenced_posts"] {
				continue
			}
			if !slices.Contains(extra, q) {
				extra = append(extra, q)
			}
			add(q, a.expand["referenced_tweets.id.author_id"], a.expand["referenced_tweets.id.attachments.media_keys"])
		}
	}
	if len(data) > 0 {
		out["data"] = data
	}
	if meta != nil {
		out["meta"] = meta
	}
	includes := object{}
	include(includes, "users", users, a.account)
	include(includes, a.v.included, extra, a.status)
	include(includes, "media", pictures, func(m *media) object { return a.media(m, c.base()) })
	if len(includes) > 0 {
		out["includes"] = includes
	}
	own := 0 // of the app owner's own lists
	if c.owned() && (strings.HasSuffix(c.route, "/mentions") || strings.HasSuffix(c.route, "/{id}/tweets")) && c.r.PathValue("id") == c.user.id {
		own = len(list)
	}
	c.use(OwnedRead, own)
	c.use(PostRead, len(list)-own)
	c.use(ExtraPost, len(extra))
	c.use(ExtraUser, len(users))
	return out
}

func include[T any](includes object, name string, list []T, shown func(T) object) {
	var out []object
	for _, one := range list {
		out = append(out, shown(one))
	}
	if len(out) > 0 {
		includes[name] = out
	}
}

// timeline answers with a page of posts, newest first. Lists end after so many.
func (c *call) timeline(least, most int, keep func(*post) bool) (any, error) {
	if err := c.ask("since_id", "until_id", "max_results", "pagination_token", "start_time", "end_time", "exclude"); err != nil {
		return nil, err
	}
	n, err := c.number("max_results", least, 100, min(100, max(least, 10)))
	if err != nil {
		return nil, err
	}
	start, err := c.time("start_time")
	if err != nil {
		return nil, err
	}
	var list []*post
	for _, p := range slices.Backward(c.s.posts) {
		if !p.deleted && c.user.sees(p.author) && keep(p) {
			list = append(list, p)
		}
	}
	list = list[:min(len(list), most)]
	since, until := c.query.Get("since_id"), c.query.Get("until_id")
	from, err := c.token()
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(p *post) bool {
		return since != "" && !before(since, p.id) || until != "" && !before(p.id, until) || from != "" && !before(p.id, from) || p.created.Before(start)
	})
	page := list[:min(len(list), n)]
	meta := object{"result_count": len(page)}
	if len(page) > 0 {
		meta["newest_id"], meta["oldest_id"] = page[0].id, page[len(page)-1].id
	}
	if len(list) > n {
		meta["next_token"] = base64.RawURLEncoding.EncodeToString([]byte("before " + page[len(page)-1].id))
	}
	return c.with(page, meta), nil
}

// token is the id a page begins before, "" for the first page.
func (c *call) token() (string, error) {
	text := c.query.Get("pagination_token")
	if text == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	id, ok := strings.CutPrefix(string(raw), "before ")
	if err != nil || !ok {
		return "", invalid("pagination_token", text, "The pagination_token is not valid")
	}
	return id, nil
}

func (c *call) time(name string) (time.Time, error) {
	text := c.query.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || !strings.HasSuffix(text, "Z") {
		return t, invalid(name, text, "The `"+name+"` query parameter value ["+text+"] is not a valid RFC3339 timestamp")
	}
	return t, nil
}

// How far back timelines go.
const (
	mentionsKept = 800
	postsKept    = 3200
)

func (c *call) mentionsOf() (any, error) {
	whose := c.s.byID(c.r.PathValue("id"))
	return c.timeline(5, mentionsKept, func(p *post) bool { return p.names(whose) && p.author != whose })
}

func (c *call) postsOf() (any, error) {
	whose := c.s.byID(c.r.PathValue("id"))
	without := c.query.Get("exclude")
	return c.timeline(5, postsKept, func(p *post) bool {
		return p.author == whose && c.s.now().Sub(p.created) >= c.s.opt.Lag && !(strings.Contains(without, "retweets") && p.repost != nil)
	})
}

// home has the posts of those who are followed, muted ones too.
func (c *call) home() (any, error) {
	return c.timeline(1, mentionsKept, func(p *post) bool { return p.author == c.user || c.user.follows[p.author] })
}

func (c *call) createPost() (any, error) {
	var in struct {
		Text  string `json:"text"`
		Media *struct {
			IDs []string `json:"media_ids"`
		} `json:"media"`
		Reply *struct {
			To      string   `json:"in_reply_to_tweet_id"`
			Exclude []string `json:"exclude_reply_user_ids"`
		} `json:"reply"`
		Quote string `json:"quote_tweet_id"`
		AI    bool   `json:"made_with_ai"`
	}
	if err := c.into(&in); err != nil {
		return nil, err
	}
	d := draft{text: in.Text, quote: in.Quote, ai: in.AI}
	if in.Reply != nil {
		d.parent = in.Reply.To
	}
	if in.Media != nil {
		var err error
		if d.media, err = c.attachments(in.Media.IDs); err != nil {
			return nil, err
		}
	}
	p, err := c.submit(d)
	if err != nil {
		return nil, err
	}
	c.code = http.StatusCreated
	text, _ := p.display()
	return object{"data": object{"id": p.id, "text": text, c.vocabulary().history: []string{p.id}}}, nil
}

// submit posts under all rules and counts what it costs.
func (c *call) submit(d draft) (*post, error) {
	if err := c.s.admit(c.user, d); err != nil {
		return nil, err
	}
	p, err := c.s.publish(c.user, d)
	if err != nil {
		return nil, err
	}
	switch parent := c.s.postByID[p.parent]; {
	case len(p.links) > 0:
		c.use(PostedURL, 1)
	case parent != nil && parent.names(c.user):
		c.use(Summoned, 1)
	default:
		c.use(Posted, 1)
	}
	return p, nil
}

func (c *call) deletePost() (any, error) {
	p := c.s.postByID[c.r.PathValue("id")]
	switch {
	case p == nil || p.deleted:
		return nil, &problem{code: http.StatusNotFound, kind: "resource-not-found", detail: "Could not find tweet"}
	case p.author != c.user:
		return nil, fail(http.StatusForbidden, "You are not authorized to delete this Tweet.")
	}
	c.s.remove(p)
	c.use(PostDeleted, 1)
	return object{"data": object{"deleted": true}}, nil
}
