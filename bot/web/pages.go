package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/rules"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// welcome stores the connection of who signed in. For who is new the filter looks from now on, and hides
// after its first week.
func (s *Site) welcome(v *visit, who Person) error {
	sub := timeline.Newcomer(who.Identity, who.Network, who.Account.Handle, who.Server)
	sub.Scopes, sub.Lacks = who.Scopes, who.Lacks
	sub.Mode, sub.ShadowUntil = store.FilterOn, time.Now().Add(s.Shadow)
	_, err := s.Admin.Subscribe(operator.As(v.ctx(), sub.Actor()), operator.Join(sub, who.Secrets))
	if err != nil {
		return fmt.Errorf("connect an account: %w", err)
	}
	return nil
}

// overview is the home page of somebody signed in.
type overview struct {
	Sub           *store.Subscriber
	State         string
	Looking       bool // it is on, and still in its first week
	Budgets       []budgetChoice
	Report        string
	Rules         []store.Rule
	Hows, Digests []string
	Mutes         string // the rule in words, "" when it is off
	MayMute       bool
}

// budgetChoice is a budget with its meaning.
type budgetChoice struct {
	Name   string
	Value  float64
	Text   string
	Chosen bool
}

// landing is what the page is for; who is signed in goes on to their filter.
func (s *Site) landing(v *visit) error {
	if v.sub != nil {
		return v.redirect("/filter")
	}
	return s.show(v, "landing", "slugpuppy", nil)
}

func (s *Site) home(v *visit) error {
	o := overview{Sub: v.sub, State: words.Filter(*v.sub, time.Now()),
		Hows: []string{timeline.Warn, timeline.Blur, timeline.Hide}, Digests: []string{"daily", "weekly", "off"}}
	o.Looking = v.sub.Mode == store.FilterOn && v.sub.Acting(time.Now()) == store.FilterShadow
	o.Mutes, o.MayMute = words.MuteRule(v.sub.Mute), !slices.Contains(v.sub.Lacks, network.Mutes)
	week, err := s.Filter.Desk().Report(*v.sub, time.Now().AddDate(0, 0, -7))
	if err != nil {
		return err
	}
	o.Report = words.Report(week)
	if o.Rules, err = s.own(v).Rules().Own(); err != nil {
		return err
	}
	o.Budgets = s.budgets(v.sub.Budget)
	return s.show(v, "home", "Your filter", o)
}

// budgets are those that there are to choose from, the smallest first, and the one that somebody has.
func (s *Site) budgets(has float64) (all []budgetChoice) {
	all = []budgetChoice{{Name: "strict", Value: 1.0 / 2000}, {Name: "normal", Value: 1.0 / 1000},
		{Name: "1 in 500", Value: 1.0 / 500}, {Name: "relaxed", Value: 1.0 / 100}}
	if !slices.ContainsFunc(all, func(b budgetChoice) bool { return b.Value == has }) && has > 0 {
		all = append(all, budgetChoice{Name: fmt.Sprintf("1 in %.0f", 1/has), Value: has})
		slices.SortFunc(all, func(a, b budgetChoice) int { return cmp.Compare(a.Value, b.Value) })
	}
	for i, b := range all {
		all[i].Text, all[i].Chosen = words.Promise(b.Value, s.Budget(b.Value)), b.Value == has
	}
	return all
}

// settings changes one of the person's choices, in the words of the filter's grammar.
func (s *Site) settings(v *visit) error {
	desk, what, value := s.Filter.Desk(), v.r.PostFormValue("what"), v.r.PostFormValue("value")
	var did timeline.Change
	var err error
	switch what {
	case "filter":
		if value == "on" && v.sub.Mode == store.FilterOff && v.sub.ShadowUntil.IsZero() {
			err = s.own(v).Subscription().Touch(func(sub *store.Subscriber) { sub.ShadowUntil = time.Now().Add(s.Shadow) })
		}
		if err == nil {
			did, err = desk.Switch(v.sub.Actor(), *v.sub, value)
		}
	case "how", "budget", "except", "digest", "mute":
		did, err = desk.Choose(v.sub.Actor(), *v.sub, what, value)
	case "allow", "deny":
		did, err = desk.Rule(v.sub.Actor(), *v.sub, rules.Effect(what), value, time.Time{})
		if err != nil {
			err = refuse(http.StatusUnprocessableEntity, cmp.Or(words.Of(err), err.Error()))
		}
	case "unrule":
		did.Undo, err = s.unrule(v, value)
	default:
		err = refuse(http.StatusBadRequest, words.NoSuchSetting)
	}
	if err != nil {
		return err
	}
	return v.redirect("/filter?did=" + url.QueryEscape(cmp.Or(did.Undo, nothing)))
}

// unrule removes one of the person's own rules.
func (s *Site) unrule(v *visit, id string) (undo string, err error) {
	_, undo, err = s.own(v).Rules().Remove(v.sub.Actor(), id)
	if errors.Is(err, store.ErrNoRule) {
		return "", refuse(http.StatusNotFound, words.NoSuchRule)
	}
	s.Filter.Wake(v.sub.Identity)
	return undo, err
}

func (s *Site) audit(v *visit) error {
	artist := strings.TrimSpace(v.r.URL.Query().Get("artist"))
	data := map[string]any{"Artist": artist}
	if artist != "" {
		if !s.limits.allow(v.sub.Identity.String(), allowance{"audit", time.Minute, 5}) {
			return refuse(http.StatusTooManyRequests, words.WaitAMinute)
		}
		a, err := s.Filter.Audit(v.ctx(), *v.sub, artist)
		switch {
		case errors.Is(err, timeline.ErrNobody):
			data["Text"] = words.NoSuchAccount
		case err != nil:
			return err
		default:
			data["Text"], data["Links"] = words.Audit(a), a.Links
		}
	}
	return s.show(v, "audit", "Is it safe to follow them?", data)
}

// export is everything known about the person, as JSON.
func (s *Site) export(v *visit) error {
	rows, err := s.own(v).Timeline().Since(time.Time{})
	if err != nil {
		return err
	}
	lessons, err := s.own(v).Timeline().Lessons()
	if err != nil {
		return err
	}
	kept, err := s.own(v).Kept()
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Header().Set("Content-Disposition", `attachment; filename="slugpuppy.json"`)
	return json.NewEncoder(v.w).Encode(map[string]any{"subscriber": v.sub, "posts": rows, "lessons": lessons,
		"filters": kept})
}

// forget removes the filters and then everything known, and ends all sessions.
func (s *Site) forget(v *visit) error {
	if v.r.PostFormValue("sure") != "yes" {
		return refuse(http.StatusUnprocessableEntity, words.TickSure)
	}
	if _, err := s.Filter.Desk().Leave(v.sub.Actor(), *v.sub); err != nil {
		return err
	}
	if err := s.Store.Sessions().CloseAll(v.sub.Identity); err != nil {
		return err
	}
	s.setCookie(v.w, "session", "", 0)
	v.sub = nil
	return s.show(v, "goodbye", "Goodbye", nil)
}
