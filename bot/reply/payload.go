package reply

import (
	"encoding/json"
	"fmt"

	"slugpuppy/bot/network"
	"slugpuppy/classifier"
	"slugpuppy/store"
)

// event is a job's payload: what arrived, or what the daemon set itself to say.
type event struct {
	Post  network.Post `json:"post"`
	Ask   *question    `json:"ask,omitempty"`   // this job asks the author of Post
	Sorry bool         `json:"sorry,omitempty"` // this job tells the author of Post that we failed
	Tell  string       `json:"tell,omitempty"`  // this job says so to the author of Post, who asked nothing
}

// question is what a job waits for: an author's word on one post.
type question struct {
	Post   network.Post `json:"post"`   // theirs, with the picture
	Person string       `json:"person"` // handle of who would like it dreamed
	// Visibility of the request: nobody's wish is made more public than they made it.
	Visibility network.Visibility `json:"visibility"`
}

// reply is a finished answer. It stays with the job: `info`, `deeper`, `undream` and
// `delete` on the posted answer read it back.
type reply struct {
	To         network.Post       `json:"to"`
	Text       string             `json:"text"`
	Visibility network.Visibility `json:"visibility"`
	Warning    string             `json:"warning,omitempty"`
	Sensitive  bool               `json:"sensitive,omitempty"`
	Language   string             `json:"language,omitempty"`
	Media      []attachment       `json:"media,omitempty"`
	Made       *made              `json:"made,omitempty"` // nil for an answer in words
	URL        string             `json:"url,omitempty"`  // of the posted reply, once known
}

// attachment is a picture or clip of a reply; its bytes are a blob in the store.
type attachment struct {
	Blob string `json:"blob"`
	Type string `json:"type"`
	Name string `json:"name"`
	Alt  string `json:"alt"`
	// Original is the alt text of the picture that was dreamed.
	Original string    `json:"original,omitempty"`
	Keep     *keepsake `json:"keep,omitempty"` // nil of those that were made before there were any
}

// made is how a reply's picture came to be.
type made struct {
	Token      string             `json:"token"`
	Wish       string             `json:"wish,omitempty"` // what was asked for, see task.wish
	Preset     string             `json:"preset,omitempty"`
	Generation int                `json:"generation"`
	Saw        []classifier.Guess `json:"saw,omitempty"`
	Dreamed    []classifier.Guess `json:"dreamed,omitempty"`
	// The post whose picture was dreamed; all empty for `imagine`.
	SourcePost   string   `json:"source_post,omitempty"`
	SourceMedia  int      `json:"source_media,omitempty"` // which of its pictures, from 0
	SourceURL    string   `json:"source_url,omitempty"`
	SourceAuthor string   `json:"source_author,omitempty"`
	SourceTagged []string `json:"source_tagged,omitempty"` // account ids mentioned in it
}

func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("daemon: encode %T: %v", v, err)) // only our own plain types come here
	}
	return data
}

func decodeEvent(j store.Job) (event, error) {
	var e event
	if err := json.Unmarshal(j.Payload, &e); err != nil {
		return e, fmt.Errorf("read the event of job %s: %w", j.ID, err)
	}
	return e, nil
}

func decodeReply(j store.Job) (reply, error) {
	var r reply
	if err := json.Unmarshal(j.Reply, &r); err != nil {
		return r, fmt.Errorf("read the reply of job %s: %w", j.ID, err)
	}
	return r, nil
}
