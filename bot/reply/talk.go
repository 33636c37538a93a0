package reply

import (
	"context"
	"errors"
	"slices"
	"strings"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/dream"
)

// Clients put the handles of a post at the start of every answer to it, so that ours is carried along in
// talk that is not meant for us. Below an answer of ours, and in answer to a post that began with our
// handle already, the handle is no address: a post asks for something only if it begins with a command.
// This is also what ends a talk between two bots that look like people.
const talkReason = "conversation, with our handle carried along"

// chatter finds talk by what was written down of the posts above, and asks no server.
func (d *Daemon) chatter(p network.Post) (string, error) {
	if d.sure(p) {
		return "", nil
	}
	if word, err := d.word(p); word != mention.Bare || err != nil {
		return "", err
	}
	at := p
	for range ancestors {
		ours, err := d.byPost(at.ReplyTo)
		if err != nil {
			return "", err
		}
		if ours != nil {
			if at.ID == p.ID && (d.refusing(p) || d.asking(p)) {
				return "", nil
			}
			return talkReason, nil
		}
		parent, err := d.recorded(at.ReplyTo)
		if err != nil || parent == nil {
			return "", err
		}
		if at.ID == p.ID && d.inherited(p, *parent) {
			return talkReason, nil
		}
		if at = *parent; at.ReplyTo == "" {
			return "", nil
		}
	}
	return "", nil
}

// sure says whether a post is meant for us whatever stands above it.
func (d *Daemon) sure(p network.Post) bool { return p.ReplyTo == "" || d.commanding(p) }

// refusing says whether somebody tells us alone to stop, in whatever words: "stop sending me these".
func (d *Daemon) refusing(p network.Post) bool {
	req, err := d.parse(p)
	return err == nil && req.Verb == mention.Stop && len(p.Mentions) <= 1
}

// recorded is a post that mentioned us, nil when none of that id did.
func (d *Daemon) recorded(id string) (*network.Post, error) {
	job, err := d.bySource(id)
	if err != nil || job == nil {
		return nil, err
	}
	e, err := decodeEvent(*job)
	if err != nil {
		return nil, err
	}
	return &e.Post, nil
}

// talk is chatter for a post whose thread may be read.
func (t *task) talk(ctx context.Context) (bool, error) {
	if t.sure(t.post) {
		return false, nil
	}
	above, err := t.thread(ctx)
	if err != nil || len(above) == 0 || above[0].Author.ID == t.self.ID && (t.refusing(t.post) || t.asking(t.post)) {
		return false, err
	}
	for _, p := range above {
		if p.Author.ID == t.self.ID {
			return true, nil
		}
	}
	return t.inherited(t.post, above[0]), nil
}

// inherited says whether our handle comes from the parent of a post. Where a post has it nowhere, its
// author did not write it either.
func (d *Daemon) inherited(p, parent network.Post) bool {
	if d.addressed(parent.Text) {
		return true
	}
	name, _, _ := strings.Cut(d.self.Handle, "@")
	if strings.Contains(strings.ToLower(p.Text), "@"+strings.ToLower(name)) {
		return false
	}
	for _, a := range parent.Mentions {
		if a.ID == d.self.ID {
			return true
		}
	}
	return false
}

// commanding says whether a post can only be a request: it begins with something of the grammar, and
// has no wish for things that do not exist: "no way" is talk. So is a new picture for us alone of which nothing is told: "and this one?".
func (d *Daemon) commanding(p network.Post) bool {
	if len(d.stills(p)) > 0 && len(p.Mentions) <= 1 && d.addressed(p.Text) {
		if req, err := d.parse(p); err == nil && req.Verb == mention.Bare && !req.Talk && len(req.Loose)+len(req.Unknown) == 0 {
			return true
		}
	}
	req, ok := mention.Command(p.Text, p.Language, len(p.Mentions) <= 1, d.self.Handle)
	return ok && d.knows(req)
}

// asking says whether a post for us alone, in answer to our own, asks something about us or it: "how did you do that?"
func (d *Daemon) asking(p network.Post) bool {
	req, err := d.parse(p)
	about := req.Verb == mention.Info || req.Verb == mention.Help || req.Verb == mention.Undream
	return err == nil && about && len(p.Mentions) <= 1 && req.Topic == "" && !req.Talk && len(req.Loose)+len(req.Unknown) == 0
}

// knows says whether the network has the words of a request, or one with a verb of ours names at least
// a thing that can be seen.
func (d *Daemon) knows(r mention.Request) bool {
	if r.Verb == mention.Words && r.Topic != "" {
		_, ok := d.Vocabulary.Find(r.Topic)
		return ok
	}
	_, heard, err := r.Recipe(context.Background(), d.Vocabulary, 0)
	var unknown *dream.UnknownWord
	if errors.As(err, &unknown) {
		heard.Unknown = append(heard.Unknown, unknown)
	}
	explicit := r.Verb == mention.Imagine || r.Verb == mention.Dream && !r.Implied
	for _, u := range heard.Unknown {
		if !explicit || !u.Thing {
			return false
		}
	}
	return !slices.ContainsFunc(r.Words, func(w mention.Word) bool { return trailed(w.Text, heard.Passed) })
}

// trailed says whether a wish ends with a word of which nothing was made: "no dogs allowed" is talk, "big
// dogs" is none.
func trailed(wish string, passed []string) bool {
	return slices.ContainsFunc(passed, func(p string) bool { return strings.HasSuffix(" "+wish, " "+p) })
}
