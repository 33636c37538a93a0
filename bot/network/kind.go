package network

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/config"
)

// Kind is one kind of network, such as Mastodon: all that the program has to know of it. An adapter's
// package exports one, and package app lists it.
type Kind struct {
	Name  string // in options, commands and the database; never changed
	Title string // as people know it
	Facts Facts
	// Single says that there is only one server, and that nobody is asked for one.
	Single bool
	// Sections are the network's own of the configuration, fresh and with their defaults.
	Sections func() []config.Section
	// Fields are the names of the secrets of a subscriber's account.
	Fields []string
	// Start is what an operator does to have a bot there, as part of a sentence.
	Start string
	// Login explains signing in the bot at the command line, Connect a subscriber, and Cost what was
	// spent; empty where nothing costs money.
	Login, Connect, Cost Help
	// Open makes the adapter of a process. Nothing is asked of the network yet.
	Open func(Env) Adapter
}

// Help is what a command says of itself.
type Help struct{ Short, Long string }

// Env is what the program has for an adapter.
type Env struct {
	Settings []any  // the options of the kind's sections, filled in
	Agent    string // how servers are told who asks
	// Web reaches servers that people name; nil for the internet, but for what is private on it.
	Web    http.RoundTripper
	Log    *slog.Logger
	Now    func() time.Time // the clock that months go by
	Vault  Vault
	Ledger Ledger
	// Notes is what the adapter keeps of a subscriber, in parts such as "filters".
	Notes func(who identity.Identity, part string) Notes
	// Subscribers are those on the network.
	Subscribers func() ([]Subscriber, error)
	// Salt is unguessable, and the same for the life of the database.
	Salt func() ([]byte, error)
}

// Vault holds sealed secrets, in fields of records.
type Vault interface {
	// Get opens a secret: ErrNoSecret where nothing is sealed, ErrKept where it cannot be had.
	Get(record, field string) (string, error)
	// Put seals a secret.
	Put(record, field, secret string) error
}

// Errors of vaults.
var (
	ErrNoSecret = errors.New("nothing is sealed there")
	ErrKept     = errors.New("the running daemon keeps what is sealed to itself")
)

// Subscriber is somebody whose timeline is kept.
type Subscriber struct {
	Identity identity.Identity
	Handle   string
	Server   string // address of the account's server
	Style    Style  // of what is hidden for them
	// Secret opens a secret of the account, by its field.
	Secret func(field string) (string, error)
}

// Adapter is a network as the program is configured for it. What only some networks have are interfaces
// of their own: Porch, Publisher, Biller.
type Adapter interface {
	// Enabled says whether a bot there is wanted.
	Enabled() bool
	// Bot connects the bot's account; nothing is asked of the network yet. An *Off says that it must not run,
	// though it is wanted.
	Bot() (Bot, error)
	// Pace is how a bot there works, where that differs from others.
	Pace() Pace
	// Reader connects to a subscriber's own account.
	Reader(s Subscriber) (Reader, error)
	// Whose is the account that a subscriber's secrets let in, as its server says.
	Whose(ctx context.Context, s Subscriber) (identity.Identity, error)
	// Release gives back to the network what a subscriber allowed. What it does not take back is for the
	// log.
	Release(ctx context.Context, s Subscriber) error
	// Complete is a wish with what the configuration says where it says nothing, before anybody is asked.
	Complete(w Wish) (Wish, error)
	// SignIn has a person sign in, as a complete wish says.
	SignIn(ctx context.Context, p Person, w Wish) (Grant, error)
	// Examine looks whether the bot's account can work. daemon says how the running daemon fares there,
	// and is nil where none runs.
	Examine(ctx context.Context, daemon func(context.Context) Finding) []Finding
	// ExamineSubscribers looks whether the accounts of subscribers let us in: one finding for each.
	ExamineSubscribers(ctx context.Context, subs []Subscriber) []Finding
	// Reconnect is what to do about a subscriber whose account does not.
	Reconnect() string
}

// Off says why a bot must not run.
type Off struct {
	Why    string
	Remedy string
	Args   []any // for the log: keys and values
}

// Error says why.
func (o *Off) Error() string { return o.Why }

// Pace is how a bot works; zero values are as everywhere.
type Pace struct {
	Poll    time.Duration // between looks for mentions
	Sweep   time.Duration // between looks whether answered posts were deleted
	Uploads int           // in 30 minutes
}

// Person signs in with a browser, and sits at a terminal meanwhile.
type Person interface {
	// Visit shows an address to open in a browser on this machine.
	Visit(address string)
	// Paste shows an address to open in any browser where the account is signed in, and returns what
	// the person copies from there, such as a code or a PIN; never nothing.
	Paste(ctx context.Context, address, account, what string) (string, error)
}

// Wish is for what somebody signs in, and how.
type Wish struct {
	Timeline bool   // a timeline is to be kept; else the account is the bot's
	Mutes    bool   // accounts may be muted in it
	Profile  bool   // the bot's profile may be changed, to say how busy it is
	Server   string // of the account; the configuration's when empty
	Paste    bool   // a code is copied from the browser, which may be on another machine
}

// Grant is what somebody allowed by signing in.
type Grant struct {
	Account  Account
	Identity identity.Identity
	Server   string   // address of the account's server
	Record   string   // where a bot's secrets are sealed
	Scopes   []string // what was granted, as the network calls it; nil where nobody says
	Lacks    []string // optional steps that this does not allow, such as Mutes
	Secrets  []Secret // in the order in which a bot's are sealed
	Next     []string // what the operator of a bot has to do next
}

// Mutes is the optional step of muting accounts.
const Mutes = "mutes"

// Secret is a field and what is sealed in it.
type Secret struct{ Field, Value string }

// ErrUsage is an error of whoever wrote the command or the configuration.
var ErrUsage = errors.New("not used as it is meant")

// Usage is an error that also is ErrUsage, which its text does not say.
func Usage(err error) error { return misused{err} }

type misused struct{ error }

func (m misused) Unwrap() []error { return []error{m.error, ErrUsage} }

// ErrNotYet is an error until somebody has signed in.
var ErrNotYet = errors.New("nobody has signed in yet")

// NotYet is an error that also is ErrNotYet, which its text does not say.
func NotYet(err error) error { return early{err} }

type early struct{ error }

func (e early) Unwrap() []error { return []error{e.error, ErrNotYet} }

// Porch is an Adapter whose people can sign in on a page, in a browser.
type Porch interface {
	// Begin registers with the wish's server and returns where to send the browser, which comes back to
	// callback.
	Begin(ctx context.Context, w Wish, callback string) (address string, a Attempt, err error)
	// Find is the account of a handle, as the server that has it says.
	Find(ctx context.Context, handle string) (identity.Identity, error)
}

// Attempt is a sign-in under way.
type Attempt interface {
	// Finish takes the query that the browser came back with.
	Finish(ctx context.Context, query url.Values) (Grant, error)
}

// Publisher is an Adapter that shows subscribers' browsers what is hidden.
type Publisher interface {
	// Published says where a subscriber's browser finds that: addresses and files.
	Published(s Subscriber) ([]string, error)
	// Listen is the address to serve it on, "" for not at all.
	Listen() string
	// Pages serves it.
	Pages() (http.Handler, error)
}
