package timeline_test

import (
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/timeline"
)

func TestOrdersAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]timeline.Order{
		"filter on": {Verb: "filter", Rest: "on"},
		"@dreambot@example.social Filter Pause 2d": {Verb: "filter", Rest: "Pause 2d"},
		"this is not a dream https://a.example/1":  {Verb: "not", Rest: "https://a.example/1"},
		"Not a dream: 123":                         {Verb: "not", Rest: "123"},
		"is a dream 5":                             {Verb: "is", Rest: "5"},
		"why https://a.example/@x/1":               {Verb: "why", Rest: "https://a.example/@x/1"},
		"undo since monday":                        {Verb: "undo", Rest: "since monday"},
		"budget 1 in 1000":                         {Verb: "budget", Rest: "1 in 1000"},
		"forget me":                                {Verb: "forget"},
		"hidden":                                   {Verb: "hidden"},
		"Please filter off, thanks!":               {Verb: "filter", Rest: "off"},
		"hi! digest weekly please":                 {Verb: "digest", Rest: "weekly"},
		"undo all, thank you":                      {Verb: "undo", Rest: "all"},
		"how hide pls":                             {Verb: "how", Rest: "hide"},
		"that’s not a dream https://a.example/1":   {Verb: "not", Rest: "https://a.example/1"},
		"https://a.example/1 is not a dream":       {Verb: "not", Rest: "https://a.example/1"},
	} {
		if got, ok := timeline.ParseOrder(text); !ok || got != want {
			t.Errorf("%q: %+v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "@dreambot", "dream", "filtering", "a dreamy lake", "howl", "undone", "more birds"} {
		if got, ok := timeline.ParseOrder(text); ok {
			t.Errorf("%q became %+v", text, got)
		}
	}
}

func TestTimesAndBudgetsAreReadAsPeopleWriteThem(t *testing.T) {
	now := time.Date(2026, 11, 25, 15, 0, 0, 0, time.UTC) // a Wednesday
	for text, want := range map[string]time.Time{
		"monday": now.Add(-63 * time.Hour), "wednesday": now.Add(-15 * time.Hour), "yesterday": now.Add(-39 * time.Hour),
		"24h": now.Add(-24 * time.Hour), "2d": now.Add(-48 * time.Hour), "2026-11-01": time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
	} {
		if got, err := timeline.ParseSince(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "someday", "-3d", "0h", "3x", "99999999d", "2027-01-01"} {
		if got, err := timeline.ParseSince(text, now); err == nil {
			t.Errorf("%q became %v", text, got)
		}
	}
	for text, want := range map[string]time.Duration{"2d": 48 * time.Hour, "2 days": 48 * time.Hour, "for 2 days": 48 * time.Hour, "1 week": 168 * time.Hour,
		"90 min": 90 * time.Minute, "12 Hours": 12 * time.Hour} {
		if got, err := timeline.ParseSpan(text); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"2 ms", "days", "two days", "2 days ago", "2 moons"} {
		if got, err := timeline.ParseSpan(text); err == nil {
			t.Errorf("%q became %v", text, got)
		}
	}
	for text, want := range map[string]float64{"1 in 1000": 0.001, "1 in 1,000": 0.001, "0.1%": 0.001, "strict": 0.0005, "relaxed": 0.01, "5 in 100": 0.05} {
		if got, err := timeline.ParseBudget(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1 in 0", "2", "90%", "-1%", "NaN%", "1 in nan", "0 in 5"} {
		if got, err := timeline.ParseBudget(text); err == nil {
			t.Errorf("%q became %v", text, got)
		}
	}
}

func FuzzOrders(f *testing.F) {
	for _, s := range []string{"filter on", "not a dream x", "@a @b why", "undo since monday", "budget 1 in 1000", "\xff", "is a dream:"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 25, 15, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		if o, ok := timeline.ParseOrder(s); ok && (o.Verb == "" || strings.HasPrefix(o.Rest, " ")) {
			t.Errorf("%q became %+v", s, o)
		}
		if at, err := timeline.ParseSince(s, now); err == nil && at.After(now) {
			t.Errorf("%q is %v", s, at)
		}
		if b, err := timeline.ParseBudget(s); err == nil && !(b >= 1e-5 && b <= 0.2) {
			t.Errorf("%q is a budget of %v", s, b)
		}
		if d, err := timeline.ParseSpan(s); err == nil && d <= 0 {
			t.Errorf("%q is a span of %v", s, d)
		}
	})
}
