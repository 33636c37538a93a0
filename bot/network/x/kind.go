package x

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/x/hidelist"
	"slugpuppy/config"
)

// Settings are the account on X, and what all accounts there have in common.
type Settings struct {
	Enabled            bool            `toml:"enabled" doc:"answer mentions on X, as the account of slugpuppy login x"`
	API                string          `toml:"api" choice:"v2,v1.1" doc:"version of the API; v1.1 is refused (error 453) unless X still lets the app use it"`
	Address            string          `toml:"address" address:"https://api.x.com" doc:"where the API is"`
	ConsumerKey        config.Secret   `toml:"consumer_key" doc:"the app's key (API key) from developer.x.com"`
	ConsumerKeyFile    string          `toml:"consumer_key_file" doc:"file that holds the app's key, readable by the bot alone"`
	ConsumerSecret     config.Secret   `toml:"consumer_secret" doc:"the app's secret (API key secret)"`
	ConsumerSecretFile string          `toml:"consumer_secret_file" doc:"file that holds the app's secret"`
	Token              config.Secret   `toml:"token" doc:"the account's token; better leave it out and run slugpuppy login x, which keeps it encrypted"`
	TokenFile          string          `toml:"token_file" doc:"file that holds the account's token"`
	TokenSecret        config.Secret   `toml:"token_secret" doc:"the account's token secret"`
	TokenSecretFile    string          `toml:"token_secret_file" doc:"file that holds the account's token secret"`
	Approved           bool            `toml:"approved" doc:"X has approved the bot's automated replies; nothing is posted before"`
	AutomatedLabel     bool            `toml:"automated_label" doc:"the bot's profile carries X's label of automated accounts; nothing is posted before"`
	Owned              bool            `toml:"owned" doc:"the app belongs to the bot's account, which then pays less for reading its own mentions"`
	MonthlyCap         config.Dollars  `toml:"monthly_cap" min:"$0" max:"$1000000" doc:"what one account may cost in a calendar month; 0 for no cap"`
	Latest             int             `toml:"latest" min:"1" max:"100" doc:"posts of the past that are read when a timeline is new, since each costs money"`
	Poll               config.Duration `toml:"poll" min:"5s" max:"1h" doc:"time between looks for mentions and new posts; X has no stream for them"`
	ListsDir           string          `toml:"lists_dir" beside:"lists" doc:"folder of the lists of hidden posts that browsers use; empty for lists beside the database"`
	ListsListen        string          `toml:"lists_listen" listens:"yes" doc:"address to serve those lists on, such as 127.0.0.1:8091; empty for files only"`
	ListsURL           string          `toml:"lists_url" doc:"where browsers find them, such as https://lists.example.org; empty for the address above"`
}

// PriceList is what X bills.
type PriceList struct {
	PostRead      config.Dollars `toml:"post_read" min:"$0" max:"$100" doc:"a post read"`
	OwnedRead     config.Dollars `toml:"owned_read" min:"$0" max:"$100" doc:"a post or mention read of the account that owns the app"`
	UserRead      config.Dollars `toml:"user_read" min:"$0" max:"$100" doc:"an account looked up"`
	ExpandedPost  config.Dollars `toml:"expanded_post" min:"$0" max:"$100" doc:"a post that comes along with another; nobody says whether X bills them"`
	ExpandedUser  config.Dollars `toml:"expanded_user" min:"$0" max:"$100" doc:"an account that comes along with a post; nobody says whether X bills them"`
	SummonedReply config.Dollars `toml:"summoned_reply" min:"$0" max:"$100" doc:"a reply to a post that mentions us"`
	MediaMetadata config.Dollars `toml:"media_metadata" min:"$0" max:"$100" doc:"an alt text or a warning"`
	Upload        config.Dollars `toml:"upload" min:"$0" max:"$100" doc:"a picture or clip sent"`
	Mute          config.Dollars `toml:"mute" min:"$0" max:"$100" doc:"a mute"`
	Unmute        config.Dollars `toml:"unmute" min:"$0" max:"$100" doc:"the end of one"`
	MuteRead      config.Dollars `toml:"mute_read" min:"$0" max:"$100" doc:"an account in the list of mutes"`
	Delete        config.Dollars `toml:"delete" min:"$0" max:"$100" doc:"a post taken back"`
}

// sections are X's of the configuration.
func sections() []config.Section {
	return []config.Section{
		{Name: Name, Doc: "an account on X, and timelines there", Options: &Settings{
			API: v2, Address: "https://api.x.com", MonthlyCap: 10 * config.Dollar, Latest: 50,
			Poll: config.Duration(time.Minute)}},
		// Of August 2026. No price of uploads is known, and that of deleting a post is the one for managing
		// contents.
		{Name: "x_prices", Doc: "what X bills for one of each, in US dollars; correct it when X changes its prices",
			Options: &PriceList{
				PostRead: 5_000, OwnedRead: 1_000, UserRead: 10_000, ExpandedPost: 5_000, ExpandedUser: 10_000,
				SummonedReply: 10_000, MediaMetadata: 5_000, Upload: 0, Delete: 5_000,
				Mute: 10_000, Unmute: 5_000, MuteRead: 1_000,
			}},
	}
}

func (p PriceList) prices() Prices {
	list := Prices{}
	for item, price := range map[Item]config.Dollars{
		PostRead: p.PostRead, OwnedRead: p.OwnedRead, UserRead: p.UserRead,
		ExtraPost: p.ExpandedPost, ExtraUser: p.ExpandedUser, Summoned: p.SummonedReply,
		Described: p.MediaMetadata, Uploaded: p.Upload, Deleted: p.Delete,
		MuteMade: p.Mute, MuteEnded: p.Unmute, MuteRead: p.MuteRead,
	} {
		list[item] = network.Money(price)
	}
	return list
}

// Kind is X.
var Kind = network.Kind{
	Name: Name, Title: "X", Facts: facts, Single: true,
	Sections: sections,
	Fields:   []string{"token", "token_secret"},
	Start:    "set x.enabled, x.approved and x.automated_label and run `slugpuppy login x`",
	Login: network.Help{
		Short: "Let the bot into its account on X, with a PIN, and keep its keys encrypted",
		Long: "Let the bot into its account on X, with a PIN, and keep its keys encrypted.\n\n" +
			"Prints an address to open in a browser where you are signed in to X as the bot; X shows a PIN to\n" +
			"paste here. The app's own keys come from x.consumer_key and x.consumer_secret (or their _file\n" +
			"options) and are kept encrypted as well, so that they can leave the configuration afterwards.",
	},
	Connect: network.Help{
		Long: "With --network x the account is one on X, which hides no single posts: the filter keeps a list that\n" +
			"the browser there uses. X's keys can post too; nothing of the filter's does.",
	},
	Cost: network.Help{
		Short: "Say what was spent on X, by account and by what it was spent on",
		Long: "Counts what the API was used for at the prices of [x_prices]. X's own bill is what counts; it may\n" +
			"differ where nobody knows whether X bills something, such as accounts that come along with posts.",
	},
	Open: func(env network.Env) network.Adapter {
		return &adapter{Settings: *env.Settings[0].(*Settings), list: *env.Settings[1].(*PriceList), env: env,
			meters: &Meters{}}
	},
}

// facts are X's: nothing is private, links and replies to strangers are refused, and apps have no likes
// since April 2026.
var facts = network.Facts{OnlyCalled: true, Metered: true, Ordered: true}

// adapter is X as the program is configured for it.
type adapter struct {
	Settings
	list   PriceList
	env    network.Env
	meters *Meters
}

var (
	_ network.Adapter   = (*adapter)(nil)
	_ network.Biller    = (*adapter)(nil)
	_ network.Publisher = (*adapter)(nil)
)

// Enabled implements network.Adapter.
func (a *adapter) Enabled() bool { return a.Settings.Enabled }

// Pace implements network.Adapter. Looking whether answered posts were deleted costs money for each, and
// what was deleted must be gone within a day; uploads have a larger budget (500 in 15 minutes).
func (a *adapter) Pace() network.Pace {
	return network.Pace{Poll: a.Poll.Std(), Sweep: 11 * time.Hour, Uploads: 500}
}

// confirmed says whether the operator has confirmed what X wants before a bot posts.
func (a *adapter) confirmed() bool { return a.Approved && a.AutomatedLabel }

// Bot implements network.Adapter.
func (a *adapter) Bot() (network.Bot, error) {
	if !a.confirmed() {
		return nil, &network.Off{
			Why:    "X's approval and the label of automated accounts are not both confirmed",
			Remedy: "`slugpuppy doctor` says how to get them",
			Args:   []any{"x.approved", a.Approved, "x.automated_label", a.AutomatedLabel},
		}
	}
	return a.bot(a.env.Log)
}

func (a *adapter) bot(log *slog.Logger) (Network, error) {
	keys, err := a.keys()
	if err != nil {
		return nil, err
	}
	return Open(a.API, a.options(keys, log))
}

// options is what the configuration says.
func (a *adapter) options(keys Keys, log *slog.Logger) Options {
	return Options{API: a.Address, Keys: keys, UserAgent: a.env.Agent, Approved: a.Approved, Labelled: a.AutomatedLabel,
		CountCalls: true, Budget: a.budget(), Meters: a.meters, Latest: a.Latest, Poll: a.Poll.Std(), Log: log}
}

// budget is what accounts may cost.
func (a *adapter) budget() *Budget {
	return &Budget{Cap: a.Cap(), Prices: a.list.prices(), Owned: a.Owned, Ledger: a.env.Ledger}
}

// record is where the secrets of the bot are sealed. What is sealed is bound to the name, so names stay
// as they are.
func (a *adapter) record() string {
	u, err := url.Parse(a.Address)
	if err != nil || u.Host == "" {
		return Name + ":" + a.Address
	}
	return Name + ":" + strings.ToLower(u.Host)
}

// Without an app, and without an account.
var (
	errNoApp = errors.New("no app for X, which knows only apps: make one at developer.x.com and set " +
		"x.consumer_key and x.consumer_secret, or their _file options")
	errNoLogin = errors.New("nobody has logged in on X yet: run `slugpuppy login x`")
)

// app is the app's pair of keys: the configuration's, else the ones that login sealed.
func (a *adapter) app() (consumer, secret string, err error) {
	consumer, secret, err = a.pair(halves{a.ConsumerKey, a.ConsumerSecret, "consumer_key", "consumer_secret", errNoApp})
	if errors.Is(err, network.ErrKept) {
		err = fmt.Errorf("the running daemon keeps the app's sealed keys to itself; set x.consumer_key_file and "+
			"x.consumer_secret_file, or stop it meanwhile (%w)", errNoApp)
	}
	return consumer, secret, err
}

// keys are those of the bot's account.
func (a *adapter) keys() (k Keys, err error) {
	if k.Consumer, k.ConsumerSecret, err = a.app(); err != nil {
		return k, err
	}
	k.Token, k.TokenSecret, err = a.pair(halves{a.Token, a.TokenSecret, "token", "token_secret", errNoLogin})
	return k, err
}

// halves are two secrets that belong together: the configuration's, the names of both, and what it is
// called when there are none.
type halves struct {
	a, b         config.Secret
	nameA, nameB string
	missing      error
}

// pair is a pair of secrets of the configuration, else the sealed one. One half of each fits nothing.
func (a *adapter) pair(p halves) (string, string, error) {
	switch {
	case p.a != "" && p.b != "":
		return p.a.Reveal(), p.b.Reveal(), nil
	case p.a != "" || p.b != "":
		return "", "", fmt.Errorf("x.%s and x.%s belong together: set both or none", p.nameA, p.nameB)
	}
	sealedA, err := a.env.Vault.Get(a.record(), p.nameA)
	if errors.Is(err, network.ErrNoSecret) {
		return "", "", network.NotYet(p.missing)
	}
	if err != nil {
		return "", "", fmt.Errorf("open the sealed keys of X: %w", err)
	}
	sealedB, err := a.env.Vault.Get(a.record(), p.nameB)
	if err != nil {
		return "", "", fmt.Errorf("open the sealed keys of X: %w", err)
	}
	return sealedA, sealedB, nil
}

// Reader implements network.Adapter.
func (a *adapter) Reader(s network.Subscriber) (network.Reader, error) {
	client, err := a.subscriber(s, a.env.Log)
	if err != nil {
		return nil, err
	}
	press, err := a.press()
	if err != nil {
		return nil, err
	}
	if err := press.Write(s.Identity.ID); err != nil { // so that a browser finds it before anything is hidden
		return nil, err
	}
	return Reader{Network: client, Hider: press.Hider(s.Identity.ID)}, nil
}

// Whose implements network.Adapter.
func (a *adapter) Whose(ctx context.Context, s network.Subscriber) (identity.Identity, error) {
	c, err := a.subscriber(s, a.env.Log)
	if err != nil {
		return identity.Identity{}, err
	}
	return network.Whose(ctx, c)
}

// subscriber connects to a subscriber's account.
func (a *adapter) subscriber(s network.Subscriber, log *slog.Logger) (Network, error) {
	consumer, secret, err := a.app()
	if err != nil {
		return nil, err
	}
	keys := Keys{Consumer: consumer, ConsumerSecret: secret}
	for field, v := range map[string]*string{"token": &keys.Token, "token_secret": &keys.TokenSecret} {
		if *v, err = s.Secret(field); err != nil {
			return nil, fmt.Errorf("read the %s of @%s on X: %w", field, s.Handle, err)
		}
	}
	o := a.options(keys, log)
	o.Budget.Owned = false // the app is the bot's, if it is anybody's here
	return Open(a.API, o)
}

// Release implements network.Adapter: X takes keys back only by hand, and the files go.
func (a *adapter) Release(_ context.Context, s network.Subscriber) error {
	press, err := a.press()
	if err != nil {
		return err
	}
	return press.Remove(s.Identity.ID)
}

// press makes the lists of hidden posts for browsers.
func (a *adapter) press() (*hidelist.Press, error) {
	salt, err := a.env.Salt()
	if err != nil {
		return nil, fmt.Errorf("read the database's salt: %w", err)
	}
	at := a.ListsURL
	if at == "" && a.ListsListen != "" {
		at = "http://" + a.ListsListen
	}
	return &hidelist.Press{Library: library{a.env}, Network: Name, Site: Site, Secret: salt, Dir: a.ListsDir,
		Address: at}, nil
}

// library is the lists of hidden posts of everybody on X.
type library struct{ env network.Env }

// Subscribers implements hidelist.Library.
func (l library) Subscribers() (all []hidelist.Subscriber, err error) {
	subs, err := l.env.Subscribers()
	for _, s := range subs {
		all = append(all, hidelist.Subscriber{ID: s.Identity.ID, Handle: s.Handle})
	}
	return all, err
}

// Lists implements hidelist.Library.
func (l library) Lists(id string) network.Notes { return l.env.Notes(on(id), "lists") }

// Published implements network.Publisher.
func (a *adapter) Published(s network.Subscriber) ([]string, error) {
	press, err := a.press()
	if err != nil {
		return nil, err
	}
	list, script := press.URLs(s.Identity.ID)
	listFile, scriptFile := press.Files(s.Identity.ID)
	return slices.DeleteFunc([]string{list, script, listFile, scriptFile}, func(s string) bool { return s == "" }), nil
}

// Listen implements network.Publisher.
func (a *adapter) Listen() string { return a.ListsListen }

// Pages implements network.Publisher.
func (a *adapter) Pages() (http.Handler, error) {
	press, err := a.press()
	if err != nil {
		return nil, err
	}
	return press.Handler(), nil
}
