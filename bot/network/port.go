// Package network is the port: everything a network (Mastodon, X) must offer the bot and the
// filter, and the few types that pass it. Nothing of one network's own types does.
package network

import (
	"context"
	"time"
)

// Visibility of a post, widest first.
type Visibility string

// Visibilities. X has only Public and Direct.
const (
	Public    Visibility = "public"
	Unlisted  Visibility = "unlisted"
	Followers Visibility = "private"
	Direct    Visibility = "direct"
)

// Account is a person or a bot on one network. IDs are opaque strings.
type Account struct {
	ID      string
	Handle  string // name@host, lower case, no leading @; on X: the user name
	URL     string
	Bio     string // plain text
	Bot     bool   // the network's own automated-account flag
	Created time.Time
}

// MediaKind is what an attachment is.
type MediaKind string

// Attachment kinds.
const (
	Still MediaKind = "image"
	Gifv  MediaKind = "gifv"
	Video MediaKind = "video"
	Other MediaKind = "unknown"
)

// Media is an attachment of a post.
type Media struct {
	ID         string
	Kind       MediaKind
	URL        string // the original
	PreviewURL string // a still the server made; may be empty
	Alt        string
	W, H       int // 0 when the server does not say
}

// Post is a status or tweet as plain text with attachments.
type Post struct {
	ID         string
	URL        string
	Author     Account
	Created    time.Time
	Edited     time.Time // zero for never, and where edited posts are new ones
	Text       string    // plain text, links and handles kept as typed
	Warning    string    // content warning, "" when none
	Sensitive  bool
	Language   string // BCP 47, "" when unknown
	Visibility Visibility
	Media      []Media
	ReplyTo    string // id of the parent, "" at the top of a thread
	Quote      string // id of the quoted post, "" when none
	Mentions   []Account
	Quoted     *Post // the quoted post, where the network sends it along
	Boosts     *Post // the original when this is a boost
}

// Mention is one arrival: the post that mentions us and the cursor to continue after it.
type Mention struct {
	Cursor string // pass to Mentions to get what came later
	Post   Post
}

// Outgoing is a reply about to leave.
type Outgoing struct {
	Text       string   // begins with the handle of who is answered; posted as it is
	To         Post     // the mentioning post; never its parent
	MediaIDs   []string // from Upload
	Visibility Visibility
	Warning    string
	Sensitive  bool
	Language   string
	Key        string // idempotency key, same for every attempt
}

// Upload is a picture or clip with its alt text.
type Upload struct {
	Data []byte
	Type string // MIME type
	Name string // file name without folders
	Alt  string
}

// Limits are read from the server, never assumed.
type Limits struct {
	TextRunes   int
	AltRunes    int
	ImageBytes  int64
	ImagePixels int64
	ClipBytes   int64 // an animated GIF; as ImageBytes when 0
	VideoBytes  int64
	VideoPixels int64
	Attachments int
	ReservedURL int      // runes a link counts as
	MIMETypes   []string // what may be uploaded
	SupportsKey bool     // honours idempotency keys
	ServerName  string   // software and version, for doctor
}

// Facts are what is so on a whole network, whatever server and account. Nothing of it has to be asked.
type Facts struct {
	Private    bool // a post can be for few, and can have a content warning; without, all is public
	Links      bool // replies may have links
	OnlyCalled bool // only posts that mention us may be answered: nobody else can be asked anything
	MutesEnd   bool // mutes end by themselves, when they were asked to
	Metered    bool // reading a post costs money
	Ordered    bool // no post turns up later than one that was written after it: what was read once need not be read again
}

// Bot is one account on one network seen from the bot. Implementations are safe for concurrent use,
// honour rate-limit headers, give every call a deadline and return *Error on failure. What only some
// networks can do are interfaces of their own, such as Liker, that a Bot may have as well.
type Bot interface {
	// Name is what the network is called, such as "mastodon".
	Name() string
	// Host is the server that our token belongs to, in the form of identity.Host: with the id that Self
	// says it is who we are.
	Host() string
	Facts() Facts
	Inbox
	Threads
	Outbox
}

// Inbox is where posts arrive that mention us.
type Inbox interface {
	// Self is the bot's own account.
	Self(ctx context.Context) (Account, error)
	// Mentions returns mentions after cursor, oldest first without gaps, at most limit.
	// A fresh bot takes its first cursor from Newest.
	Mentions(ctx context.Context, cursor string, limit int) ([]Mention, error)
	// Newest returns the cursor of the latest notification, to start a fresh bot there.
	Newest(ctx context.Context) (string, error)
	// Latest returns the latest mentions, oldest first, at most limit, wherever the server counts now.
	Latest(ctx context.Context, limit int) ([]Mention, error)
	// Wake sends a hint whenever something may have arrived. It reconnects by itself and
	// closes the channel when ctx ends. Truth is Mentions; a lost hint costs only time.
	Wake(ctx context.Context) <-chan struct{}
}

// Posts reads single posts.
type Posts interface {
	// Post fetches one post as the account may see it.
	Post(ctx context.Context, id string) (Post, error)
}

// Fetcher reads attachments.
type Fetcher interface {
	// Fetch downloads an attachment, at most limit bytes, through the SSRF-safe client; a larger one
	// is TooLarge.
	Fetch(ctx context.Context, m Media, limit int64) ([]byte, error)
}

// Threads is what stands around a post.
type Threads interface {
	Posts
	Fetcher
	// Ancestors returns the posts above id, nearest first.
	Ancestors(ctx context.Context, id string) ([]Post, error)
	// Account looks up an account with its bio and bot flag.
	Account(ctx context.Context, id string) (Account, error)
}

// Outbox is where answers leave.
type Outbox interface {
	// Limits are the server's.
	Limits(ctx context.Context) (Limits, error)
	// Upload stores media with alt text and waits until the server can attach it.
	Upload(ctx context.Context, up Upload) (id string, err error)
	// Reply posts. An Error of kind Ambiguous means it may have been posted.
	Reply(ctx context.Context, out Outgoing) (Post, error)
	// Replies lists the bot's own posts since a time that answer the post parent.
	Replies(ctx context.Context, parent string, since time.Time) ([]Post, error)
	// Delete removes one of the bot's own posts; a post already gone is no error.
	Delete(ctx context.Context, id string) error
}

// Signboard is a Bot whose profile can say how busy it is.
type Signboard interface {
	// ShowField sets a field of the profile, which is made where there is none of that name.
	ShowField(ctx context.Context, name, value string) error
}

// Liker is a Bot on a network where posts can be marked.
type Liker interface {
	// Favourite marks a post as seen ("I am on it").
	Favourite(ctx context.Context, id string) error
}
