package web

import (
	"time"

	"slugpuppy/store"
)

// day counts what happened on one.
type day struct {
	Date          string
	Count, Wrong  int // dreams that were found; pictures that the person said are none
	X             int // of its bars in the chart
	Bar, WrongBar int // of 100
}

// Y is where its bar begins.
func (d day) Y() int { return 105 - d.Bar }

// WrongY is where the bar of mistakes begins.
func (d day) WrongY() int { return 105 - d.WrongBar }

// chartDays is how many days the chart shows.
const chartDays = 30

// stats counts what was written down of each post when it happened, so that what is put right later is
// a mistake of the day it was put right, and the dream of that day stays one.
func (s *Site) stats(v *visit) error {
	now := time.Now().UTC()
	since := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC).AddDate(0, 0, 1-chartDays)
	rows, err := s.own(v).Timeline().Since(time.Time{}, store.Noted, store.Wanted, store.Filed, store.Unwanted,
		store.Returned, store.TakenOut, store.Gone)
	if err != nil {
		return err
	}
	r, err := s.Filter.Desk().Report(*v.sub, since)
	if err != nil {
		return err
	}
	most := 1
	for _, a := range r.Artists {
		most = max(most, a.Dreams)
	}
	return s.show(v, "stats", "Numbers", map[string]any{"Days": daysOf(rows, since), "Report": r, "Most": most})
}

// daysOf counts rows by day since a midnight.
func daysOf(rows []store.Judged, since time.Time) []day {
	days := make([]day, chartDays)
	for i := range days {
		days[i].Date, days[i].X = since.AddDate(0, 0, i).Format("2 Jan"), 20*i
	}
	at := func(t time.Time) *day {
		if i := int(t.UTC().Sub(since) / (24 * time.Hour)); !t.Before(since) && i < chartDays {
			return &days[i]
		}
		return &day{}
	}
	for _, j := range rows {
		if t, ok := j.Found(); ok {
			at(t).Count++
		}
		if word, t := j.Called(); word == store.WordNoDream {
			at(t).Wrong++
		}
	}
	top := 1
	for _, d := range days {
		top = max(top, d.Count, d.Wrong)
	}
	for i, d := range days {
		days[i].Bar, days[i].WrongBar = 100*d.Count/top, 100*d.Wrong/top
	}
	return days
}
