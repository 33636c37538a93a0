package reply

import (
	"errors"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/words"
	"slugpuppy/picture"
)

// refusal is a request that cannot be met, with one kind sentence for the requester that says
// what works instead; without words there is silence. The reason is for the log.
type refusal struct{ words, reason string }

func (r *refusal) Error() string { return r.reason }

// Kind is the sentence for the requester.
func (r *refusal) Kind() string { return r.words }

// kind is an error that can speak to the requester; those of mention and dream do.
type kind interface {
	error
	Kind() string
}

// refusalOf finds words for an error that is the request's own fault, nil when it is somebody
// else's.
func refusalOf(err error) *refusal {
	if err == nil {
		return nil
	}
	var k kind
	if errors.As(err, &k) {
		return &refusal{k.Kind(), err.Error()}
	}
	var p *picture.Problem
	if errors.As(err, &p) {
		return &refusal{words.Picture(p), err.Error()}
	}
	switch {
	case network.Is(err, network.NotFound, network.Forbidden):
		return &refusal{sayGone, err.Error()}
	case network.Is(err, network.Rejected):
		return &refusal{sayTooBig, err.Error()}
	}
	return nil
}

// refuse tells the requester, unless they were told so, or too much else, a moment ago.
func (t *task) refuse(r *refusal) (outcome, error) {
	if r.words == "" {
		return outcome{skip: r.reason}, nil
	}
	ok, err := t.mayComplain(t.job, r.words)
	if err != nil {
		return outcome{}, err
	}
	if !ok {
		return outcome{skip: "refused without a word, they were told minutes ago: " + r.reason}, nil
	}
	t.Log.Info("refused", "job", t.job.ID, "reason", r.reason)
	return t.say(r.words), nil
}

// What people are told. One sentence: the cause, and what works instead.
const (
	saySorry    = "I tried three times and could not finish this one, sorry; I have told my keeper, and another picture may well work."
	sayGone     = "I cannot see the post with the picture, it may be private or deleted; send me the picture in a post of your own."
	sayTooBig   = "That picture is too big for me; send one of at most 16 MB and 33 megapixels."
	sayRefused  = "I dreamed it, but this server would not take the picture, sorry; a smaller one may work, for example with size=1024."
	sayTooMany  = "You have kept me dreaming for an hour, thank you; I can go on for you at %s UTC."
	sayNothing  = "I see no picture here; send me one in your post, or reply to a post that has one."
	sayMissing  = "There are fewer pictures than that; say \"image 1\" for the first one."
	sayNoPic    = "I can only dream still pictures, not clips or sound; a screenshot works."
	sayAlready  = "This is a dream already; say \"deeper\" to go on from it or \"undream\" for the original."
	sayNoDream  = "I find no dream of mine here; reply to one of my pictures with that word."
	sayStranger = "This is someone else's picture and they would rather not have it dreamed; one of your own works any time."
	sayOwnOnly  = "This is someone else's picture, and on this network I cannot ask them; one of your own works any time, and they can ask me themselves."
	sayBot      = "I leave pictures of other bots alone; one of your own works any time."
	sayNotYours = "Only who asked for it, whose picture it is or who is named with it can have this removed; write to my keeper if it troubles you."
	sayOldToken = "I cannot read that recipe; copy it whole, it begins with dd1 and a dash."
	sayNoClip   = "That one is a clip, and \"deeper\" goes on from still pictures only; reply to one of those."
)
