// Package config reads the options of slugpuppy from one TOML file and the environment.
// Every option is a field of Config with its help and range beside it; the example file, the
// README's table and the names of the environment variables are made from that. It knows
// nothing of what the options do.
package config

import "time"

// Config is every option. Load fills it; the zero value is not useful, see Default.
//
// Tags: toml is the key, doc its help, min and max its range, choice the values it may have.
// The environment variable of section.key is SLUGPUPPY_SECTION_KEY.
type Config struct {
	Mastodon Mastodon `toml:"mastodon" doc:"the account that answers"`
	X        X        `toml:"x" doc:"an account on X, and timelines there"`
	XPrices  XPrices  `toml:"x_prices" doc:"what X bills for one of each, in US dollars; correct it when X changes its prices"`
	Bot      Bot      `toml:"bot" doc:"what people may ask for, and when"`
	Filter   Filter   `toml:"filter" doc:"timelines that are kept free of dreams"`
	Web      Web      `toml:"web" doc:"the page where people sign in and look after their filter"`
	Dream    Dream    `toml:"dream" doc:"how pictures are made"`
	Model    Model    `toml:"model" doc:"networks other than the built-in one"`
	Picture  Picture  `toml:"picture" doc:"limits on picture files that come in"`
	Store    Store    `toml:"store" doc:"where state is kept"`
	Admin    Admin    `toml:"admin" doc:"how commands reach the running daemon"`
	Log      Log      `toml:"log" doc:"what is written to standard error"`

	file    string
	sources map[string]source
}

// Mastodon is the account on a Mastodon or GoToSocial server.
type Mastodon struct {
	Server     string `toml:"server" doc:"address of the server, such as https://example.social"`
	Token      Secret `toml:"token" doc:"access token; better leave it out and run slugpuppy login, which keeps it encrypted"`
	TokenFile  string `toml:"token_file" doc:"file that holds the access token, readable by the bot alone"`
	ClientName string `toml:"client_name" doc:"name of the application that login registers"`
	Website    string `toml:"website" doc:"link shown with the application's name"`
}

// X is the account on X, and what all accounts there have in common.
type X struct {
	Enabled            bool     `toml:"enabled" doc:"answer mentions on X, as the account of slugpuppy login x"`
	API                string   `toml:"api" choice:"v2,v1.1" doc:"version of the API; v1.1 is refused (error 453) unless X still lets the app use it"`
	Address            string   `toml:"address" doc:"where the API is"`
	ConsumerKey        Secret   `toml:"consumer_key" doc:"the app's key (API key) from developer.x.com"`
	ConsumerKeyFile    string   `toml:"consumer_key_file" doc:"file that holds the app's key, readable by the bot alone"`
	ConsumerSecret     Secret   `toml:"consumer_secret" doc:"the app's secret (API key secret)"`
	ConsumerSecretFile string   `toml:"consumer_secret_file" doc:"file that holds the app's secret"`
	Token              Secret   `toml:"token" doc:"the account's token; better leave it out and run slugpuppy login x, which keeps it encrypted"`
	TokenFile          string   `toml:"token_file" doc:"file that holds the account's token"`
	TokenSecret        Secret   `toml:"token_secret" doc:"the account's token secret"`
	TokenSecretFile    string   `toml:"token_secret_file" doc:"file that holds the account's token secret"`
	Approved           bool     `toml:"approved" doc:"X has approved the bot's automated replies; nothing is posted before"`
	AutomatedLabel     bool     `toml:"automated_label" doc:"the bot's profile carries X's label of automated accounts; nothing is posted before"`
	Owned              bool     `toml:"owned" doc:"the app belongs to the bot's account, which then pays less for reading its own mentions"`
	MonthlyCap         Dollars  `toml:"monthly_cap" min:"$0" max:"$1000000" doc:"what one account may cost in a calendar month; 0 for no cap"`
	Latest             int      `toml:"latest" min:"1" max:"100" doc:"posts of the past that are read when a timeline is new, since each costs money"`
	Poll               Duration `toml:"poll" min:"5s" max:"1h" doc:"time between looks for mentions and new posts; X has no stream for them"`
	ListsDir           string   `toml:"lists_dir" doc:"folder of the lists of hidden posts that browsers use; empty for lists beside the database"`
	ListsListen        string   `toml:"lists_listen" doc:"address to serve those lists on, such as 127.0.0.1:8091; empty for files only"`
	ListsURL           string   `toml:"lists_url" doc:"where browsers find them, such as https://lists.example.org; empty for the address above"`
}

// XPrices is X's price list.
type XPrices struct {
	PostRead      Dollars `toml:"post_read" min:"$0" max:"$100" doc:"a post read"`
	OwnedRead     Dollars `toml:"owned_read" min:"$0" max:"$100" doc:"a post or mention read of the account that owns the app"`
	UserRead      Dollars `toml:"user_read" min:"$0" max:"$100" doc:"an account looked up"`
	ExpandedPost  Dollars `toml:"expanded_post" min:"$0" max:"$100" doc:"a post that comes along with another; nobody says whether X bills them"`
	ExpandedUser  Dollars `toml:"expanded_user" min:"$0" max:"$100" doc:"an account that comes along with a post; nobody says whether X bills them"`
	SummonedReply Dollars `toml:"summoned_reply" min:"$0" max:"$100" doc:"a reply to a post that mentions us"`
	MediaMetadata Dollars `toml:"media_metadata" min:"$0" max:"$100" doc:"an alt text or a warning"`
	Upload        Dollars `toml:"upload" min:"$0" max:"$100" doc:"a picture or clip sent"`
	Mute          Dollars `toml:"mute" min:"$0" max:"$100" doc:"a mute"`
	Unmute        Dollars `toml:"unmute" min:"$0" max:"$100" doc:"the end of one"`
	MuteRead      Dollars `toml:"mute_read" min:"$0" max:"$100" doc:"an account in the list of mutes"`
	Delete        Dollars `toml:"delete" min:"$0" max:"$100" doc:"a post taken back"`
}

// Bot bounds what people may ask for. A cap of 0 means none at all.
type Bot struct {
	Poll        Duration `toml:"poll" min:"5s" max:"1h" doc:"time between looks for mentions when the stream is silent"`
	StaleAfter  Duration `toml:"stale_after" min:"10m" max:"30d" doc:"older mentions are recorded as skipped instead of answered"`
	ConsentFor  Duration `toml:"consent_for" min:"10m" max:"30d" doc:"how long the author of somebody else's picture may take to say yes"`
	JobTime     Duration `toml:"job_time" min:"30s" max:"6h" doc:"longest a single picture or clip may take"`
	PerUserHour int      `toml:"per_user_hour" min:"0" max:"10000" doc:"requests of one person in an hour; 0 for no cap"`
	PerThread   int      `toml:"per_thread" min:"0" max:"10000" doc:"replies in one thread in a day; 0 for no cap"`
	PerPair     int      `toml:"per_pair" min:"0" max:"10000" doc:"replies to one person in one thread in an hour; 0 for no cap"`
	Queue       int      `toml:"queue" min:"0" max:"1000000" doc:"requests that may wait; 0 for no cap"`
	Uploads     int      `toml:"uploads" min:"1" max:"10000" doc:"uploads in 30 minutes, as many as the server allows an account"`
	Keep        Duration `toml:"keep" min:"1d" max:"3650d" doc:"how long finished requests are remembered"`
}

// Dream bounds what making a picture may cost.
type Dream struct {
	Workers   int      `toml:"workers" min:"1" max:"64" doc:"pictures made at the same time; each may use the memory below"`
	Memory    ByteSize `toml:"memory" min:"256MiB" max:"1TiB" doc:"memory one picture may use; larger ones are dreamed in tiles"`
	Model     string   `toml:"model" doc:"network to dream with: the name of a pulled one, or an ONNX file; empty for the one chosen with slugpuppy model use, else the built-in one"`
	FFmpeg    string   `toml:"ffmpeg" doc:"ffmpeg binary for MP4 clips; empty to look for one, none for GIF only"`
	ClipSide  int      `toml:"clip_side" min:"64" max:"1920" doc:"longest side of clips in pixels"`
	ClipBytes ByteSize `toml:"clip_bytes" min:"256KiB" max:"1GiB" doc:"largest clip; frames are dropped and shrunk until it fits"`
}

// Filter looks after the home timelines of people who connected their account.
type Filter struct {
	Enabled bool     `toml:"enabled" doc:"look after the timelines of those who connected"`
	Poll    Duration `toml:"poll" min:"5s" max:"1h" doc:"time between looks at a timeline when its stream is silent"`
	Check   Duration `toml:"check" min:"10s" max:"1d" doc:"time between looks whether people changed the filters with their own client"`
	Shadow  Duration `toml:"shadow" min:"0s" max:"90d" doc:"how long a new subscriber only gets reports"`
	Keep    Duration `toml:"keep" min:"1d" max:"3650d" doc:"how long posts that were hidden once are remembered"`
	Share   bool     `toml:"share" doc:"what two subscribers call no dream is hidden from nobody"`
}

// Web is the page people use with a browser. It wants a proxy with TLS in front of it.
type Web struct {
	Listen string `toml:"listen" doc:"address to listen on, such as 127.0.0.1:8080; empty for no page"`
	URL    string `toml:"url" doc:"where browsers find the page, such as https://dreams.example.social"`
	Admins string `toml:"admins" doc:"accounts that may see the operator's page, such as @me@example.social @you@example.social"`
	Try    int    `toml:"try" min:"0" max:"1000" doc:"pictures a stranger may try in an hour; 0 for none"`
	Proxy  bool   `toml:"proxy" doc:"a proxy in front says in X-Forwarded-For who asks"`
}

// Model is where networks are kept.
type Model struct {
	Dir string `toml:"dir" doc:"folder of pulled networks; empty for networks beside the database"`
}

// Picture bounds files before they are decoded.
type Picture struct {
	MaxBytes  ByteSize `toml:"max_bytes" min:"64KiB" max:"1GiB" doc:"largest file"`
	MaxPixels int64    `toml:"max_pixels" min:"10000" max:"400000000" doc:"most pixels, width times height"`
	MaxSide   int      `toml:"max_side" min:"100" max:"65535" doc:"longest side in pixels"`
	MaxFrames int      `toml:"max_frames" min:"1" max:"10000" doc:"most frames of an animation"`
	Memory    ByteSize `toml:"memory" min:"16MiB" max:"1TiB" doc:"memory all pictures being decoded may use together"`
}

// Store is where state is kept.
type Store struct {
	Path    string   `toml:"path" doc:"database file; empty for slugpuppy.db in the service's state folder, else in ~/.local/state/slugpuppy"`
	KeyFile string   `toml:"key_file" doc:"key that encrypts tokens in the database, made when missing; empty for slugpuppy.key beside the database"`
	MaxSize ByteSize `toml:"max_size" min:"0" max:"1TiB" doc:"largest database; 0 for no limit"`
}

// Admin is the socket that commands talk to.
type Admin struct {
	Socket  string `toml:"socket" doc:"unix socket of the daemon; empty for slugpuppy.sock beside the database"`
	Metrics string `toml:"metrics" doc:"address for /metrics (Prometheus), /healthz and /readyz, such as 127.0.0.1:9190; empty for none"`
}

// Log is what operators read.
type Log struct {
	Level  string `toml:"level" choice:"debug,info,warn,error" doc:"least important thing that is logged"`
	Format string `toml:"format" choice:"text,json" doc:"one line of text or one JSON object a record"`
}

// Default returns every option as it is when nothing is configured.
func Default() *Config {
	return &Config{
		Mastodon: Mastodon{ClientName: "slugpuppy"},
		X:        X{API: "v2", Address: "https://api.x.com", MonthlyCap: 10 * Dollar, Latest: 50, Poll: Duration(time.Minute)},
		// Of August 2026. No price of uploads is known, and that of deleting a post is the one for managing
		// contents.
		XPrices: XPrices{
			PostRead: 5_000, OwnedRead: 1_000, UserRead: 10_000, ExpandedPost: 5_000, ExpandedUser: 10_000,
			SummonedReply: 10_000, MediaMetadata: 5_000, Upload: 0, Mute: 10_000, Unmute: 5_000, MuteRead: 1_000, Delete: 5_000,
		},
		Bot: Bot{
			Poll: Duration(30 * time.Second), StaleAfter: Duration(24 * time.Hour),
			ConsentFor: Duration(24 * time.Hour), JobTime: Duration(15 * time.Minute),
			PerUserHour: 12, PerThread: 20, PerPair: 6, Queue: 500,
			Uploads: 30, Keep: Duration(90 * day),
		},
		Filter: Filter{
			Enabled: true, Poll: Duration(time.Minute), Check: Duration(5 * time.Minute),
			Shadow: Duration(7 * day), Keep: Duration(90 * day),
		},
		Web:   Web{Try: 6},
		Dream: Dream{Workers: 1, Memory: 3 * GiB / 2, ClipSide: 400, ClipBytes: 8 * MiB},
		Picture: Picture{
			MaxBytes: 16 * MiB, MaxPixels: 33_200_000, MaxSide: 12_000, MaxFrames: 100, Memory: 400 * MiB,
		},
		Store: Store{MaxSize: 0},
		Log:   Log{Level: "info", Format: "text"},
	}
}

// File is the file the options were read from, "" when there was none.
func (c *Config) File() string { return c.file }
