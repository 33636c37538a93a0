package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/rules"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// welcome stores the connection of who signed in.
func (s *Site) welcome(v *visit, who Person) error {
	sub := timeline.Newcomer(who.Identity, who.Network, who.Account.Handle, who.Server)
	sub.Scopes, sub.Lacks = who.Scopes, who.Lacks
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
	o.Mutes, o.MayMute = words.MuteRule(v.sub.Mute), !slices.Contains(v.sub.Lacks, network.Mutes)
	week, err := s.Filter.Desk().Report(*v.sub, time.Now().AddDate(0, 0, -7))
	if err != nil {
		return err
	}
	o.Report = words.Report(week)
	if o.Rules, err = s.own(v).Rules().Own(); err != nil {
		return err
	}
	for _, b := range []struct {
		name  string
		value float64
	}{{"strict", 1.0 / 2000}, {"normal", 1.0 / 1000}, {"1 in 500", 1.0 / 500}, {"relaxed", 1.0 / 100}} {
		score, found := s.Budget(b.value)
		o.Budgets = append(o.Budgets, budgetChoice{b.name, b.value,
			fmt.Sprintf("%s: about %.0f %% of clear dreams found, from a score of %.3f",
				words.Budget(b.value), 100*found, score), b.value == v.sub.Budget})
	}
	return s.show(v, "home", "Your filter", o)
}

// settings changes one of the person's choices, in the words of the filter's grammar.
func (s *Site) settings(v *visit) error {
	desk, what, value := s.Filter.Desk(), v.r.PostFormValue("what"), v.r.PostFormValue("value")
	var err error
	switch what {
	case "filter":
		if value == "on" && v.sub.Mode == store.FilterOff && v.sub.ShadowUntil.IsZero() {
			err = s.own(v).Subscription().Touch(func(sub *store.Subscriber) { sub.ShadowUntil = time.Now().Add(s.Shadow) })
		}
		if err == nil {
			_, err = desk.Switch(v.sub.Actor(), *v.sub, value)
		}
	case "how", "budget", "except", "digest", "mute":
		_, err = desk.Choose(v.sub.Actor(), *v.sub, what, value)
	case "allow", "deny":
		_, err = desk.Rule(*v.sub, rules.Effect(what), value, time.Time{})
		if err != nil {
			err = refuse(http.StatusUnprocessableEntity, cmp.Or(words.Of(err), err.Error()))
		}
	case "unrule":
		err = s.unrule(v, value)
	default:
		err = refuse(http.StatusBadRequest, words.NoSuchSetting)
	}
	if err != nil {
		return err
	}
	return v.redirect("/filter")
}

// unrule removes one of the person's own rules.
func (s *Site) unrule(v *visit, id string) error {
	_, _, err := s.own(v).Rules().Remove(v.sub.Actor(), id)
	if errors.Is(err, store.ErrNoRule) {
		return refuse(http.StatusNotFound, words.NoSuchRule)
	}
	s.Filter.Wake(v.sub.Identity)
	return err
}

// reviewed is the page of what was hidden.
type reviewed struct {
	Rows       []store.Judged
	Undo       string
	Done       string
	Page, Next int
}

const perPage = 20

func (s *Site) review(v *visit) error {
	rows, err := s.own(v).Timeline().Since(time.Time{}, store.Filed, store.Wanted, store.Noted, store.Unwanted,
		store.Returned, store.TakenOut)
	if err != nil {
		return err
	}
	slices.SortStableFunc(rows, func(a, b store.Judged) int {
		return cmp.Or(b.Seen.Compare(a.Seen),
			b.Posted.Compare(a.Posted))
	})
	page, _ := strconv.Atoi(v.r.URL.Query().Get("page"))
	page = max(0, page)
	out := reviewed{Page: page, Undo: v.r.URL.Query().Get("undo"), Done: v.r.URL.Query().Get("done")}
	if from := page * perPage; from < len(rows) {
		out.Rows = rows[from:min(from+perPage, len(rows))]
		if from+perPage < len(rows) {
			out.Next = page + 1
		}
	}
	return s.show(v, "review", "What was hidden", out)
}

// correct takes the person's word on one post.
func (s *Site) correct(v *visit) error {
	if _, err := s.Filter.Desk().Say(*v.sub, v.r.PostFormValue("post"),
		v.r.PostFormValue("say") == "dream"); err != nil {
		return err
	}
	return v.redirect("/review?page=" + strconv.Itoa(pageOf(v.r)))
}

func pageOf(r *http.Request) int {
	n, _ := strconv.Atoi(r.PostFormValue("page"))
	return max(0, n)
}

// undo returns posts: one, an artist's, since a time, all; or undoes that.
func (s *Site) undo(v *visit) error {
	_, err := s.Filter.Desk().Return(v.sub.Actor(), *v.sub, v.r.PostFormValue("which"))
	if err != nil && !errors.Is(err, timeline.ErrNothing) {
		return refuse(http.StatusUnprocessableEntity, cmp.Or(words.Of(err), err.Error()))
	}
	return v.redirect("/review")
}

// day counts what happened on one.
type day struct {
	Date  string
	Count int
	Bar   int // of 100
	X, Y  int // of its bar in the chart
}

func (s *Site) stats(v *visit) error {
	const span = 30
	now := time.Now().UTC()
	since := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC).AddDate(0, 0, 1-span)
	rows, err := s.own(v).Timeline().Since(since, store.Filed, store.Noted, store.Wanted)
	if err != nil {
		return err
	}
	days := make([]day, span)
	top := 1
	for i := range days {
		days[i].Date = since.AddDate(0, 0, i).Format("2 Jan")
	}
	for _, j := range rows {
		if i := int(j.Seen.UTC().Sub(since) / (24 * time.Hour)); i >= 0 && i < span {
			days[i].Count++
			top = max(top, days[i].Count)
		}
	}
	for i := range days {
		days[i].Bar = 100 * days[i].Count / top
		days[i].X, days[i].Y = 20*i, 105-days[i].Bar
	}
	r, err := s.Filter.Desk().Report(*v.sub, since)
	if err != nil {
		return err
	}
	most := 1
	for _, a := range r.Artists {
		most = max(most, a.Dreams)
	}
	return s.show(v, "stats", "Numbers", map[string]any{"Days": days, "Report": r, "Most": most})
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

// operator shows admins how things are.
func (s *Site) operator(v *visit) error {
	status, err := s.Admin.Status(v.ctx())
	if err != nil {
		return err
	}
	queue, err := s.Admin.Jobs(v.ctx(), 50, operator.Unfinished()...)
	if err != nil {
		return err
	}
	dead, err := s.Admin.Jobs(v.ctx(), 50, operator.Dead)
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
	data := map[string]any{"Status": status, "Queue": queue, "Dead": dead, "Rules": list, "Users": users,
		"Rates": rates}
	if s.Costs != nil {
		if data["Costs"], err = s.Costs(v.ctx()); err != nil {
			return err
		}
	}
	return s.show(v, "operator", "Operator", data)
}

func (s *Site) retry(v *visit) error {
	if _, err := s.Admin.Retry(operator.As(v.ctx(), v.sub.Actor()), v.r.PostFormValue("job")); err != nil {
		return refuse(http.StatusConflict, err.Error())
	}
	return v.redirect("/operator")
}
