package object

import (
	"time"

	"slugpuppy/antidote"
	"slugpuppy/app"
	"slugpuppy/bot/operator"
)

// AntidoteList is a list of dreams in a file.
type AntidoteList struct {
	Maker   string    `json:"maker,omitempty"`
	Origin  string    `json:"origin,omitempty"`
	Serial  uint64    `json:"serial,omitempty"`
	Issued  time.Time `json:"issued,omitzero"`
	Key     string    `json:"key,omitempty"` // that signed it; none of a CSV
	Records int       `json:"records"`
	Unread  int       `json:"unread,omitempty"` // lines of a CSV without a hash
}

// OfList is a list as printed.
func OfList(f app.ListFile) AntidoteList {
	return AntidoteList{Maker: f.List.Maker, Origin: f.List.Origin, Serial: f.List.Serial, Issued: f.List.Issued, Key: f.Public,
		Records: len(f.Records), Unread: f.Unread}
}

// AntidoteMatch is whether a picture is a copy of a dream on a list.
type AntidoteMatch struct {
	File     string    `json:"file"`
	Found    bool      `json:"found"`
	Number   int       `json:"number,omitempty"` // on the list, from 1
	Distance int       `json:"distance"`         // of hashes, in bits
	PDQ      string    `json:"pdq,omitempty"`
	Made     time.Time `json:"made,omitzero"`
	Post     string    `json:"post,omitempty"`
}

// OfMatch is a match as printed.
func OfMatch(file string, found bool, r antidote.Record, m antidote.Match) AntidoteMatch {
	if !found {
		return AntidoteMatch{File: file}
	}
	return AntidoteMatch{File: file, Found: true, Number: m.Record + 1, Distance: m.Distance, PDQ: r.PDQ.String(), Made: r.Made, Post: r.Post}
}

// PublicKey is a key of antidote lists.
type PublicKey struct {
	Key string `json:"key"`
}

// FollowedList is an antidote list that is followed.
type FollowedList struct {
	URL        string         `json:"url"`
	Maker      string         `json:"maker,omitempty"`
	Key        string         `json:"key,omitempty"`
	Serial     uint64         `json:"serial,omitempty"`
	Records    int            `json:"records,omitempty"`
	Fetched    time.Time      `json:"fetched,omitzero"`
	Trouble    string         `json:"trouble,omitempty"`
	Quarantine string         `json:"quarantine,omitempty"`
	Posts      int            `json:"posts,omitempty"`
	Hits       int            `json:"hits,omitempty"`
	Against    int            `json:"against,omitempty"`
	For        []FollowedWish `json:"for,omitempty"`
}

// FollowedWish is for whom a list counts; without an account for all.
type FollowedWish struct {
	Account string `json:"account,omitempty"`
	How     string `json:"how"`
	Alone   bool   `json:"alone,omitempty"`
}

// OfAntidoteList is a list that is followed as printed.
func OfAntidoteList(l operator.List) FollowedList {
	out := FollowedList{URL: l.URL, Maker: l.Maker, Key: l.Key, Serial: l.Serial, Records: l.Records, Fetched: l.Fetched,
		Trouble: l.Trouble, Quarantine: l.Quarantine, Posts: l.Pictures, Hits: l.Hits, Against: l.Against}
	for _, f := range l.For {
		out.For = append(out.For, FollowedWish(f))
	}
	return out
}

// ListProspect is what following a list means.
type ListProspect struct {
	List     FollowedList `json:"list"`
	Done     bool         `json:"done"`
	Pinned   bool         `json:"pinned"`
	Looked   int          `json:"looked"`
	Known    int          `json:"known"`
	Hidden   int          `json:"would_hide"`
	People   int          `json:"people"`
	Followed int          `json:"people_followed"`
	Clear    int          `json:"clearly_no_dream"`
	Said     int          `json:"said_no_dream"`
	Doubt    string       `json:"doubt,omitempty"`
}

// OfProspect is a prospect as printed; done says that the list is followed now.
func OfProspect(p operator.ListProspect, done bool) ListProspect {
	return ListProspect{List: OfAntidoteList(p.List), Done: done, Pinned: p.Pinned, Looked: p.Looked, Known: p.Known, Hidden: p.Hidden,
		People: p.People, Followed: p.Followed, Clear: p.Clear, Said: p.Said, Doubt: p.Doubt}
}
