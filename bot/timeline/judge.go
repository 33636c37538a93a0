package timeline

import (
	"cmp"
	"context"
	"errors"
	"math"
	"regexp"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/rules"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// The kinds of filters: why a post is hidden. They are what people read in their timeline.
const (
	certain = "certain"
	likely  = "likely"
	youSaid = "you said so"
	byRule  = "by a rule"
)

// saysDream finds the word in what people write: evidence, not proof.
var saysDream = regexp.MustCompile(`(?i)\bdeep[ _-]?dream`)

// wordWeight is how much the word adds to the score's log-odds: a picture that its author calls
// a dream is about five times as likely to be one. It never hides a picture that shows nothing.
const wordWeight = 1.6

// said tells whether an author calls a post a dream.
func said(p network.Post) bool {
	for _, m := range p.Media {
		if saysDream.MatchString(m.Alt) {
			return true
		}
	}
	return saysDream.MatchString(p.Text) || saysDream.MatchString(p.Warning)
}

// evidence adds the author's word to what the network saw.
func evidence(score float64, said bool) float64 {
	if !said || score <= 0 || score >= 1 {
		return score
	}
	return 1 / (1 + math.Exp(-(math.Log(score/(1-score)) + wordWeight)))
}

// view is what decides about a post for one subscriber, besides the post.
type view struct {
	sub     store.Subscriber
	rules   []store.Rule
	lessons []store.Lesson
	shared  []store.Lesson // what others agree is no dream; empty unless the operator shares
	now     time.Time
}

// seen is a post with what was seen in its pictures.
type seen struct {
	post    network.Post // the original
	booster string       // who boosted or quoted it into the timeline, "" when nobody did
	sights  []store.Sight
	said    bool          // the author calls it a dream
	listed  []Listed      // lists that know one of the pictures
	before  *store.Judged // what was decided before the post was edited; nil for a new one
	missed  error         // why one of the pictures could not be had, nil when all were
}

// decide is the order of precedence, first that applies:
//
//  1. what the subscriber said of a picture in the post, found again by what it looks like;
//  2. the allow and deny lists, see rules.Decide;
//  3. what several others call no dream, if the operator shares that;
//  4. posts of people the subscriber follows, when only boosts are to be hidden;
//  5. the detector, at the subscriber's budget;
//  6. an antidote list that knows one of the pictures, unless the detector clearly says no.
func (e *Eye) decide(v view, s seen) store.Judged {
	j := store.Judged{
		Post: s.post.ID, URL: s.post.URL, Author: s.post.Author.Handle, AuthorID: s.post.Author.ID, Booster: s.booster,
		Posted: s.post.Created, Edited: s.post.Edited, Said: s.said, Model: e.Judge.Model(), Limit: e.Judge.Likely(v.sub.Allowed()), Fate: store.Kept,
	}
	for _, sight := range s.sights {
		j.Pictures = append(j.Pictures, sight.Picture)
		j.Score = max(j.Score, sight.Score)
	}
	j.Score = evidence(j.Score, s.said)
	j.Band = e.band(j.Score, j.Limit, v.sub.Allowed())
	for _, m := range s.post.Media {
		if m.Kind != network.Other {
			j.Previews = append(j.Previews, cmp.Or(m.PreviewURL, m.URL))
		}
	}
	lesson := lessonOf(v.lessons, s.sights)
	list := rules.Decide(v.rules, rules.Event{Scope: rules.Filter, User: v.sub.Identity, Author: j.Author, Post: j.Post,
		URL: j.URL, Text: s.post.Text, Pictures: j.Pictures}, v.now)
	by := e.byList(s, j.Score)
	switch {
	case lesson != nil && !lesson.Dream:
		j.Why = WhyNoDream
	case lesson != nil:
		j.Why, j.Kind = WhyDream, youSaid
	case list.Rule != nil:
		j.Why, j.Rule = list.Why, list.Rule.ID
		if list.Effect() == rules.Deny {
			j.Kind = byRule
			if !list.Rule.Owner.IsZero() {
				j.Kind = youSaid
			}
		}
	case lessonOf(v.shared, s.sights) != nil:
		j.Why = WhyOthers
	case v.sub.BoostsOnly && s.booster == "":
		j.Why = WhyFollowed
	case j.Score >= j.Limit && len(s.sights) > 0:
		j.Kind, j.Why = j.Band, WhyScore
	case by != nil:
		j.Kind, j.Why, j.List = by.kind(), WhyListed, by.URL
	default:
		j.Why = WhyScore
	}
	if j.Kind != "" {
		j.Fate = store.Noted
		if v.sub.Acting(v.now) == store.FilterOn && (j.Why != WhyListed || !by.Noted) {
			j.Fate = store.Wanted
		}
	}
	return j
}

// judge has a row say what was decided now. What becomes of the post is the caller's.
func judge(j *store.Judged, now store.Judged) {
	j.Score, j.Band, j.Limit, j.Model = now.Score, now.Band, now.Limit, now.Model
	j.Why, j.Kind, j.Rule, j.List = now.Why, now.Kind, now.Rule, now.List
}

// band says how sure a score is for a budget, whose limit is known.
func (e *Eye) band(score, limit, budget float64) string {
	switch {
	case !(score >= limit):
		return "unlikely"
	case score >= e.Judge.Certain(budget):
		return certain
	}
	return likely
}

// lessonScore is how dreamlike, as a share of its model's score, a picture must be to be the one
// a subscriber called a dream: a sketch alone is never enough to hide something.
const lessonScore = 0.5

// lessonOf finds what the subscriber said of one of the pictures; "not a dream" goes first.
func lessonOf(lessons []store.Lesson, sights []store.Sight) *store.Lesson {
	var found *store.Lesson
	for i, l := range lessons {
		for _, s := range sights {
			if l.Dream && found != nil || l.Picture != s.Picture && !alike(l, s) {
				continue
			}
			if !l.Dream {
				return &lessons[i]
			}
			found = &lessons[i]
		}
	}
	return found
}

func alike(l store.Lesson, s store.Sight) bool {
	if l.Dream && s.Score < lessonScore*l.Score {
		return false
	}
	return picture.Likeness(l.Sketch, s.Sketch) >= picture.SamePicture
}

// mostPictures is how many pictures of one post are looked at. Servers allow 4, few allow more.
const mostPictures = 16

// lookAt sees all pictures of a post. One that cannot be read counts as nothing. The error is that of
// one that could not be had; the others were seen.
func (e *Eye) lookAt(ctx context.Context, from Source, p network.Post) (sights []store.Sight, err error) {
	for _, m := range p.Media[:min(len(p.Media), mostPictures)] {
		if m.Kind == network.Other {
			continue
		}
		s, failed := e.Look(ctx, from, m)
		var missed *unseen
		if failed != nil && !errors.As(failed, &missed) {
			return nil, failed
		}
		if failed != nil {
			err = failed
			continue
		}
		if s.Unread == "" {
			sights = append(sights, s)
		}
	}
	return sights, err
}
