package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"slugpuppy/bot/operator"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/rules"
	"slugpuppy/bot/timeline"
)

const (
	mostJobs    = 50  // of each list
	mostChanges = 30  // of the log that the page shows
	mostLooked  = 200 // of the log in which what was just done is found
)

// as is the context of an order that somebody gives as an operator, which is another actor than the same
// person for themselves.
func (v *visit) as() context.Context {
	who := v.sub.Actor()
	who.Operator = true
	return operator.As(v.ctx(), who)
}

// operator shows admins how things are.
func (s *Site) operator(v *visit) error {
	status, err := s.Admin.Status(v.ctx())
	if err != nil {
		return err
	}
	queue, err := s.Admin.Jobs(v.ctx(), mostJobs, operator.Unfinished()...)
	if err != nil {
		return err
	}
	dead, err := s.Admin.Jobs(v.ctx(), mostJobs, operator.Dead)
	if err != nil {
		return err
	}
	list, err := s.Admin.Rules(v.ctx())
	if err != nil {
		return err
	}
	users, err := s.Admin.Users(v.ctx())
	if err != nil {
		return err
	}
	rates, err := s.paces(users)
	if err != nil {
		return err
	}
	log, err := s.Admin.Audit(v.ctx(), mostChanges)
	if err != nil {
		return err
	}
	data := map[string]any{"Status": status, "Queue": queue, "Dead": dead, "Rules": list, "Users": users,
		"Rates": rates, "Log": log, "Modes": []string{"on", "shadow", "off"}}
	if s.Costs != nil {
		if data["Costs"], err = s.Costs(v.ctx()); err != nil {
			return err
		}
	}
	return s.show(v, "operator", "Operator", data)
}

// refusal is what an order came to that was not obeyed.
func refusal(err error) error {
	switch {
	case errors.Is(err, operator.ErrNotFound):
		return refuse(http.StatusNotFound, sentence(err))
	case errors.Is(err, operator.ErrRefused):
		return refuse(http.StatusConflict, sentence(err))
	}
	return err
}

// sentence is an error as a page shows it.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// done leads back to the operator's page, which says what happened.
func (v *visit) done(what string) error {
	return v.redirect("/operator?did=" + url.QueryEscape(cmp.Or(what, nothing)))
}

// ordered is what the order came to that led to the operator's page: a token of the log, or a job.
func (s *Site) ordered(v *visit) (*outcome, error) {
	did := v.r.URL.Query().Get("did")
	if did == "" {
		return nil, nil
	}
	if id, ok := strings.CutPrefix(did, "job:"); ok {
		j, err := s.Admin.Job(v.ctx(), id)
		if errors.Is(err, operator.ErrNotFound) {
			return nil, nil
		}
		return &outcome{Text: words.JobIs(j.ID, string(j.State), j.Held)}, err
	}
	log, err := s.Admin.Audit(v.ctx(), mostLooked)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(log, func(e operator.Entry) bool { return e.Undo == did })
	if i < 0 {
		return &outcome{Text: words.NothingDone}, nil
	}
	return &outcome{log[i].Says(), did, "/operator/undo"}, nil
}

// orderJob cancels, holds, lets go or tries again.
func (s *Site) orderJob(v *visit) error {
	do := map[string]func(context.Context, string) (operator.Job, error){
		"cancel": s.Admin.Cancel, "hold": s.Admin.Hold, "resume": s.Admin.Resume, "retry": s.Admin.Retry,
	}[v.r.PostFormValue("do")]
	if do == nil {
		return refuse(http.StatusBadRequest, words.NoSuchSetting)
	}
	j, err := do(v.as(), v.r.PostFormValue("job"))
	if err != nil {
		return refusal(err)
	}
	return v.done("job:" + j.ID)
}

// orderRule adds a rule, or removes one.
func (s *Site) orderRule(v *visit) error {
	if id := v.r.PostFormValue("remove"); id != "" {
		did, err := s.Admin.RemoveRule(v.as(), id)
		if err != nil {
			return refusal(err)
		}
		return v.done(did.Undo)
	}
	subject, err := rules.ParseSubject(v.r.PostFormValue("subject"))
	if err != nil {
		return refuse(http.StatusUnprocessableEntity, cmp.Or(words.Of(err), sentence(err)))
	}
	r := operator.Rule{Kind: string(subject.Kind), Value: subject.Value, Effect: v.r.PostFormValue("effect"),
		Scope: v.r.PostFormValue("scope"), Reason: strings.TrimSpace(v.r.PostFormValue("reason"))}
	if len(r.Reason) > tryWords {
		return refuse(http.StatusUnprocessableEntity, words.TooMuchText)
	}
	if span := strings.TrimSpace(v.r.PostFormValue("for")); span != "" {
		d, err := timeline.ParseSpan(span)
		if err != nil {
			return err
		}
		r.Until = time.Now().Add(d)
	}
	did, err := s.Admin.AddRule(v.as(), r)
	if err != nil {
		return refusal(err)
	}
	return v.done(did.Undo)
}

// orderLimit gives somebody a number of requests an hour of their own, or as many as everybody.
func (s *Site) orderLimit(v *visit) error {
	account := strings.TrimPrefix(strings.TrimSpace(v.r.PostFormValue("account")), "@")
	subject, err := rules.ParseSubject("@" + account)
	if err != nil || subject.Kind != rules.Account {
		return refuse(http.StatusUnprocessableEntity, words.NoSuchHandle)
	}
	n := -1
	if text := strings.TrimSpace(v.r.PostFormValue("hourly")); text != "" {
		if n, err = strconv.Atoi(text); err != nil || n < 0 || n > 10_000 {
			return refuse(http.StatusUnprocessableEntity, words.NoSuchNumber)
		}
	}
	did, err := s.Admin.Limit(v.as(), operator.Limit{Account: subject.Value, PerHour: n})
	if err != nil {
		return refusal(err)
	}
	return v.done(did.Undo)
}

// orderUser switches a subscriber's filter.
func (s *Site) orderUser(v *visit) error {
	mode := v.r.PostFormValue("mode")
	if mode == "" {
		return refuse(http.StatusBadRequest, words.NoSuchSetting)
	}
	did, err := s.Admin.Order(v.as(), operator.Order{Account: v.r.PostFormValue("user"), Verb: "filter", Arg: mode})
	if err != nil {
		return refusal(err)
	}
	return v.done(did.Undo)
}

// orderUndo takes back what the log has under a token.
func (s *Site) orderUndo(v *visit) error {
	did, err := s.Admin.Undo(v.as(), v.r.PostFormValue("token"))
	if err != nil {
		return refusal(fmt.Errorf("take it back: %w", err))
	}
	return v.done(did.Undo)
}
