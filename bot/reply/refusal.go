package reply

import (
	"errors"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/words"
)

// refusal is a request that cannot be met, with one kind sentence for the requester that says
// what works instead; without words there is silence. The reason is for the log.
type refusal struct{ words, reason string }

func (r *refusal) Error() string { return r.reason }

// refusalOf finds words for an error that is the request's own fault, nil when it is somebody
// else's.
func refusalOf(err error) *refusal {
	if err == nil {
		return nil
	}
	if r := new(refusal); errors.As(err, &r) {
		return &refusal{r.words, err.Error()}
	}
	if said := words.Of(err); said != "" {
		return &refusal{said, err.Error()}
	}
	switch {
	case network.Is(err, network.NotFound, network.Forbidden, network.Rejected):
		return &refusal{words.Gone, err.Error()}
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
